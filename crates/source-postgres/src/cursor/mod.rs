//! The position that is stored beside the rows: what the token of a [`Cursor`] holds.

mod leaves;
mod origin;

use serde::{Deserialize, Serialize};
use sync_core::{Cursor, End, Result, TableId, keyset};

pub(crate) use leaves::{Leaf, Leaves};
pub(crate) use origin::Origin;
pub(crate) use sync_core::keyset::Point;

/// The form of the token that this release writes. It reads that of version 1 too, which lacks all that may be left out here.
const VERSION: u32 = 2;

/// How far a table has been read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    /// The form of the token.
    pub(crate) v: u32,
    pub(crate) phase: Phase,
    /// The relation that was read: one of the same name made anew is another one.
    pub(crate) relation: u32,
    /// Every current row version of a transaction below this 64-bit id has been given. Only a copy and a sweep move it.
    pub(crate) horizon: u64,
    /// Where the poll goes on; `None` starts at the first row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) poll: Option<Point>,
    /// What the last poll gave for certain; a sweep need not give it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) polled: Option<Polled>,
    /// The last row that the copy gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) copied: Option<Point>,
    /// Whether the copy's rows come from several snapshots, so that some may have vanished in between.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) resumed: bool,
    /// Which server was read, and how far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<Origin>,
    /// The tables that held the rows when the horizon was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) leaves: Option<Leaves>,
    /// What the counters said before the horizon was set; equal as long as nothing was written since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) writes: Option<String>,
    /// The whole server's snapshot under which the horizon was set, if nobody was under way: as long as it stays, there is nothing to poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) quiet: Option<String>,
}

/// Every current row version of a transaction below `xmin` whose place lies behind `from` and not behind that where the poll goes on was
/// given: such a transaction had ended when the poll took its snapshot, and its version was still current.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Polled {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<Point>,
    pub(crate) xmin: u64,
}

/// What a table's cursor is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    Copy,
    Live,
}

impl Position {
    /// Before the first row of a copy.
    pub(crate) fn new(relation: u32, horizon: u64, poll: Option<Point>) -> Self {
        Self {
            v: VERSION,
            phase: Phase::Copy,
            relation,
            horizon,
            poll,
            polled: None,
            copied: None,
            resumed: false,
            origin: None,
            leaves: None,
            writes: None,
            quiet: None,
        }
    }

    /// Reads what [`Position::cursor`] wrote.
    ///
    /// # Errors
    /// `Expired` when another release wrote it.
    pub(crate) fn read(cursor: &Cursor, table: &TableId) -> Result<Self> {
        let position: Self = keyset::read_token(cursor, table, 1..=VERSION)?;
        Ok(Self { v: VERSION, ..position })
    }

    /// What is true when everything past it was given.
    pub(crate) fn end(&self) -> End {
        if self.resumed { End::CompleteAfterReconcile } else { End::Complete }
    }

    /// The cursor to store.
    pub(crate) fn cursor(&self) -> Result<Cursor> {
        let token = keyset::write_token(self)?;
        let ms = self.poll.as_ref().and_then(|point| point.ms);
        let shown = self.copied.as_ref().or(self.poll.as_ref());
        Ok(Cursor::new(token).at_timestamp(ms).at_id(shown.and_then(|point| point.id.clone())))
    }
}

#[cfg(test)]
mod tests {
    use sync_core::ErrorKind;

    use super::*;

    fn table() -> TableId {
        TableId::new("public", "t")
    }

    #[test]
    fn a_position_survives_its_token() {
        let point = Point { values: vec!["2024-01-01 00:00:00.000001Z".into(), "7\"".into()], ms: Some(1), id: None };
        let mut position = Position::new(16384, u64::MAX, Some(point));
        position.resumed = true;
        let leaf = Leaf { file: 16390, kind: b'r', method: "heap".to_owned() };
        position.leaves = Some([(16384, leaf)].into_iter().collect());
        position.writes = Some("1 2 3".to_owned());
        position.quiet = Some("4 5".to_owned());
        position.polled = Some(Polled { from: position.poll.clone(), xmin: 5 });
        let cursor = position.cursor().unwrap();
        assert_eq!(Position::read(&cursor, &table()).unwrap(), position);
        assert_eq!(cursor.timestamp_ms(), Some(1));
    }

    #[test]
    fn the_token_is_short() {
        let cursor = Position::new(1, 2, None).cursor().unwrap();
        assert_eq!(cursor.token(), r#"{"v":2,"phase":"copy","relation":1,"horizon":2}"#);
    }

    #[test]
    fn what_the_first_release_wrote_is_gone_on_with() {
        let token = r#"{"v":1,"phase":"live","relation":7,"horizon":9,"poll":{"values":["1"]}}"#;
        let position = Position::read(&Cursor::new(token), &table()).unwrap();
        assert_eq!((position.phase, position.relation, position.horizon), (Phase::Live, 7, 9));
        assert_eq!((&position.origin, &position.leaves, &position.writes), (&None, &None, &None));
        assert!(position.cursor().unwrap().token().starts_with(r#"{"v":2,"phase":"live""#));
    }

    #[test]
    fn what_another_release_or_source_wrote_is_expired() {
        for (token, text) in [
            (r#"{"v":3,"new":1}"#, "its stored cursor has the unknown version 3"),
            (r#"{"v":0}"#, "its stored cursor has the unknown version 0"),
            ("42", "its stored cursor is not one of this source"),
            ("", "its stored cursor is not one of this source"),
        ] {
            let error = Position::read(&Cursor::new(token), &table()).unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::Expired, text));
        }
        let error = Position::read(&Cursor::new(r#"{"v":1}"#), &table()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Expired);
    }
}
