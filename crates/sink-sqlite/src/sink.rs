//! [`SqliteSink`]: the one writer of a replica.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, Row};
use sync_core::{Checkpoint, Error, FailedRow, Replica, ReplicaTable, Result, Sink, SinkTransaction, StreamId};

use crate::checkpointer::Checkpointer;
use crate::error::sqlite_error;
use crate::flusher::Flusher;
use crate::lock::WriterLock;
use crate::read::ReplicaFile;
use crate::staging::{self, Staged};
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
    config: SqliteConfig,
    checkpointer: Checkpointer,
    /// Where the file is until it is in its place.
    staged: Option<Staged>,
    // Last, because fields are dropped in this order: the file is closed when the lock goes.
    lock: WriterLock,
}

impl SqliteSink {
    /// Opens a replica, and creates it where there is no file. A first load that was broken off is gone on with.
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
        let at = |error: Error| error.at(open::place(&path));
        staging::clear(&path);
        staging::take_up(&path, &config).map_err(at)?;
        let new = config.stages_first_load && !path.exists();
        let (conn, checkpointer, staged) = match staging::place(&path).filter(|_| new) {
            Some(file) => {
                file::make(&file, config.mode)?;
                let conn = open::staged(&file, &config).map_err(at)?;
                let flusher = Flusher::start(&file);
                (conn, Checkpointer::default(), Some(Staged { file, flusher }))
            }
            None => {
                let (conn, checkpointer) = open_in_place(&path, &config).map_err(at)?;
                (conn, checkpointer, None)
            }
        };
        Ok(Self { conn, statements: StatementTexts::default(), path, config, checkpointer, staged, lock })
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
        self.lock.was_left() && self.staged.is_none()
    }

    /// Tells the disk's helper that something was committed.
    pub(crate) fn note_commit(&self) {
        if let Some(staged) = &self.staged {
            staged.flusher.wake();
        }
    }

    /// Puts a staged file in its place. Where that fails, it is staged as before.
    fn settle(&mut self) -> Result<()> {
        let Some(staged) = self.staged.take() else { return Ok(()) };
        let elsewhere = Connection::open_in_memory().map_err(sqlite_error)?;
        let conn = std::mem::replace(&mut self.conn, elsewhere);
        match staging::put_in_place(conn, &staged.file, &self.path) {
            Ok(()) => {
                // It holds the file open, which must be closed before another connection locks it.
                drop(staged);
                self.ensure_open()
            }
            Err(error) => {
                let reopened = open::staged(&staged.file, &self.config);
                self.staged = Some(staged);
                self.conn = reopened?;
                Err(error)
            }
        }
    }

    /// Opens the file in its place, where that has not been done since it came there.
    fn ensure_open(&mut self) -> Result<()> {
        let is_elsewhere = self.conn.path().is_none_or(str::is_empty);
        if is_elsewhere && self.staged.is_none() {
            (self.conn, self.checkpointer) = open_in_place(&self.path, &self.config)?;
        }
        Ok(())
    }
}

fn open_in_place(path: &Path, config: &SqliteConfig) -> Result<(Connection, Checkpointer)> {
    file::make(path, config.mode)?;
    let mut conn = open::writer(path, config)?;
    let checkpointer = Checkpointer::start(&mut conn, path)?;
    Ok((conn, checkpointer))
}

impl Sink for SqliteSink {
    fn checkpoint(&mut self, stream: &StreamId) -> Result<Option<Checkpoint>> {
        state::checkpoint(&self.conn, stream).map_err(|error| error.at(open::place_of(stream.as_str(), &self.path)))
    }

    fn replica(&self) -> Arc<dyn Replica> {
        Arc::new(ReplicaFile { path: self.path.clone(), busy_timeout: self.config.busy_timeout })
    }

    fn failed_rows(&mut self, table: &ReplicaTable, limit: usize) -> Result<Vec<FailedRow>> {
        let read = |row: &Row<'_>| {
            Ok(FailedRow::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?))
        };
        let failed = state::failed_rows(&self.conn, Some(&table.name), limit, read);
        failed.map_err(|error| error.at(open::place_of(&table.name, &self.path)))
    }

    fn begin<'a>(&'a mut self) -> Result<Box<dyn SinkTransaction + 'a>> {
        self.ensure_open().map_err(|error| error.at(open::place(&self.path)))?;
        Ok(Box::new(SqliteTransaction::begin(self)?))
    }

    fn is_staged(&self) -> bool {
        self.staged.is_some()
    }

    fn unstage(&mut self) -> Result<()> {
        self.settle().map_err(|error| error.at(open::place(&self.path)))
    }
}

impl Drop for SqliteSink {
    fn drop(&mut self) {
        // What was stored of a first load is there for whoever goes on with it.
        if let Err(error) = self.unstage() {
            tracing::warn!("{error}");
        }
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
