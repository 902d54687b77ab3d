//! Places in the order in which a source reads its rows, and the tokens that they are stored in: what every source that reads by a
//! keyset, `(timestamp, key) > cursor`, needs alike. How a place becomes a condition is each server's own.

use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Cursor, Error, Result, TableId};

/// A row's place in an order, as texts that the server reads as exactly these values. A source may take fewer values than the order has
/// columns for the place before the first row that has these.
///
/// ```
/// use sync_core::keyset::Point;
///
/// let before = Point { values: vec!["2024-01-01".into(), "7".into()], ms: None, id: Some("7".into()) };
/// before.check(2..=2)?;
/// let after = Point { values: vec!["2024-01-01".into(), "8".into()], ..before.clone() };
/// after.must_follow(Some(&before))?;
/// assert!(before.must_follow(Some(&before)).is_err());
/// # Ok::<(), sync_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// One for each column of the order, from the first on.
    pub values: Vec<String>,
    /// For people: the moment of its first value, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<i64>,
    /// For people: its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Point {
    /// A stored place must have as many values as there are columns to compare.
    ///
    /// # Errors
    /// `Expired` when it has not: the order is another one now.
    pub fn check(&self, columns: RangeInclusive<usize>) -> Result<()> {
        let stored = self.values.len();
        if columns.contains(&stored) {
            return Ok(());
        }
        let wanted = columns.end();
        Err(Error::expired(format!("its stored position has {stored} values for {wanted} columns"))
            .hint("it is copied again"))
    }

    /// Rows past a place have another one. Where the server's comparison and its own texts do not agree on that, a poll would give the
    /// same rows for ever.
    ///
    /// # Errors
    /// `Unsupported` when it is the place `before`.
    pub fn must_follow(&self, before: Option<&Self>) -> Result<()> {
        if before.is_none_or(|before| before.values != self.values) {
            return Ok(());
        }
        let error = Error::unsupported(format!(
            "its cursor does not move: rows past {:?} stand at the same place",
            self.values
        ));
        Err(error.hint("choose another timestamp column, or none"))
    }
}

/// Reads a token that is JSON with the version of its form in `v`.
///
/// # Errors
/// `Expired` when another release or source wrote it.
pub fn read_token<T: DeserializeOwned>(cursor: &Cursor, table: &TableId, versions: RangeInclusive<u32>) -> Result<T> {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    let expired = |what: String| Error::expired(what).at(format!("table {table}")).hint("it is copied again");
    match serde_json::from_str::<Version>(cursor.token()) {
        Ok(Version { v }) if versions.contains(&v) => {}
        Ok(Version { v }) => return Err(expired(format!("its stored cursor has the unknown version {v}"))),
        Err(_) => return Err(expired("its stored cursor is not one of this source".to_owned())),
    }
    serde_json::from_str(cursor.token()).map_err(|error| expired(format!("its stored cursor can't be read: {error}")))
}

/// Writes what [`read_token`] reads.
///
/// # Errors
/// `Internal` when it has no JSON.
pub fn write_token(position: &impl Serialize) -> Result<String> {
    serde_json::to_string(position).map_err(|error| Error::internal(format!("a cursor has no JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn point(values: &[&str]) -> Point {
        Point { values: values.iter().map(|value| (*value).to_owned()).collect(), ..Point::default() }
    }

    #[test]
    fn a_place_that_does_not_move_is_an_error() {
        point(&["1"]).must_follow(None).unwrap();
        point(&["2"]).must_follow(Some(&point(&["1"]))).unwrap();
        let named = Point { id: Some("1".to_owned()), ..point(&["1"]) };
        let error = named.must_follow(Some(&point(&["1"]))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains("its cursor does not move: rows past [\"1\"]"), "{error}");
    }

    #[test]
    fn a_place_in_another_order_is_expired() {
        point(&["1"]).check(1..=2).unwrap();
        for (values, columns) in [(vec!["1", "2", "3"], 1..=2), (vec!["1"], 2..=2), (vec![], 1..=1)] {
            let error = point(&values).check(columns.clone()).unwrap_err();
            let text = format!("its stored position has {} values for {} columns", values.len(), columns.end());
            assert_eq!((error.kind(), error.message()), (ErrorKind::Expired, text.as_str()));
        }
    }

    #[test]
    fn what_another_release_or_source_wrote_is_expired() {
        #[derive(Debug, Serialize, Deserialize)]
        struct Position {
            v: u32,
            at: Point,
        }
        let table = TableId::new("public", "t");
        let read = |token: &str| read_token::<Position>(&Cursor::new(token), &table, 1..=2);
        let token = write_token(&Position { v: 2, at: point(&["7"]) }).unwrap();
        assert_eq!((token.as_str(), read(&token).unwrap().at), (r#"{"v":2,"at":{"values":["7"]}}"#, point(&["7"])));
        for (token, text) in [
            (r#"{"v":3,"new":1}"#, "its stored cursor has the unknown version 3"),
            (r#"{"v":0}"#, "its stored cursor has the unknown version 0"),
            ("42", "its stored cursor is not one of this source"),
            ("", "its stored cursor is not one of this source"),
        ] {
            let error = read(token).unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::Expired, text));
        }
        let error = read(r#"{"v":1}"#).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Expired);
        assert!(error.message().starts_with("its stored cursor can't be read: "), "{error}");
    }
}
