//! What an SQLite file needs over the years, on a connection of its own, beside the writer.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Row};
use sync_core::Result;

use super::FileFacts;
use crate::error::sqlite_error;
use crate::open;

/// How long the writer may be held up at most by shortening its log.
const HOLD_UP: Duration = Duration::from_millis(500);
/// How long to wait for a transaction of the writer, when there is no hurry.
const PATIENCE: Duration = Duration::from_secs(5);
/// Rows of an index that are looked at to learn how its values are spread.
const LOOKED_AT: i64 = 400;
/// Free pages that are given back at once: a short transaction.
const PAGES_AT_ONCE: i64 = 1000;
/// Fewer free pages than these, in parts of the file, are kept: they will be needed again.
const KEPT_PART: i64 = 4;

/// Where the write-ahead log stands.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogState {
    /// Its size in bytes.
    pub bytes: u64,
    /// Whether a reader keeps it from being emptied.
    pub pinned: bool,
}

/// The log as it is.
///
/// # Errors
/// When the file can't be looked at.
pub fn log_state(path: impl AsRef<Path>) -> Result<LogState> {
    Ok(LogState { bytes: FileFacts::of(path)?.log_bytes, pinned: false })
}

/// Moves the log into the file and empties it, unless a reader still needs it. The writer waits half a second at most.
///
/// # Errors
/// When the file can't be written.
pub fn shorten_log(path: impl AsRef<Path>) -> Result<LogState> {
    let path = path.as_ref();
    let conn = connection(path, HOLD_UP)?;
    let at = |error| sqlite_error(error).at(open::place(path));
    // What is committed can be moved but for what a reader still needs; a writer under way stands in nobody's way here.
    let moved = |row: &Row<'_>| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
    let (written, moved) = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], moved).map_err(at)?;
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(at)?;
    drop(conn);
    Ok(LogState { pinned: moved < written, ..log_state(path)? })
}

/// Learns how values are spread, so that queries find the right index, and gives free pages back to the disk where there are many.
/// Returns how many pages were given back.
///
/// # Errors
/// When the file can't be written, or is in use for long.
pub fn tidy(path: impl AsRef<Path>) -> Result<u64> {
    let path = path.as_ref();
    let tidy = || -> Result<u64> {
        let conn = connection(path, PATIENCE)?;
        conn.pragma_update_and_check(None, "analysis_limit", LOOKED_AT, |_| Ok(())).map_err(sqlite_error)?;
        // 0x10000: also tables that this connection has not read.
        conn.execute_batch("PRAGMA optimize=0x10002").map_err(sqlite_error)?;
        give_back(&conn).map_err(sqlite_error)
    };
    tidy().map_err(|error| error.at(open::place(path)))
}

fn give_back(conn: &Connection) -> rusqlite::Result<u64> {
    let number = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    // 2 is incremental; in files that were made otherwise nothing can be given back in steps.
    if number("auto_vacuum")? != 2 {
        return Ok(0);
    }
    let before = number("freelist_count")?;
    let mut free = before;
    while free > number("page_count")? / KEPT_PART {
        let mut step = conn.prepare(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))?;
        let mut rows = step.query([])?;
        while rows.next()?.is_some() {}
        let left = number("freelist_count")?;
        if left >= free {
            break;
        }
        free = left;
    }
    Ok(u64::try_from(before - free).unwrap_or_default())
}

fn connection(path: &Path, patience: Duration) -> Result<Connection> {
    let path = open::resolve(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(sqlite_error)?;
    conn.busy_timeout(patience).map_err(sqlite_error)?;
    Ok(conn)
}
