//! A replica that lives in the application's own process.
//!
//! The engine is a value: it is built, runs on a thread of its own, tells how it stands through a watch channel, and stops when it
//! is told. Nothing here is global, prints, or takes a signal.

mod web;

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use sink_sqlite::{SqliteConfig, SqliteSink};
use source_postgres::PostgresDriver;
use sync_core::engine::{Control, control};
use sync_core::status::{Phase, Status};
use sync_core::{Engine, EngineSource, Error, Registry, Result, Wanted};
use tokio::sync::watch;
pub use web::routes;

/// Tables kept fresh in a SQLite file until this is dropped.
#[derive(Debug)]
pub struct Replica {
    path: PathBuf,
    status: watch::Receiver<Status>,
    control: Control,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Replica {
    /// Starts to keep these tables of the database at `url` fresh, each at this interval.
    ///
    /// # Errors
    /// When the address is wrong or the file can't be used. A server that is away is no error: it is asked again.
    pub fn start(url: &str, path: &Path, tables: &[&str], interval: Duration) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::unavailable(format!("no runtime: {error}")))?;
        let registry = Registry::new().with::<PostgresDriver>();
        let source = runtime.block_on(registry.connect_url(url))?;
        let names = tables.iter().map(|name| name.parse()).collect::<Result<Vec<_>>>()?;
        let mut wanted = Wanted::tables(names);
        wanted.defaults.sync_interval = Some(interval);
        let sink = SqliteSink::open(SqliteConfig::new(path))?;
        let engine = Engine::new(Box::new(sink), vec![EngineSource::new(source, wanted)])?;
        let status = engine.status();
        let (control, commands) = control();
        let thread = std::thread::spawn(move || runtime.block_on(engine.run(commands)));
        Ok(Self { path: path.to_owned(), status, control, thread: Some(thread) })
    }

    /// A connection that can only read. Open as many as you like: a reader never waits for the engine, nor the engine for it.
    ///
    /// # Errors
    /// SQLite's own.
    pub fn open(&self) -> rusqlite::Result<rusqlite::Connection> {
        rusqlite::Connection::open_with_flags(&self.path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// How each table stands, and a way to wait for changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Whether every table was synced at least once, the last run of none failed, and the engine is still at work.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        let status = self.status.borrow();
        let runs = self.thread.as_ref().is_some_and(|thread| !thread.is_finished());
        runs && !status.tables.is_empty()
            && status.tables.iter().all(|table| table.last_success_ms.is_some() && table.phase != Phase::Failed)
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.control.stop();
        if let Some(thread) = self.thread.take() {
            // A panic over there was reported by its own thread.
            let _ = thread.join();
        }
    }
}
