//! Moving the log into the file, beside the writer: most of that is waiting for the disk, which a copy need not do.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, OpenFlags};
use sync_core::Result;

use crate::error::sqlite_error;

/// Bytes in the log from which it is moved beside the writer, as SQLite itself does.
const EARLY: i64 = 4 << 20;
/// Bytes in the log from which the writer moves the rest itself, as it can only begin the log anew when all of it was moved. A disk that is slower
/// than the writer holds it up here, so the log never grows past this by more than two transactions, as long as no reader keeps it.
const LATE: i64 = 16 << 20;

/// The thread that moves the log; it opens the file when the log is long for the first time. Readers go on meanwhile, and the writer too.
#[derive(Debug, Default)]
pub(crate) struct Checkpointer {
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Watches over the commits of `writer`.
    pub(crate) fn start(writer: &mut Connection, path: &Path) -> Result<Self> {
        // One call that waits is enough, whatever happens until it is heard.
        let (wake, woken) = sync_channel(1);
        let path = path.to_owned();
        let turn = Arc::new(Turn::default());
        let turn_of_thread = Arc::clone(&turn);
        let started = std::thread::Builder::new().name("data-sync-log".to_owned()).spawn(move || {
            if let Err(error) = move_log(&path, &woken, &turn_of_thread) {
                tracing::debug!(path = %path.display(), "the log is left to the writer: {error}");
            }
        });
        let Ok(thread) = started else {
            // SQLite's own way stays in force.
            return Ok(Self { thread: None });
        };
        let page = writer.pragma_query_value(None, "page_size", |row| row.get::<_, i64>(0)).map_err(sqlite_error)?;
        let mut before = 0;
        let hook = move |log: &mut rusqlite::hooks::Wal, pages| {
            let bytes = i64::from(pages) * page;
            // One transaction can make it long at once: then the thread was not called yet, and the writer has other things to do.
            let was_called = before >= EARLY && bytes > before;
            before = bytes;
            if bytes >= LATE && was_called {
                let _until_moved = turn.take();
                // A thread that was called and did not come would read the file just when the next commit wants to begin the log anew.
                turn.wanted.store(false, Ordering::Relaxed);
                // What can't be moved now, the next commit tries again.
                let _ = log.checkpoint();
            } else if bytes >= EARLY {
                turn.wanted.store(true, Ordering::Relaxed);
                let _ = wake.try_send(());
            }
            Ok(())
        };
        writer.wal_hook(Some(hook)).map_err(sqlite_error)?;
        Ok(Self { thread: Some(thread) })
    }

    /// Ends the thread; the log stays where it is.
    pub(crate) fn stop(&mut self, writer: &mut Connection) {
        // With the hook its end of the channel goes.
        let removed = writer.wal_hook(None::<fn(&mut rusqlite::hooks::Wal, i32) -> rusqlite::Result<()>>);
        if removed.is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

/// Whose turn it is to move the log: SQLite lets one connection at a time do it, and refuses the other at once.
#[derive(Debug, Default)]
struct Turn {
    at_it: Mutex<()>,
    /// Whether the thread was called since the writer moved the log itself.
    wanted: AtomicBool,
}

impl Turn {
    fn take(&self) -> MutexGuard<'_, ()> {
        self.at_it.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn move_log(path: &PathBuf, woken: &Receiver<()>, turn: &Turn) -> rusqlite::Result<()> {
    let mut opened = None;
    while woken.recv().is_ok() {
        // Opening reads the file, so it is part of the turn.
        let _held = turn.take();
        if !turn.wanted.swap(false, Ordering::Relaxed) {
            continue;
        }
        let conn = match &mut opened {
            Some(conn) => conn,
            None => opened.insert(open(path)?),
        };
        conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    }
    Ok(())
}

fn open(path: &PathBuf) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_long_log_is_moved_while_the_writer_does_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.db");
        let mut writer = Connection::open(&path).unwrap();
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        let mut checkpointer = Checkpointer::start(&mut writer, &path).unwrap();
        writer.execute_batch("CREATE TABLE t (b BLOB)").unwrap();
        for _ in 0..3 {
            writer.execute("INSERT INTO t VALUES (zeroblob(2 << 20))", []).unwrap();
        }
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::fs::metadata(&path).unwrap().len() < 4 << 20 {
            assert!(Instant::now() < deadline, "the log stays where it is");
            std::thread::yield_now();
        }
        checkpointer.stop(&mut writer);
        drop(writer);
        assert!(!folder.path().join("r.db-wal").exists(), "nobody else holds the file");
    }
}
