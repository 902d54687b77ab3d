//! Rows that could not be represented or stored, kept until they can be.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, params};
use sync_core::{FailedRow, Result};

use crate::error::sqlite_error;

/// Keeps a failed row, or counts one more attempt at it.
pub(crate) fn keep_failed(conn: &Connection, table: &str, row: &FailedRow) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO tmp_data_sync_failed_rows (table_name, key, error, row, attempts, first_ms, last_ms)
         VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5)
         ON CONFLICT (table_name, key) DO UPDATE SET error = excluded.error, row = excluded.row,
             attempts = attempts + 1, last_ms = excluded.last_ms",
    )
    .and_then(|mut upsert| upsert.execute(params![table, row.key, row.error, row.row, now_ms()]))
    .map_err(sqlite_error)?;
    Ok(())
}

/// Milliseconds since 1970; 0 on a clock set before.
fn now_ms() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}
