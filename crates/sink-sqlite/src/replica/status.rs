//! [`TableStatus`]: what is known about each table.

use rusqlite::{Connection, Row};
use sync_core::{CopyState, Result, Upkeep, WriteStats};

use crate::error::sqlite_error;
use crate::state;

/// What is known about one table of the replica, or about a stream that feeds several.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableStatus {
    /// The table's name in the replica.
    pub name: String,
    /// The table that it is a replica of; `None` for a stream that is no table.
    pub source_table: Option<String>,
    /// Whether readers see the table: it has been complete once.
    pub published: bool,
    /// How far the stored checkpoint is; `None` before the first.
    pub state: Option<CopyState>,
    /// How far in time the replica is, in milliseconds since 1970 in UTC.
    pub last_sync_timestamp_ms: Option<i64>,
    /// The id of the last row.
    pub last_sync_id: Option<String>,
    /// When a run last succeeded, in milliseconds since 1970 in UTC.
    pub last_success_ms: Option<i64>,
    /// What went wrong since then.
    pub last_error: Option<String>,
    /// The last run, whether it succeeded or not.
    pub last_run: Option<LastRun>,
    /// Rows that could not be stored.
    pub failed_rows: u64,
    /// When it was last compared with its source, and what came of it.
    pub upkeep: Upkeep,
}

/// The last run of a stream.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastRun {
    /// When it started, in milliseconds since 1970 in UTC.
    pub started_ms: i64,
    /// When it ended, likewise.
    pub finished_ms: i64,
    /// Rows that the source gave.
    pub rows_read: u64,
    /// What became of them.
    pub written: WriteStats,
}

/// All tables, and streams that feed several, by name.
pub(super) fn all(conn: &Connection) -> Result<Vec<TableStatus>> {
    // Of the first format, these are not known yet.
    let newer = match state::stored_format(conn)? {
        Some(1) => "NULL, NULL",
        _ => "last_rows_failed, upkeep",
    };
    conn.prepare_cached(&format!(
        "SELECT table_name, source_table, published, state, last_sync_timestamp, last_sync_id, last_success_ms,
             sync_errors, last_run_started_ms, last_run_finished_ms, last_rows_read, last_rows_changed,
             last_rows_deleted, last_rows_unchanged,
             (SELECT count(*) FROM tmp_data_sync_failed_rows AS failed WHERE failed.table_name = known.table_name),
             {newer}
         FROM tmp_data_sync_metadata AS known ORDER BY table_name"
    ))
    .and_then(|mut select| select.query_map([], read_status)?.collect())
    .map_err(sqlite_error)
}

fn read_status(row: &Row<'_>) -> rusqlite::Result<TableStatus> {
    Ok(TableStatus {
        name: row.get(0)?,
        source_table: row.get(1)?,
        published: row.get(2)?,
        state: row.get_ref(3)?.as_str_or_null()?.map(state::copy_state),
        last_sync_timestamp_ms: row.get(4)?,
        last_sync_id: row.get(5)?,
        last_success_ms: row.get(6)?,
        last_error: row.get(7)?,
        last_run: read_run(row)?,
        failed_rows: unsigned(row, 14)?.unwrap_or_default(),
        upkeep: state::upkeep(row, 16)?,
    })
}

fn read_run(row: &Row<'_>) -> rusqlite::Result<Option<LastRun>> {
    let (Some(started_ms), Some(finished_ms)) = (row.get(8)?, row.get(9)?) else { return Ok(None) };
    let count = |index| Ok::<_, rusqlite::Error>(unsigned(row, index)?.unwrap_or_default());
    let mut written = WriteStats::new(count(11)?, count(12)?, count(13)?);
    written.failed = count(15)?;
    Ok(Some(LastRun { started_ms, finished_ms, rows_read: count(10)?, written }))
}

/// A count that was stored as a signed number.
pub(super) fn unsigned(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<u64>> {
    Ok(row.get::<_, Option<i64>>(index)?.map(|count| u64::try_from(count).unwrap_or_default()))
}
