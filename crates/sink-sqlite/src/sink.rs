//! [`SqliteSink`]: the one writer of a replica.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, Row};
use sync_core::{Checkpoint, Error, FailedRow, Replica, ReplicaTable, Result, Sink, SinkTransaction, StreamId};

use crate::checkpointer::Checkpointer;
use crate::lock::WriterLock;
use crate::read::ReplicaFile;
use crate::statements::StatementTexts;
use crate::transaction::SqliteTransaction;
use crate::{SqliteConfig, file, open, state};

/// How long closing waits for readers, to leave a file without a log beside it.
const PATIENCE_AT_CLOSE: Duration = Duration::from_millis(500);

/// A replica in an SQLite file, open for writing. There is at most one per file, in whatever process.
///
/// Dropping it leaves one plain file, unless somebody still reads it. The side file `<path>.lock` stays.
#[derive(Debug)]
pub struct SqliteSink {
    pub(crate) conn: Connection,
    pub(crate) statements: StatementTexts,
    pub(crate) path: PathBuf,
    busy_timeout: Duration,
    checkpointer: Checkpointer,
    // Last, because fields are dropped in this order: the file is closed when the lock goes.
    lock: WriterLock,
}

impl SqliteSink {
    /// Opens a replica, and creates it where there is no file.
    ///
    /// Everything else in the file stays as it is. A file that is refused is not changed.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](sync_core::ErrorKind::Config) when the path is no file or its folder is missing; when the file is not
    /// an SQLite file, was written in a newer format, or can't be written; when another process is syncing into it.
    /// [`ErrorKind::Unavailable`](sync_core::ErrorKind::Unavailable) when another program holds it for too long.
    pub fn open(config: SqliteConfig) -> Result<Self> {
        let path = open::resolve(&config.path)?;
        let lock = WriterLock::acquire(&path)?;
        file::make(&path, config.mode)?;
        let at = |error: Error| error.at(open::place(&path));
        let mut conn = open::writer(&path, &config).map_err(at)?;
        let checkpointer = Checkpointer::start(&mut conn, &path).map_err(at)?;
        let statements = StatementTexts::default();
        Ok(Self { conn, statements, path, busy_timeout: config.busy_timeout, checkpointer, lock })
    }

    /// The file, as an absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the last process that wrote to it ended without closing it. What was committed is there all the same; a look with
    /// [`file::damages`] tells whether the disk kept it.
    #[must_use]
    pub fn was_left_open(&self) -> bool {
        self.lock.was_left()
    }
}

impl Sink for SqliteSink {
    fn checkpoint(&mut self, stream: &StreamId) -> Result<Option<Checkpoint>> {
        state::checkpoint(&self.conn, stream).map_err(|error| error.at(open::place_of(stream.as_str(), &self.path)))
    }

    fn replica(&self) -> Arc<dyn Replica> {
        Arc::new(ReplicaFile { path: self.path.clone(), busy_timeout: self.busy_timeout })
    }

    fn failed_rows(&mut self, table: &ReplicaTable, limit: usize) -> Result<Vec<FailedRow>> {
        let read = |row: &Row<'_>| {
            Ok(FailedRow::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?))
        };
        let failed = state::failed_rows(&self.conn, Some(&table.name), limit, read);
        failed.map_err(|error| error.at(open::place_of(&table.name, &self.path)))
    }

    fn begin<'a>(&'a mut self) -> Result<Box<dyn SinkTransaction + 'a>> {
        Ok(Box::new(SqliteTransaction::begin(self)?))
    }
}

impl Drop for SqliteSink {
    fn drop(&mut self) {
        self.checkpointer.stop(&mut self.conn);
        // Best effort: whatever stays in the log is found there by whoever opens the file next.
        let tidy = || -> rusqlite::Result<()> {
            self.conn.busy_timeout(PATIENCE_AT_CLOSE)?;
            self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        };
        if let Err(error) = tidy() {
            tracing::debug!(path = %self.path.display(), "the log could not be emptied: {error}");
        }
    }
}
