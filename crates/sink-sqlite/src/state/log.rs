//! The recent runs of each table: those that changed something or failed.

use rusqlite::{Connection, params};
use sync_core::{Result, RunRecord, StreamId};

use super::count;
use crate::error::sqlite_error;

/// Runs of a table that are kept.
const KEPT: i64 = 100;

/// Adds a run and forgets the oldest. A run that found nothing is no news.
pub(crate) fn log_run(conn: &Connection, stream: &StreamId, run: &RunRecord) -> Result<()> {
    let written = run.written;
    if run.error.is_none() && written.changed == 0 && written.deleted == 0 {
        return Ok(());
    }
    let add = || -> rusqlite::Result<()> {
        conn.prepare_cached(
            "INSERT INTO tmp_data_sync_log
                 (table_name, started_ms, finished_ms, rows_read, rows_changed, rows_deleted, rows_unchanged, error,
                  rows_failed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            stream.as_str(),
            run.started_ms,
            run.finished_ms,
            count(run.rows_read),
            count(written.changed),
            count(written.deleted),
            count(written.unchanged),
            run.error,
            count(written.failed),
        ])?;
        conn.prepare_cached(
            "DELETE FROM tmp_data_sync_log WHERE table_name = ?1 AND run <= (
                 SELECT run FROM tmp_data_sync_log WHERE table_name = ?1 ORDER BY run DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute(params![stream.as_str(), KEPT])?;
        Ok(())
    };
    add().map_err(sqlite_error)
}
