//! The parts of a statement that find the rows behind a position. Values are bound, never written.

use mysql_async::{Params, Value};
use sync_core::{Error, Result};

use crate::cursor::Point;
use crate::decode::Malformed;
use crate::types::Comparison;

/// A condition and the values of its parameters, in the order in which they stand in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Condition {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

/// `ORDER BY` these, all in one direction.
pub(super) fn order_by(columns: &[Comparison], direction: &str) -> String {
    let parts: Vec<_> = columns.iter().map(|column| format!("{} {direction}", column.expression)).collect();
    format!("ORDER BY {}", parts.join(", "))
}

/// Rows behind `point`.
///
/// The servers use no index for a comparison of row values, so it is spelled out, column by column. The first one is bounded once more
/// on its own: that is what the index is entered by.
pub(super) fn past(columns: &[Comparison], point: &Point) -> Result<Condition> {
    let bind = |(column, text): (&Comparison, &String)| column.bind(text).map_err(|error| unreadable(&error));
    let values: Vec<Value> = columns.iter().zip(&point.values).map(bind).collect::<Result<_>>()?;
    // Fewer values are the place before the first row that has these.
    let last = if values.len() < columns.len() { ">=" } else { ">" };
    let mut condition = Condition::default();
    if let ([first, ..], [value, _, ..]) = (columns, values.as_slice()) {
        condition.compare(first, ">=", value.clone());
        condition.text.push_str(" AND ");
    }
    condition.add_rest(columns, &values, last);
    Ok(condition)
}

fn unreadable(error: &Malformed) -> Error {
    Error::expired(format!("its stored position can't be read: {error}")).hint("it is copied again")
}

impl Condition {
    fn add_rest(&mut self, columns: &[Comparison], values: &[Value], last: &str) {
        let ([column, columns @ ..], [value, values @ ..]) = (columns, values) else { return };
        if values.is_empty() {
            self.compare(column, last, value.clone());
            return;
        }
        self.text.push('(');
        self.compare(column, ">", value.clone());
        self.text.push_str(" OR (");
        self.compare(column, "=", value.clone());
        self.text.push_str(" AND ");
        self.add_rest(columns, values, last);
        self.text.push_str("))");
    }

    /// Adds a comparison of a column with a value.
    pub(super) fn compare(&mut self, column: &Comparison, operator: &str, value: Value) {
        self.text.push_str(&format!("{} {operator} {}", column.expression, column.parameter));
        self.values.push(value);
    }

    /// Adds another condition that must be met too.
    pub(super) fn and(mut self, other: &str) -> Self {
        self.text = if self.text.is_empty() { other.to_owned() } else { format!("{} AND {other}", self.text) };
        self
    }

    /// The values as parameters of a statement.
    pub(super) fn parameters(&self) -> Params {
        if self.values.is_empty() {
            return Params::Empty;
        }
        Params::Positional(self.values.clone())
    }

    /// ` WHERE …`, or nothing where there is no condition.
    pub(super) fn clause(&self) -> String {
        if self.text.is_empty() { String::new() } else { format!(" WHERE {}", self.text) }
    }
}

#[cfg(test)]
mod tests {
    use sync_core::ErrorKind;

    use super::*;
    use crate::types::{NativeType, comparison};

    fn columns(names: &[&str]) -> Vec<Comparison> {
        let native = NativeType { name: "int".to_owned(), ..NativeType::default() };
        names.iter().map(|name| comparison(&native, name)).collect()
    }

    fn point(values: &[&str]) -> Point {
        Point { values: values.iter().map(|value| (*value).to_owned()).collect(), ms: None, id: None }
    }

    fn text(names: &[&str], values: &[&str]) -> String {
        past(&columns(names), &point(values)).unwrap().text.replace("data_sync_row.", "").replace('`', "")
    }

    #[test]
    fn one_column_is_compared_alone() {
        assert_eq!(text(&["id"], &["7"]), "id > ?");
    }

    #[test]
    fn several_columns_are_spelled_out() {
        let expected = "a >= ? AND (a > ? OR (a = ? AND (b > ? OR (b = ? AND c > ?))))";
        assert_eq!(text(&["a", "b", "c"], &["1", "2", "3"]), expected);
        let values = past(&columns(&["a", "b", "c"]), &point(&["1", "2", "3"])).unwrap().values;
        assert_eq!(values, [1, 1, 1, 2, 2, 3].map(Value::Int));
    }

    #[test]
    fn the_start_of_a_moment_includes_all_of_it() {
        assert_eq!(text(&["ts", "id"], &["12"]), "ts >= ?");
        assert_eq!(text(&["a", "b", "c"], &["1", "2"]), "a >= ? AND (a > ? OR (a = ? AND b >= ?))");
        let condition = past(&columns(&["id"]), &point(&["7"])).unwrap().and("(x)");
        assert!(condition.clause().ends_with("> ? AND (x)"), "{condition:?}");
        assert_eq!(Condition::default().clause(), "");
    }

    #[test]
    fn a_position_that_is_no_value_is_expired() {
        let error = past(&columns(&["id"]), &point(&["x"])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Expired);
        assert!(error.message().starts_with("its stored position can't be read: "), "{error}");
    }
}
