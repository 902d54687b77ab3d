//! Sessions that are kept for the next query: opening one costs many times what a small query costs.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sink_sqlite::query::QuerySession;
use sync_core::Result;

/// How long a session is kept that nobody uses: it holds files and a cache.
const KEPT: Duration = Duration::from_secs(60);

/// As many as queries ran side by side, each with the time of its last use.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<Vec<(QuerySession, Instant)>>);

impl Sessions {
    /// One that was kept, if it still reads the file that the path leads to, else a new one. After an answer it should be kept again; one
    /// that failed is better closed.
    pub(crate) fn open(&self, path: &Path) -> Result<QuerySession> {
        // Apart from the rest, so that no file is opened or closed while others wait for the lock.
        let kept = self.kept().pop();
        match kept {
            Some((session, _)) if session.is_stale() => self.close_all(),
            Some((session, _)) => return Ok(session),
            None => {}
        }
        QuerySession::open(path)
    }

    pub(crate) fn keep(&self, session: QuerySession) {
        self.kept().push((session, Instant::now()));
    }

    /// Closes those that nobody has used for a while.
    pub(crate) fn close_idle(&self) {
        self.close(|used| used.elapsed() >= KEPT);
    }

    pub(crate) fn close_all(&self) {
        self.close(|_| true);
    }

    fn close(&self, is_over: impl Fn(Instant) -> bool) {
        let closed: Vec<_> = self.kept().extract_if(.., |(_, used)| is_over(*used)).collect();
        drop(closed);
    }

    /// A panic elsewhere leaves whole sessions.
    fn kept(&self) -> MutexGuard<'_, Vec<(QuerySession, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
