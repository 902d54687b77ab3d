//! Rows that could not be represented or stored, kept until they can be.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, Row, params};
use sync_core::{FailedRow, ReplicaTable, Result};

use crate::error::sqlite_error;

/// Keeps a failed row, or counts one more attempt at it. True for one that was not kept before.
///
/// Nothing tells rows of a table without a key apart, so each is kept on its own, under a number in place of its key.
pub(crate) fn keep_failed(conn: &Connection, table: &ReplicaTable, row: &FailedRow) -> Result<bool> {
    let key = if table.schema.key().is_empty() { None } else { Some(&row.key) };
    let attempts: i64 = conn
        .prepare_cached(
            "INSERT INTO tmp_data_sync_failed_rows (table_name, key, error, row, attempts, first_ms, last_ms)
             VALUES (?1, coalesce(?2, (SELECT '#' || (coalesce(max(rowid), 0) + 1) FROM tmp_data_sync_failed_rows)),
                 ?3, ?4, 1, ?5, ?5)
             ON CONFLICT (table_name, key) DO UPDATE SET error = excluded.error, row = excluded.row,
                 attempts = attempts + 1, last_ms = excluded.last_ms
             RETURNING attempts",
        )
        .and_then(|mut upsert| {
            upsert.query_row(params![table.name, key, row.error, row.row, now_ms()], |row| row.get(0))
        })
        .map_err(sqlite_error)?;
    Ok(attempts == 1)
}

/// Whether rows of this table are kept aside.
pub(crate) fn has_failed(conn: &Connection, table: &str) -> Result<bool> {
    conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM tmp_data_sync_failed_rows WHERE table_name = ?1)")
        .and_then(|mut select| select.query_row([table], |row| row.get(0)))
        .map_err(sqlite_error)
}

/// Makes an end of what was kept aside under a key.
pub(crate) fn forget_failed(conn: &Connection, table: &str, key: &str) -> Result<()> {
    conn.prepare_cached("DELETE FROM tmp_data_sync_failed_rows WHERE table_name = ?1 AND key = ?2")
        .and_then(|mut delete| delete.execute([table, key]))
        .map_err(sqlite_error)?;
    Ok(())
}

/// Forgets all failed rows of a table: it is copied again, and the copy gives them again.
pub(crate) fn clear_failed(conn: &Connection, table: &str) -> Result<()> {
    conn.execute("DELETE FROM tmp_data_sync_failed_rows WHERE table_name = ?1", [table]).map_err(sqlite_error)?;
    Ok(())
}

/// Failed rows of one table or of all, those first that were tried least recently.
pub(crate) fn failed_rows<T>(
    conn: &Connection,
    table: Option<&str>,
    limit: usize,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    conn.prepare_cached(
        "SELECT table_name, key, error, row, attempts, first_ms, last_ms FROM tmp_data_sync_failed_rows
         WHERE ?1 IS NULL OR table_name = ?1 ORDER BY last_ms, rowid LIMIT ?2",
    )
    .and_then(|mut select| select.query_map(params![table, i64::try_from(limit).unwrap_or(i64::MAX)], read)?.collect())
    .map_err(sqlite_error)
}

/// Milliseconds since 1970; 0 on a clock set before.
fn now_ms() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}
