//! The rows of a query, as aligned columns or as a JSON array, written as they come.

use std::io::{self, BufWriter, StdoutLock, Write as _};
use std::ops::ControlFlow;

use sink_sqlite::query::{Answer, Rows};
use sink_sqlite::rusqlite::types::ValueRef;
use sync_core::{Error, OwnedValue, Result};

use super::Shown;
use crate::text_table::{Cell, TextTable};

type Out = BufWriter<StdoutLock<'static>>;

/// Aligned columns; NULL is shown as `NULL`, bytes as in SQL.
#[derive(Default)]
pub(super) struct TextRows {
    table: Option<TextTable<Out>>,
    failed: Option<io::Error>,
}

impl Rows for TextRows {
    fn columns(&mut self, names: Vec<String>) -> Result<()> {
        self.table = Some(TextTable::new(BufWriter::new(io::stdout().lock()), names));
        Ok(())
    }

    fn row(&mut self, row: &[ValueRef<'_>]) -> Result<ControlFlow<()>> {
        let written = self.table.as_mut().map_or(Ok(()), |table| table.row(row.iter().map(cell).collect()));
        noted(written, &mut self.failed)
    }
}

impl Shown for TextRows {
    fn finish(self) -> io::Result<()> {
        match (self.failed, self.table) {
            (Some(error), _) => Err(error),
            (None, Some(table)) => table.finish(),
            (None, None) => Ok(()),
        }
    }
}

fn cell(value: &ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::text("NULL"),
        ValueRef::Integer(number) => Cell::number(number),
        ValueRef::Real(number) => Cell::number(format!("{number:?}")),
        ValueRef::Text(text) => Cell::text(String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => Cell::text(hexadecimal(bytes)),
    }
}

/// An array with an object for each row, a line each, in the forms of [`sink_sqlite::query`].
#[derive(Default)]
pub(super) struct JsonLines {
    out: Option<Out>,
    /// One row at a time.
    row: Answer,
    written: bool,
    failed: Option<io::Error>,
}

impl JsonLines {
    fn write(&mut self) -> io::Result<()> {
        let Some(out) = &mut self.out else { return Ok(()) };
        let array = serde_json::to_string(&self.row.objects())?;
        let object = array.trim_start_matches('[').trim_end_matches(']');
        write!(out, "{}\n  {object}", if self.written { "," } else { "[" })?;
        self.written = true;
        Ok(())
    }
}

impl Rows for JsonLines {
    fn columns(&mut self, names: Vec<String>) -> Result<()> {
        self.row.columns = names;
        self.out = Some(BufWriter::new(io::stdout().lock()));
        Ok(())
    }

    fn row(&mut self, row: &[ValueRef<'_>]) -> Result<ControlFlow<()>> {
        self.row.rows = vec![row.iter().map(owned).collect()];
        let written = self.write();
        noted(written, &mut self.failed)
    }
}

impl Shown for JsonLines {
    fn finish(mut self) -> io::Result<()> {
        match (self.failed, &mut self.out) {
            (Some(error), _) => Err(error),
            (None, Some(out)) => {
                writeln!(out, "{}", if self.written { "\n]" } else { "[]" })?;
                out.flush()
            }
            (None, None) => Ok(()),
        }
    }
}

fn owned(value: &ValueRef<'_>) -> OwnedValue {
    match value {
        ValueRef::Null => OwnedValue::Null,
        ValueRef::Integer(number) => OwnedValue::Integer(*number),
        ValueRef::Real(number) => OwnedValue::Real(*number),
        ValueRef::Text(text) => OwnedValue::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => OwnedValue::Bytes(bytes.to_vec()),
    }
}

/// Ends the query when nobody takes its rows.
fn noted(written: io::Result<()>, failed: &mut Option<io::Error>) -> Result<ControlFlow<()>> {
    written.map(ControlFlow::Continue).map_err(|error| {
        let text = error.to_string();
        *failed = Some(error);
        Error::unavailable(text).at("standard output")
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_in_sql() {
        assert_eq!(hexadecimal(&[0, 255, 16]), "X'00ff10'");
    }
}
