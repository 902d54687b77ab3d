//! The daemon under test, and waiting for what it does by itself.

use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use sink_sqlite::{SqliteReplica, TableStatus};

use crate::case::Case;

/// No port is opened.
pub(crate) const QUIET: &str = "[http]\nenabled = false\n";

/// Anything that is to happen by itself happens within this time.
const PATIENCE: Duration = Duration::from_secs(60);

/// The running command; killed when dropped.
pub(crate) struct Daemon {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Daemon {
    pub(crate) fn start(case: &Case) -> Self {
        Self::start_with(case, &["run", "--log-format", "human"])
    }

    pub(crate) fn start_with(case: &Case, arguments: &[&str]) -> Self {
        Self::of(case.start(arguments))
    }

    /// A process whose standard error is its log.
    pub(crate) fn of(mut child: Child) -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let shared = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                shared.lock().unwrap().push(line);
            }
        });
        Self { child, log, reader: Some(reader) }
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Kills it and returns what it logged.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.end();
        self.log()
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.end();
    }
}

/// Waits until it is so; looks again every few milliseconds.
pub(crate) fn wait_until(what: &str, daemon: &Daemon, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "{what} did not happen: {:#?}", daemon.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn count(case: &Case, table: &str) -> Option<i64> {
    let replica = Connection::open_with_flags(case.replica_path(), OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    replica.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).ok()
}

/// What is stored of the only table; nothing while the file has not come so far.
pub(crate) fn stored(case: &Case) -> Option<TableStatus> {
    // Also what a first load has stored before its file is in its place.
    SqliteReplica::open(case.replica_path()).ok()?.tables().ok()?.into_iter().next()
}
