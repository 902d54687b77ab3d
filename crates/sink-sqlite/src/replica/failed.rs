//! [`FailedRowStatus`]: a row that is kept aside.

use rusqlite::Row;

/// A row that could not be stored, and is tried again until it can.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRowStatus {
    /// The table's name in the replica.
    pub table: String,
    /// The values of its key as a JSON array of texts; `#` and a number in a table without a key.
    pub key: String,
    /// Why it failed last.
    pub error: String,
    /// What could be read of it, as JSON; long values are shortened.
    pub row: String,
    /// How often it was tried.
    pub attempts: u64,
    /// When it failed first, in milliseconds since 1970 in UTC.
    pub first_ms: i64,
    /// When it failed last, likewise.
    pub last_ms: i64,
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<FailedRowStatus> {
    Ok(FailedRowStatus {
        table: row.get(0)?,
        key: row.get(1)?,
        error: row.get(2)?,
        row: row.get(3)?,
        attempts: super::status::unsigned(row, 4)?.unwrap_or_default(),
        first_ms: row.get(5)?,
        last_ms: row.get(6)?,
    })
}
