//! What is kept in the file beside the rows: checkpoints, how runs ended, and rows that could not be stored.

mod failed;
mod format;
mod log;

use rusqlite::{Connection, OptionalExtension, Row, params};
use sync_core::{Checkpoint, CopyState, Cursor, Error, ReplicaTable, Result, RunRecord, StreamId, Upkeep};

pub(crate) use failed::{clear_failed, failed_rows, forget_failed, has_failed, keep_failed};
pub(crate) use format::{create, migrate, stored_format};

use crate::error::sqlite_error;
use crate::names::{object_type, quoted, table_exists, target};
use crate::types;

/// The checkpoint of a stream, unless the table that it is about is gone.
pub(crate) fn checkpoint(conn: &Connection, stream: &StreamId) -> Result<Option<Checkpoint>> {
    let read = conn
        .prepare_cached(
            "SELECT cursor, state, fingerprint, last_sync_timestamp, last_sync_id, source_table IS NOT NULL, upkeep
             FROM tmp_data_sync_metadata WHERE table_name = ?1 AND cursor IS NOT NULL AND state IS NOT NULL",
        )
        .and_then(|mut select| select.query_row([stream.as_str()], |row| read_checkpoint(row, stream)).optional())
        .map_err(sqlite_error)?;
    let Some((checkpoint, of_table)) = read else { return Ok(None) };
    // A stream that feeds several tables has none of its own name.
    let there = !of_table || table_exists(conn, &target(stream.as_str(), checkpoint.state))?;
    Ok(there.then_some(checkpoint))
}

fn read_checkpoint(row: &Row<'_>, stream: &StreamId) -> rusqlite::Result<(Checkpoint, bool)> {
    let cursor = Cursor::new(row.get::<_, String>(0)?).at_timestamp(row.get(3)?).at_id(row.get(4)?);
    let state = copy_state(row.get_ref(1)?.as_str()?);
    let fingerprint: Option<String> = row.get(2)?;
    let checkpoint = Checkpoint::new(stream.clone(), cursor, state, fingerprint.unwrap_or_default());
    Ok((checkpoint.upkeep(upkeep(row, 6)?), row.get(5)?))
}

/// The engine's notes; none where there are none, or none that can be read.
pub(crate) fn upkeep(row: &Row<'_>, index: usize) -> rusqlite::Result<Upkeep> {
    Ok(row.get_ref(index)?.as_str_or_null()?.map(Upkeep::decode).unwrap_or_default())
}

const BUILDING: &str = "building";
const LIVE: &str = "live";

/// What a stored state means.
pub(crate) fn copy_state(stored: &str) -> CopyState {
    if stored == LIVE { CopyState::Live } else { CopyState::Building }
}

/// Stores a checkpoint, in the transaction of its rows.
pub(crate) fn store_checkpoint(conn: &Connection, checkpoint: &Checkpoint) -> Result<()> {
    let state = match checkpoint.state {
        CopyState::Live => LIVE,
        _ => BUILDING,
    };
    let cursor = &checkpoint.cursor;
    conn.prepare_cached(
        "INSERT INTO tmp_data_sync_metadata
             (table_name, cursor, state, fingerprint, last_sync_timestamp, last_sync_id, upkeep)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (table_name) DO UPDATE SET cursor = excluded.cursor, state = excluded.state,
             fingerprint = excluded.fingerprint, last_sync_timestamp = excluded.last_sync_timestamp,
             last_sync_id = excluded.last_sync_id, upkeep = excluded.upkeep",
    )
    .and_then(|mut upsert| {
        upsert.execute(params![
            checkpoint.stream.as_str(),
            cursor.token(),
            state,
            checkpoint.fingerprint,
            cursor.timestamp_ms(),
            cursor.id(),
            checkpoint.upkeep.encode(),
        ])
    })
    .map_err(sqlite_error)?;
    Ok(())
}

