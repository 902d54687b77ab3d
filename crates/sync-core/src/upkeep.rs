//! [`Upkeep`]: what the engine remembers of a table beside its cursor.

use serde::{Deserialize, Serialize};

/// When a table was last compared with its source, and what came of it. The engine's own notes: a sink stores them with the
/// [`Checkpoint`](crate::Checkpoint), as the text that [`Upkeep::encode`] makes.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Upkeep {
    /// [`SourceIdentity::id`](crate::SourceIdentity::id) of the source that the rows came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The names of the columns that are kept, as the source spells them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// A digest of the indexes that the replica was given; none where these are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indexes: Option<String>,
    /// When the table was last swept without leaving anything out, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swept_ms: Option<i64>,
    /// When its keys were last compared, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconciled_ms: Option<i64>,
    /// [`Pulse::quiet`](crate::Pulse::quiet) before that sweep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swept_quiet: Option<String>,
    /// The same before its keys were last compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconciled_quiet: Option<String>,
    /// How many rows it had then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Its rows come from several snapshots, and rows that vanished in between were not looked for yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reconcile_owed: bool,
    /// [`Activity::writes`](crate::Activity::writes) before a table was last read whole; only where it is read so each time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes_seen: Option<String>,
    /// [`Activity::deletes`](crate::Activity::deletes) before its keys were last compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletes_seen: Option<String>,
    /// Deletes that are too many to be believed at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldDeletes>,
}

/// Rows that are gone at the source and kept in the replica for now, as their number is suspicious.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldDeletes {
    /// How many.
    pub deletes: u64,
    /// Of how many rows in the replica.
    pub rows: u64,
    /// Since when, in milliseconds since 1970.
    pub since_ms: i64,
}

impl HeldDeletes {
    /// Deletes that are held from now on.
    #[must_use]
    pub fn new(deletes: u64, rows: u64, since_ms: i64) -> Self {
        Self { deletes, rows, since_ms }
    }
}

impl Upkeep {
    /// The text to store.
    #[must_use]
    pub fn encode(&self) -> String {
        // Numbers and texts: there is no case that JSON can't hold. An empty text is read as no notes.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Upkeep::encode`] wrote. What can't be read is taken as no notes: everything is compared again then.
    #[must_use]
    pub fn decode(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_survive_their_text() {
        let held = Some(HeldDeletes::new(9, 10, 1));
        let (writes_seen, deletes_seen) = (Some("6".to_owned()), Some("7".to_owned()));
        let (swept_ms, reconciled_ms) = (Some(-1), Some(2));
        let source = Some("server/database".to_owned());
        let (columns, reconcile_owed) = (vec!["id".to_owned()], true);
        let upkeep = Upkeep {
            source,
            columns,
            indexes: Some("5".to_owned()),
            swept_ms,
            reconciled_ms,
            swept_quiet: Some("8".to_owned()),
            reconciled_quiet: Some("9".to_owned()),
            rows: Some(10),
            reconcile_owed,
            writes_seen,
            deletes_seen,
            held,
        };
        assert_eq!(Upkeep::decode(&upkeep.encode()), upkeep);
        assert_eq!(Upkeep::default().encode(), "{}");
        for text in ["", "{}", "[", r#"{"a_later_release":1}"#] {
            assert_eq!(Upkeep::decode(text), Upkeep::default(), "{text}");
        }
    }
}
