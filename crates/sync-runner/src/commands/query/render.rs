//! The rows of a query, as aligned columns or as a JSON array, written as they come.

use std::collections::HashSet;
use std::io::{self, BufWriter, Write};

use rusqlite::types::ValueRef;
use rusqlite::{ErrorCode, Statement};
use sync_core::Error;

use crate::text_table::{Cell, TextTable};

/// Why rows could not be shown.
pub(super) enum Failure {
    Query(Error),
    Output(io::Error),
}

/// Aligned columns; NULL is shown as `NULL`, bytes as in SQL.
pub(super) fn text(statement: &mut Statement<'_>) -> Result<(), Failure> {
    let names: Vec<_> = statement.column_names().map(str::to_owned).collect();
    let mut table = TextTable::new(BufWriter::new(io::stdout().lock()), &names);
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let cells = (0..names.len()).map(|column| Ok(cell(row.get_ref(column)?)));
        table.row(cells.collect::<Result<_, Failure>>()?)?;
    }
    Ok(table.finish()?)
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::text("NULL"),
        ValueRef::Integer(number) => Cell::number(number),
        ValueRef::Real(number) => Cell::number(format!("{number:?}")),
        ValueRef::Text(text) => Cell::text(String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => Cell::text(hexadecimal(bytes)),
    }
}

/// An array with an object for each row. Numbers have all their digits; bytes are text as in SQL.
pub(super) fn json(statement: &mut Statement<'_>) -> Result<(), Failure> {
    let keys = keys(statement.column_names());
    let mut out = BufWriter::new(io::stdout().lock());
    let mut rows = statement.query([])?;
    let mut separator = "[";
    while let Some(row) = rows.next()? {
        write!(out, "{separator}\n  {{")?;
        for (column, key) in keys.iter().enumerate() {
            let comma = if column == 0 { "" } else { ", " };
            write!(out, "{comma}{key}: {}", json_value(row.get_ref(column)?))?;
        }
        write!(out, "}}")?;
        separator = ",";
    }
    let empty = separator == "[";
    writeln!(out, "{}", if empty { "[]" } else { "\n]" })?;
    Ok(out.flush()?)
}

/// The names of columns as JSON texts; of equal ones, the later get a number, so that none is lost.
fn keys<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    let keys = names.into_iter().map(|name| {
        let numbered = (1..).map(|number| if number == 1 { name.to_owned() } else { format!("{name}:{number}") });
        let key = numbered.filter(|key| taken.insert(key.clone())).take(1).collect::<String>();
        serde_json::Value::from(key).to_string()
    });
    keys.collect()
}

fn json_value(value: ValueRef<'_>) -> serde_json::Value {
    match value {
        ValueRef::Null => serde_json::Value::Null,
        ValueRef::Integer(number) => serde_json::Value::from(number),
        // JSON has no infinities.
        ValueRef::Real(number) if number.is_infinite() => {
            serde_json::Value::from(if number > 0.0 { "Infinity" } else { "-Infinity" })
        }
        ValueRef::Real(number) => serde_json::Value::from(number),
        ValueRef::Text(text) => serde_json::Value::from(String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => serde_json::Value::from(hexadecimal(bytes)),
    }
}

/// `X'00ff'`.
fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2 + 3);
    text.push_str("X'");
    for byte in bytes {
        text.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('?')));
    }
    text.push('\'');
    text
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Query(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Query(match &error {
            rusqlite::Error::MultipleStatement => {
                Error::config("there is more than one statement").hint("ask one at a time")
            }
            _ if error.sqlite_error_code() == Some(ErrorCode::AuthorizationForStatementDenied) => {
                Error::config("it does more than read").hint("write a SELECT")
            }
            rusqlite::Error::SqlInputError { msg, .. } => explain(msg),
            rusqlite::Error::SqliteFailure(_, Some(message)) => explain(message),
            _ => Error::config(error.to_string()),
        })
    }
}

fn explain(message: &str) -> Error {
    let error = Error::config(message);
    if message.starts_with("no such table") {
        error.hint("tables have their names of the replica, as `data-sync status` lists them")
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_one_name_are_all_kept() {
        assert_eq!(keys(["a", "a", "a:2", "b"]), ["\"a\"", "\"a:2\"", "\"a:2:2\"", "\"b\""]);
    }

    #[test]
    fn values_keep_all_their_digits() {
        assert_eq!(json_value(ValueRef::Integer(i64::MAX)).to_string(), "9223372036854775807");
        assert_eq!(json_value(ValueRef::Real(0.1)).to_string(), "0.1");
        assert_eq!(json_value(ValueRef::Real(f64::NEG_INFINITY)).to_string(), "\"-Infinity\"");
        assert_eq!(hexadecimal(&[0, 255, 16]), "X'00ff10'");
    }
}
