//! [`SqliteReplica`]: a look at a replica, while it is synced or not.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Row};
use sync_core::{CopyState, Error, Result, WriteStats};

use crate::error::sqlite_error;
use crate::names::{quoted, table_exists};
use crate::{open, state};

/// How long a look waits for a file that is just being opened or closed.
const PATIENCE: Duration = Duration::from_secs(5);

/// A replica, open for reading. It never waits for the writer, and the writer never waits for it.
#[derive(Debug)]
pub struct SqliteReplica {
    conn: Connection,
    place: String,
    // After `conn`: as the last to close, it takes away the side files that reading needs.
    _keeper: Option<Connection>,
}

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

impl SqliteReplica {
    /// Opens a replica for reading. It creates no file.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](sync_core::ErrorKind::Config) when there is no such file, or it is no replica that this program can read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let place = open::place(path);
        if path.try_exists().is_ok_and(|exists| !exists) {
            return Err(Error::config("there is no such file").at(place).hint("sync once, or check the path"));
        }
        let path = open::resolve(path)?;
        let keeper = keeper(&path);
        let checked = open::reader(&path, PATIENCE).and_then(|conn| match state::stored_format(&conn)? {
            Some(_) => Ok(conn),
            None => Err(Error::config("it is no replica: nothing was ever synced into it").hint("check the path")),
        });
        let conn = checked.map_err(|error| error.at(place.clone()))?;
        Ok(Self { conn, place, _keeper: keeper })
    }

    /// All tables, and streams that feed several, by name.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn tables(&self) -> Result<Vec<TableStatus>> {
        self.conn
            .prepare_cached(
                "SELECT table_name, source_table, published, state, last_sync_timestamp, last_sync_id, last_success_ms,
                     sync_errors, last_run_started_ms, last_run_finished_ms, last_rows_read, last_rows_changed,
                     last_rows_deleted, last_rows_unchanged,
                     (SELECT count(*) FROM tmp_data_sync_failed_rows AS failed WHERE failed.table_name = known.table_name)
                 FROM tmp_data_sync_metadata AS known ORDER BY table_name",
            )
            .and_then(|mut select| select.query_map([], read_status)?.collect())
            .map_err(|error| sqlite_error(error).at(self.place.clone()))
    }

    /// Counts the rows that readers of a table see; it reads the whole table. `None` where there is no such table.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn count_rows(&self, table: &str) -> Result<Option<u64>> {
        let count = || {
            if !table_exists(&self.conn, table)? {
                return Ok(None);
            }
            let sql = format!("SELECT count(*) FROM {}", quoted(table));
            self.conn.query_row(&sql, [], |row| unsigned(row, 0)).map_err(sqlite_error)
        };
        count().map_err(|error| error.at(self.place.clone()))
    }

    /// The connection, for queries. It can't write.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.conn
    }
}

/// A connection that could write, and never does. A reader alone would leave the files `-wal` and `-shm` behind. Where this user may
/// not write, it is the same as a reader.
fn keeper(path: &Path) -> Option<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).ok()?;
    conn.busy_timeout(PATIENCE).ok()?;
    // Only a connection that has read knows of the side files.
    conn.query_row("PRAGMA schema_version", [], |_| Ok(())).ok()?;
    Some(conn)
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
    })
}

fn read_run(row: &Row<'_>) -> rusqlite::Result<Option<LastRun>> {
    let (Some(started_ms), Some(finished_ms)) = (row.get(8)?, row.get(9)?) else { return Ok(None) };
    let count = |index| Ok::<_, rusqlite::Error>(unsigned(row, index)?.unwrap_or_default());
    let written = WriteStats::new(count(11)?, count(12)?, count(13)?);
    Ok(Some(LastRun { started_ms, finished_ms, rows_read: count(10)?, written }))
}

/// A count that was stored as a signed number.
fn unsigned(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<u64>> {
    Ok(row.get::<_, Option<i64>>(index)?.map(|count| u64::try_from(count).unwrap_or_default()))
}
