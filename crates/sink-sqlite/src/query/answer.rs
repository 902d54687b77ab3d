//! What a query gives: rows one by one, or all of them as far as the limits reach.

use std::ops::ControlFlow;

use rusqlite::Row;
use rusqlite::types::ValueRef;
use sync_core::{OwnedValue, Result};

use super::QueryLimits;
use super::json::JsonRows;

/// Takes the rows of a query as they come.
pub trait Rows {
    /// The names of the columns, before the first row.
    ///
    /// # Errors
    /// Whatever it returns ends the query.
    fn columns(&mut self, names: Vec<String>) -> Result<()>;

    /// One row. It can end the query without an error.
    ///
    /// # Errors
    /// Whatever it returns ends the query.
    fn row(&mut self, row: &[ValueRef<'_>]) -> Result<ControlFlow<()>>;
}

/// All rows of a query, up to its limits.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The names of the columns; several can be equal.
    pub columns: Vec<String>,
    /// The rows, each with a value for each column.
    pub rows: Vec<Vec<OwnedValue>>,
    /// Whether there are more rows than the limits let through.
    pub truncated: bool,
    /// What the rows take in memory, in bytes.
    pub bytes: usize,
}

impl Answer {
    /// The rows as JSON objects by the names of columns; of equal names, the later get a number: `id`, `id:2`.
    #[must_use]
    pub fn objects(&self) -> JsonRows<'_> {
        JsonRows::objects(&self.columns, &self.rows)
    }

    /// The rows as JSON arrays.
    #[must_use]
    pub fn arrays(&self) -> JsonRows<'_> {
        JsonRows::arrays(&self.rows)
    }
}

/// Collects an [`Answer`].
pub(super) struct Collected {
    pub(super) answer: Answer,
    limits: QueryLimits,
}

impl Collected {
    pub(super) fn new(limits: QueryLimits) -> Self {
        Self { answer: Answer::default(), limits }
    }
}

impl Rows for Collected {
    fn columns(&mut self, names: Vec<String>) -> Result<()> {
        self.answer.columns = names;
        Ok(())
    }

    fn row(&mut self, row: &[ValueRef<'_>]) -> Result<ControlFlow<()>> {
        let bytes = self.answer.bytes.saturating_add(row.iter().map(|value| size(*value)).sum());
        if self.answer.rows.len() >= self.limits.rows || bytes > self.limits.bytes {
            self.answer.truncated = true;
            return Ok(ControlFlow::Break(()));
        }
        self.answer.bytes = bytes;
        self.answer.rows.push(row.iter().map(|value| owned(*value)).collect());
        Ok(ControlFlow::Continue(()))
    }
}

/// What a value takes in memory, in bytes.
fn size(value: ValueRef<'_>) -> usize {
    let bytes = match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => 0,
    };
    bytes + size_of::<OwnedValue>()
}

fn owned(value: ValueRef<'_>) -> OwnedValue {
    match value {
        ValueRef::Null => OwnedValue::Null,
        ValueRef::Integer(number) => OwnedValue::Integer(number),
        ValueRef::Real(number) => OwnedValue::Real(number),
        ValueRef::Text(text) => OwnedValue::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => OwnedValue::Bytes(bytes.to_vec()),
    }
}

/// The values of a row, borrowed.
pub(super) fn values<'a>(row: &'a Row<'_>, width: usize) -> rusqlite::Result<Vec<ValueRef<'a>>> {
    (0..width).map(|column| row.get_ref(column)).collect()
}
