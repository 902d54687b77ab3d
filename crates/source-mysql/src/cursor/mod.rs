//! The position that is stored beside the rows: what the token of a [`Cursor`] holds.

mod origin;

use serde::{Deserialize, Serialize};
use sync_core::{Cursor, End, Result, TableId, keyset};

pub(crate) use origin::{Origin, Reached, reached};
pub(crate) use sync_core::keyset::Point;

/// The form of the token that this release writes.
const VERSION: u32 = 1;

/// How far a table has been read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    /// The form of the token.
    pub(crate) v: u32,
    pub(crate) phase: Phase,
    /// When the table was made, as the server says it: one of the same name made anew is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<String>,
    /// Where the poll goes on; `None` starts at the first row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) poll: Option<Point>,
    /// Where the poll may go on once nothing can come to lie before it any more; only of a cursor that tells no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ahead: Option<Ahead>,
    /// The last row without a timestamp that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unstamped: Option<Point>,
    /// The last row that the copy gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) copied: Option<Point>,
    /// Whether the copy's rows come from several snapshots, so that some may have vanished in between.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) resumed: bool,
    /// Which server was read, and how far.
    pub(crate) origin: Origin,
}

/// What a table's cursor is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    Copy,
    Live,
}

/// A place at which rows were seen, and when. Rows that come to lie before it are of transactions that began before then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ahead {
    pub(crate) point: Point,
    /// The server's clock, in microseconds since 1970.
    pub(crate) seen: i64,
}

impl Position {
    /// Before the first row of a copy.
    pub(crate) fn new(created: Option<String>, origin: Origin) -> Self {
        Self {
            v: VERSION,
            phase: Phase::Copy,
            created,
            poll: None,
            ahead: None,
            unstamped: None,
            copied: None,
            resumed: false,
            origin,
        }
    }

    /// Reads what [`Position::cursor`] wrote.
    ///
    /// # Errors
    /// `Expired` when another release wrote it.
    pub(crate) fn read(cursor: &Cursor, table: &TableId) -> Result<Self> {
        keyset::read_token(cursor, table, VERSION..=VERSION)
    }

    /// What is true when everything past it was given.
    pub(crate) fn end(&self) -> End {
        if self.resumed { End::CompleteAfterReconcile } else { End::Complete }
    }

    /// The cursor to store.
    pub(crate) fn cursor(&self) -> Result<Cursor> {
        let token = keyset::write_token(self)?;
        let ms = self.poll.as_ref().and_then(|point| point.ms);
        let ahead = self.ahead.as_ref().map(|ahead| &ahead.point);
        let shown = self.copied.as_ref().or(ahead).or(self.poll.as_ref());
        Ok(Cursor::new(token).at_timestamp(ms).at_id(shown.and_then(|point| point.id.clone())))
    }
}

#[cfg(test)]
mod tests {
    use sync_core::ErrorKind;

    use super::*;

    fn table() -> TableId {
        TableId::new("shop", "t")
    }

    fn point(values: &[&str]) -> Point {
        Point { values: values.iter().map(|value| (*value).to_owned()).collect(), ms: Some(1), id: None }
    }

    #[test]
    fn a_position_survives_its_token() {
        let mut position = Position::new(Some("2024-01-01 00:00:00".to_owned()), Origin::default());
        position.poll = Some(point(&["2024-01-01 00:00:00.000001", "7\""]));
        position.ahead = Some(Ahead { point: point(&["9"]), seen: -1 });
        position.unstamped = Some(point(&["3"]));
        position.resumed = true;
        let cursor = position.cursor().unwrap();
        assert_eq!(Position::read(&cursor, &table()).unwrap(), position);
        assert_eq!(cursor.timestamp_ms(), Some(1));
        assert_eq!(position.end(), End::CompleteAfterReconcile);
    }

    #[test]
    fn the_token_is_short() {
        let cursor = Position::new(None, Origin::default()).cursor().unwrap();
        assert_eq!(cursor.token(), r#"{"v":1,"phase":"copy","origin":{}}"#);
    }

    #[test]
    fn what_another_release_or_source_wrote_is_expired() {
        for (token, text) in [
            (r#"{"v":2,"new":1}"#, "its stored cursor has the unknown version 2"),
            (r#"{"v":0}"#, "its stored cursor has the unknown version 0"),
            ("42", "its stored cursor is not one of this source"),
            ("", "its stored cursor is not one of this source"),
        ] {
            let error = Position::read(&Cursor::new(token), &table()).unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::Expired, text));
        }
        let error = Position::read(&Cursor::new(r#"{"v":1}"#), &table()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Expired);
        assert!(error.message().starts_with("its stored cursor can't be read: "), "{error}");
    }
}
