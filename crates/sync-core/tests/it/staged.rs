//! A sink that keeps a first load to itself until it is asked to show it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sync_core::engine::control;
use sync_core::memory::{MemorySink, MemorySource};
use sync_core::{
    Capabilities, Checkpoint, Cursor, Engine, EngineSource, Error, FailedRow, ReadRequest, Reader, Replica,
    ReplicaTable, Result, Sink, SinkTransaction, Source, SourceIdentity, StreamId, TableSchema, async_trait,
};
use sync_testkit::faults::FaultySource;

use crate::shop::{put, row, shop, users, wanted};

const PATIENCE: Duration = Duration::from_secs(20);

/// Whether it is staged, for all who look.
#[derive(Clone, Debug)]
struct Staged {
    sink: MemorySink,
    staged: Arc<AtomicBool>,
    /// Whether it can't stop being so.
    stuck: bool,
}

impl Staged {
    fn new() -> Self {
        Self { sink: MemorySink::new(), staged: Arc::new(AtomicBool::new(true)), stuck: false }
    }

    fn is_hidden(&self) -> bool {
        self.staged.load(Ordering::SeqCst)
    }
}

impl Sink for Staged {
    fn checkpoint(&mut self, stream: &StreamId) -> Result<Option<Checkpoint>> {
        self.sink.checkpoint(stream)
    }
    fn replica(&self) -> Arc<dyn Replica> {
        self.sink.replica()
    }
    fn failed_rows(&mut self, table: &ReplicaTable, limit: usize) -> Result<Vec<FailedRow>> {
        self.sink.failed_rows(table, limit)
    }
    fn begin<'a>(&'a mut self) -> Result<Box<dyn SinkTransaction + 'a>> {
        self.sink.begin()
    }
    fn is_staged(&self) -> bool {
        self.is_hidden()
    }
    fn unstage(&mut self) -> Result<()> {
        if self.stuck {
            return Err(Error::unavailable("the disk is full"));
        }
        self.staged.store(false, Ordering::SeqCst);
        Ok(())
    }
}

/// Notes whether it was told that something is stored while that could still be lost.
#[derive(Debug)]
struct Holding {
    source: MemorySource,
    sink: Staged,
    told_early: Arc<AtomicBool>,
}

#[async_trait]
impl Source for Holding {
    fn capabilities(&self) -> Capabilities {
        self.source.capabilities()
    }
    async fn identity(&self) -> Result<SourceIdentity> {
        self.source.identity().await
    }
    async fn discover(&self) -> Result<Vec<TableSchema>> {
        self.source.discover().await
    }
    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        self.source.read(request).await
    }
    async fn committed(&self, _: &StreamId, _: &Cursor) -> Result<()> {
        self.told_early.fetch_or(self.sink.is_hidden(), Ordering::SeqCst);
        Ok(())
    }
}

fn full() -> MemorySource {
    let source = shop();
    put(&source, users(), (0..30_000).map(|id| row(id, 1, "first")));
    source
}

fn engine(source: impl Source, sink: &Staged) -> Engine {
    let mut wanted = wanted(&["users"]);
    wanted.defaults.sync_interval = Some(Duration::from_millis(20));
    Engine::new(Box::new(sink.clone()), vec![EngineSource::new(Box::new(source), wanted)]).unwrap()
}

#[tokio::test]
async fn a_sync_ends_with_what_readers_see_and_tells_nothing_before() {
    let (sink, told_early) = (Staged::new(), Arc::default());
    let source = Holding { source: full(), sink: sink.clone(), told_early: Arc::clone(&told_early) };
    let report = engine(source, &sink).sync().await;
    assert!(report.is_success(), "{report:?}");
    assert!(!sink.is_hidden());
    assert!(!told_early.load(Ordering::SeqCst), "what the machine can lose is not stored for good");
    assert_eq!(sink.sink.rows("tmp_users").unwrap().len(), 30_000);
}

#[tokio::test]
async fn a_sync_of_which_readers_see_nothing_has_failed() {
    let sink = Staged { stuck: true, ..Staged::new() };
    let report = engine(full(), &sink).sync().await;
    assert_eq!(report.tables[0].error.as_ref().unwrap().to_string(), "the disk is full");
}

/// It compares what it wrote with the source, which it reads as readers do.
#[tokio::test]
async fn a_copy_that_was_broken_off_is_shown_before_it_is_compared() {
    let (source, sink) = (full(), Staged::new());
    let cut = engine(FaultySource::cut_after(source.clone(), 25), &sink);
    assert!(!cut.sync().await.is_success());
    sink.staged.store(true, Ordering::SeqCst);
    let stuck = Staged { stuck: true, ..sink };
    let report = engine(source, &stuck).sync().await;
    assert_eq!(report.tables[0].error.as_ref().unwrap().to_string(), "table public.users: the disk is full");
}

#[tokio::test]
async fn a_daemon_shows_each_table_soon() {
    let sink = Staged::new();
    let engine = engine(full(), &sink);
    let (control, commands) = control();
    let mut status = engine.status();
    let script = async {
        let shown = status.wait_for(|_| !sink.is_hidden());
        assert!(tokio::time::timeout(PATIENCE, shown).await.is_ok(), "readers see nothing");
        control.stop();
    };
    tokio::join!(engine.run(commands), script).0.unwrap();
}