/// Stores how a run ended. An error stays until a run succeeds.
pub(crate) fn record(conn: &Connection, stream: &StreamId, run: &RunRecord) -> Result<()> {
    let success = run.error.is_none().then_some(run.finished_ms);
    let written = run.written;
    conn.prepare_cached(
        "INSERT INTO tmp_data_sync_metadata
             (table_name, sync_errors, last_success_ms, last_run_started_ms, last_run_finished_ms,
              last_rows_read, last_rows_changed, last_rows_deleted, last_rows_unchanged, last_rows_failed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (table_name) DO UPDATE SET sync_errors = excluded.sync_errors,
             last_success_ms = coalesce(excluded.last_success_ms, last_success_ms),
             last_run_started_ms = excluded.last_run_started_ms, last_run_finished_ms = excluded.last_run_finished_ms,
             last_rows_read = excluded.last_rows_read, last_rows_changed = excluded.last_rows_changed,
             last_rows_deleted = excluded.last_rows_deleted, last_rows_unchanged = excluded.last_rows_unchanged,
             last_rows_failed = excluded.last_rows_failed",
    )
    .and_then(|mut upsert| {
        upsert.execute(params![
            stream.as_str(),
            run.error,
            success,
            run.started_ms,
            run.finished_ms,
            count(run.rows_read),
            count(written.changed),
            count(written.deleted),
            count(written.unchanged),
            count(written.failed),
        ])
    })
    .map_err(sqlite_error)?;
    log::log_run(conn, stream, run)
}

/// Nobody counts beyond 2^63 rows.
fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Notes that `table` is ours and what it is a replica of.
pub(crate) fn add_table(conn: &Connection, table: &ReplicaTable) -> Result<()> {
    conn.execute(
        "INSERT INTO tmp_data_sync_metadata (table_name, source_table) VALUES (?1, ?2)
         ON CONFLICT (table_name) DO UPDATE SET source_table = excluded.source_table",
        params![table.name, table.schema.id().to_string()],
    )
    .map_err(sqlite_error)?;
    Ok(())
}

/// Forgets how far a build had come: it starts again or is given up. What was published goes on from its own checkpoint.
pub(crate) fn forget_build(conn: &Connection, name: &str) -> Result<()> {
    conn.execute(
        "UPDATE tmp_data_sync_metadata SET cursor = NULL, state = NULL, upkeep = NULL WHERE table_name = ?1 AND state = ?2",
        params![name, BUILDING],
    )
    .map_err(sqlite_error)?;
    Ok(())
}

/// Refuses to replace what somebody else made under this name.
pub(crate) fn check_owner(conn: &Connection, name: &str) -> Result<()> {
    let Some(found) = object_type(conn, name)? else { return Ok(()) };
    let ours = conn
        .query_row(
            "SELECT count(*) FROM tmp_data_sync_metadata WHERE table_name = ?1 AND published = 1",
            [name],
            |row| row.get::<_, i64>(0),
        )
        .map_err(sqlite_error)?;
    if ours == 1 && found == "table" {
        return Ok(());
    }
    Err(Error::config(format!("the replica already has a {found} {} that this program did not make", quoted(name)))
        .hint("rename it, drop it, or set another `replica` name"))
}

/// Notes that `table` is what readers see now, and what its columns are at the source.
pub(crate) fn mark_published(conn: &Connection, table: &ReplicaTable) -> Result<()> {
    let name = &table.name;
    let write = || -> rusqlite::Result<()> {
        conn.execute(
            "UPDATE tmp_data_sync_metadata SET published = 1, source_table = ?2 WHERE table_name = ?1",
            params![name, table.schema.id().to_string()],
        )?;
        conn.execute("DELETE FROM tmp_data_sync_columns WHERE table_name = ?1", [name])?;
        let mut insert = conn.prepare_cached("INSERT INTO tmp_data_sync_columns VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for (position, column) in (1_i64..).zip(table.schema.columns()) {
            let data_type = types::type_name(column.data_type);
            insert.execute(params![name, position, column.name, column.native_type, data_type])?;
        }
        Ok(())
    };
    write().map_err(sqlite_error)
}
