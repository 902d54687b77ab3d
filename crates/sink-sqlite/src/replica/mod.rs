//! [`SqliteReplica`]: a look at a replica, while it is synced or not.

mod failed;
mod status;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use sync_core::{Error, Replica, Result};

pub use failed::FailedRowStatus;
pub use status::{LastRun, TableStatus};

use crate::error::sqlite_error;
use crate::lock::WriterLock;
use crate::names::{quoted, table_exists};
use crate::read::ReplicaFile;
use crate::{open, staging, state};

/// How long a look waits for a file that is just being opened or closed.
const PATIENCE: Duration = Duration::from_secs(5);

/// A replica, open for reading. It never waits for the writer, and the writer never waits for it.
#[derive(Debug)]
pub struct SqliteReplica {
    conn: Connection,
    path: PathBuf,
    /// Where it is until it is in its place.
    staged: Option<PathBuf>,
    place: String,
    // After `conn`: as the last to close, it takes away the side files that reading needs.
    _keeper: Option<Connection>,
}

impl SqliteReplica {
    /// Opens a replica for reading. It creates no file. Of one that is [staged](Self::is_staged), what is known of its tables can be
    /// read.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](sync_core::ErrorKind::Config) when there is no such file, or it is no replica that this program can read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let (found, format) = Self::open_any(path.as_ref())?;
        if format.is_none() {
            let error = Error::config("it is no replica: nothing was ever synced into it");
            return Err(error.at(found.place).hint("check the path"));
        }
        Ok(found)
    }

    /// Looks whether a sync could write to a file that is there: a replica, or an SQLite file that may become one.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](sync_core::ErrorKind::Config) when it is neither.
    pub fn check(path: impl AsRef<Path>) -> Result<()> {
        Self::open_any(path.as_ref()).map(drop)
    }

    /// Opens an SQLite file, with the format of the state in it.
    fn open_any(path: &Path) -> Result<(Self, Option<i64>)> {
        let place = open::place(path);
        let resolved = open::resolve(path);
        let staged = resolved.as_ref().ok().and_then(|path| staging::find(path));
        if staged.is_none() && path.try_exists().is_ok_and(|exists| !exists) {
            return Err(Error::config("there is no such file").at(place).hint("sync once, or check the path"));
        }
        let path = resolved?;
        let file = staged.as_deref().unwrap_or(&path);
        let keeper = keeper(file);
        let checked = open::reader(file, PATIENCE).and_then(|conn| Ok((state::stored_format(&conn)?, conn)));
        let (format, conn) = checked.map_err(|error| error.at(place.clone()))?;
        Ok((Self { conn, path, staged, place, _keeper: keeper }, format))
    }

    /// Whether its first load is under way, or was broken off: no table of it is there for readers, and it is not in its place.
    #[must_use]
    pub fn is_staged(&self) -> bool {
        self.staged.is_some()
    }

    /// Refuses what a replica that is staged can't give.
    pub(crate) fn check_in_place(&self) -> Result<()> {
        if !self.is_staged() {
            return Ok(());
        }
        let error = Error::unavailable("its first load is under way, and nothing in it can be read yet");
        Err(error.at(self.place.clone()).hint("ask again when it is over; a sync goes on with one that was broken off"))
    }

    /// All tables, and streams that feed several, by name.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn tables(&self) -> Result<Vec<TableStatus>> {
        let mut tables = status::all(&self.conn).map_err(|error| error.at(self.place.clone()))?;
        for table in &mut tables {
            // Nobody sees it before the file is in its place.
            table.published &= !self.is_staged();
        }
        Ok(tables)
    }

    /// Rows that are kept aside, of one table or of all, those first that were tried least recently; at most `limit`.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn failed_rows(&self, table: Option<&str>, limit: usize) -> Result<Vec<FailedRowStatus>> {
        state::failed_rows(&self.conn, table, limit, failed::read).map_err(|error| error.at(self.place.clone()))
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
            self.conn.query_row(&sql, [], |row| status::unsigned(row, 0)).map_err(sqlite_error)
        };
        count().map_err(|error| error.at(self.place.clone()))
    }

    /// The columns of a table's primary key, in its order; none where it has no key.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn key_columns(&self, table: &str) -> Result<Vec<String>> {
        let columns = self
            .conn
            .prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")
            .and_then(|mut select| select.query_map([table], |row| row.get(0))?.collect());
        columns.map_err(|error| sqlite_error(error).at(self.place.clone()))
    }

    /// Whether some process has it open for writing: a daemon, or a sync under way.
    ///
    /// # Errors
    /// When the lock file beside it can't be looked at.
    pub fn is_being_synced(&self) -> Result<bool> {
        WriterLock::is_held(&self.path).map_err(|error| error.at(self.place.clone()))
    }

    /// The rows of its tables, for comparing them with a source.
    #[must_use]
    pub fn contents(&self) -> Arc<dyn Replica> {
        let path = self.staged.clone().unwrap_or_else(|| self.path.clone());
        Arc::new(ReplicaFile { path, busy_timeout: PATIENCE })
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
