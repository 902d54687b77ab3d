//! The engine that runs by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use sync_core::engine::{Work, control};
use sync_core::memory::{MemorySink, MemorySource};
use sync_core::plan::SyncTimes;
use sync_core::status::{Phase, Status};
use sync_core::{
    Capabilities, Engine, EngineSource, Error, ReadRequest, Reader, Result, Scope, Source, SourceIdentity, TableSchema,
    async_trait,
};
use sync_testkit::faults::{FaultySink, FaultySource};
use tokio::sync::watch::Receiver;

use crate::shop::{orders, put, row, schema, shop, users, wanted};

const PATIENCE: Duration = Duration::from_secs(20);

fn engine(source: impl Source, sink: impl sync_core::Sink + 'static, tables: &[&str], interval_ms: u64) -> Engine {
    let mut wanted = wanted(tables);
    wanted.defaults.sync_interval = Some(Duration::from_millis(interval_ms));
    Engine::new(Box::new(sink), vec![EngineSource::new(Box::new(source), wanted)]).unwrap()
}

type Act<'a> = Box<dyn FnOnce() + 'a>;
type Condition = Box<dyn Fn(&Status) -> bool>;

/// Runs the engine until the status satisfies each condition in turn.
async fn run_until(engine: &Engine, steps: Vec<(Act<'_>, Condition)>) {
    let (control, commands) = control();
    let mut status = engine.status();
    let script = async {
        for (number, (act, condition)) in steps.into_iter().enumerate() {
            act();
            wait_for(&mut status, number, condition).await;
        }
        control.stop();
    };
    tokio::join!(engine.run(commands), script).0.unwrap();
}

async fn wait_for(status: &mut Receiver<Status>, number: usize, condition: impl Fn(&Status) -> bool) {
    let reached = tokio::time::timeout(PATIENCE, status.wait_for(|status| condition(status))).await.is_ok();
    assert!(reached, "step {number} was not reached: {:?}", status.borrow());
}

fn nothing() -> Act<'static> {
    Box::new(|| ())
}

fn has(sink: &MemorySink, count: usize) -> Condition {
    let sink = sink.clone();
    Box::new(move |_| sink.rows("tmp_users").is_some_and(|rows| rows.len() == count))
}

#[tokio::test]
async fn changes_arrive_by_themselves() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "first")]);
    let engine = engine(source.clone(), sink.clone(), &["users"], 20);
    let more = source.clone();
    run_until(
        &engine,
        vec![(nothing(), has(&sink, 1)), (Box::new(move || put(&more, users(), [row(2, 2, "second")])), has(&sink, 2))],
    )
    .await;
}

#[tokio::test]
async fn a_table_with_times_of_its_own_is_synced_at_them_and_once_before() {
    let soon = |time: SystemTime| Some(time + Duration::from_millis(20));
    for (times, comes_by_itself) in [
        (SyncTimes::new("soon", SystemTime::now(), soon), true),
        (SyncTimes::new("never", SystemTime::now(), |_| None), false),
    ] {
        let (source, sink) = (shop(), MemorySink::new());
        put(&source, users(), [row(1, 1, "first")]);
        let mut wanted = wanted(&["users"]);
        wanted.defaults.sync_times = Some(times);
        let sources = vec![EngineSource::new(Box::new(source.clone()), wanted)];
        let engine = Engine::new(Box::new(sink.clone()), sources).unwrap();
        let (control, commands) = control();
        let mut status = engine.status();
        let script = async {
            wait_for(&mut status, 0, |status| status.tables.first().is_some_and(|table| table.phase == Phase::Done))
                .await;
            wait_for(&mut status, 1, |status| status.tables[0].next_run_ms > status.tables[0].last_success_ms).await;
            let wait =
                status.borrow().tables[0].next_run_ms.unwrap() - status.borrow().tables[0].last_success_ms.unwrap();
            assert_eq!(wait < 1000 * 3600 * 24 * 365, comes_by_itself, "{wait}");
            put(&source, users(), [row(2, 2, "second")]);
            if !comes_by_itself {
                control.sync_now(Some("tmp_users"));
            }
            wait_for(&mut status, 2, has(&sink, 2)).await;
            control.stop();
        };
        tokio::join!(engine.run(commands), script).0.unwrap();
    }
}

#[tokio::test]
async fn a_table_that_fails_is_tried_again_and_delays_no_other() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "kept")]);
    put(&source, orders(), [row(1, 1, "refused")]);
    let rejecting = FaultySink::rejecting(sink.clone(), "tmp_sales_orders");
    let engine = engine(source, rejecting, &["users", "sales.orders"], 20);
    let failed_often = |status: &Status| {
        let table = |replica| status.tables.iter().find(|table| table.replica == replica);
        table("tmp_sales_orders").is_some_and(|table| table.failures >= 3 && table.phase == Phase::Failed)
            && table("tmp_users").is_some_and(|table| table.phase == Phase::Done && table.failures == 0)
    };
    run_until(&engine, vec![(nothing(), has(&sink, 1)), (nothing(), Box::new(failed_often))]).await;
}

#[tokio::test]
async fn a_table_that_appears_later_is_taken_up() {
    let (source, sink) = (MemorySource::new(), MemorySink::new());
    source.create(schema(orders()));
    let engine = engine(source.clone(), sink.clone(), &["users", "sales.orders"], 20);
    let problem = |status: &Status| status.sources.iter().any(|source| source.problems.len() == 1);
    let appear = source.clone();
    let create = move || {
        appear.create(schema(users()));
        put(&appear, users(), [row(1, 1, "here")]);
    };
    run_until(&engine, vec![(nothing(), Box::new(problem)), (Box::new(create), has(&sink, 1))]).await;
}

#[tokio::test]
async fn a_paused_table_waits_until_it_is_resumed() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "first")]);
    let engine = engine(source.clone(), sink.clone(), &["users", "sales.orders"], 20);
    let (control, commands) = control();
    let mut status = engine.status();
    let script = async {
        wait_for(&mut status, 0, has(&sink, 1)).await;
        control.pause(Some("tmp_users"));
        wait_for(&mut status, 1, |status| status.tables[0].paused && status.tables[0].phase == Phase::Done).await;
        // The other table goes on: three of its runs pass, in which one of the paused table that had begun ends, and three more without one.
        for number in 2..8 {
            if number == 5 {
                put(&source, users(), [row(2, 2, "meanwhile")]);
            }
            let before = status.borrow().tables[1].last_success_ms;
            wait_for(&mut status, number, |status| status.tables[1].last_success_ms > before).await;
        }
        assert_eq!(sink.rows("tmp_users").unwrap().len(), 1);
        control.resume(None);
        control.sync_now(Some("tmp_users"));
        wait_for(&mut status, 8, has(&sink, 2)).await;
        control.stop();
    };
    tokio::join!(engine.run(commands), script).0.unwrap();
}

#[tokio::test]
async fn a_copy_that_was_asked_for_is_made_after_a_crash_too() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "first")]);
    {
        let engine = engine(source.clone(), sink.clone(), &["users"], 20);
        let (control, commands) = control();
        let mut status = engine.status();
        let script = async {
            wait_for(&mut status, 0, has(&sink, 1)).await;
            control.pause(Some("tmp_users"));
            wait_for(&mut status, 1, |status| status.tables[0].paused && status.tables[0].phase == Phase::Done).await;
            control.resync("tmp_users").await;
        };
        // Dropping the run is what a crash leaves of it.
        tokio::select! {
            () = script => {}
            _ = engine.run(commands) => panic!("it ends by itself"),
        }
    }
    assert_eq!(sink.rows("tmp_users").unwrap().len(), 1, "readers keep the rows");
    for work in [Work::Copied, Work::Followed] {
        let report = engine(source.clone(), sink.clone(), &["users"], 20).sync().await;
        assert_eq!(report.tables[0].work, Some(work));
    }
}

#[tokio::test]
async fn a_copy_that_is_asked_for_during_a_run_is_made_after_it() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "first")]);
    let (held, hold) = FaultySource::held_after(source.clone(), 0);
    {
        let engine = engine(held, sink.clone(), &["users"], 20);
        let (control, commands) = control();
        let mut status = engine.status();
        let script = async {
            hold.reached().await;
            control.pause(Some("tmp_users"));
            control.resync("tmp_users").await;
            hold.release();
            wait_for(&mut status, 0, |status| status.tables[0].phase == Phase::Done).await;
        };
        tokio::select! {
            () = script => {}
            _ = engine.run(commands) => panic!("it ends by itself"),
        }
    }
    for work in [Work::Copied, Work::Followed] {
        let report = engine(source.clone(), sink.clone(), &["users"], 20).sync().await;
        assert_eq!(report.tables[0].work, Some(work));
    }
}

#[tokio::test]
async fn a_copy_that_is_asked_for_during_a_run_is_noted_at_once_and_for_good() {
    for crashes_at_once in [true, false] {
        let (source, sink) = (shop(), MemorySink::new());
        put(&source, users(), [row(1, 1, "first")]);
        engine(source.clone(), sink.clone(), &["users"], 20).sync().await;
        put(&source, users(), [row(2, 2, "second")]);
        let (held, hold) = FaultySource::held_after(source.clone(), 0);
        {
            let engine = engine(held, sink.clone(), &["users"], 20);
            let (control, commands) = control();
            let mut status = engine.status();
            let script = async {
                hold.reached().await;
                control.pause(Some("tmp_users"));
                control.resync("tmp_users").await;
                if !crashes_at_once {
                    hold.release();
                    wait_for(&mut status, 0, |status| status.tables[0].phase == Phase::Done).await;
                }
            };
            tokio::select! {
                () = script => {}
                _ = engine.run(commands) => panic!("it ends by itself"),
            }
        }
        assert_eq!(sink.rows("tmp_users").unwrap().len(), if crashes_at_once { 1 } else { 2 });
        for work in [Work::Copied, Work::Followed] {
            let report = engine(source.clone(), sink.clone(), &["users"], 20).sync().await;
            assert_eq!(report.tables[0].work, Some(work), "crashes at once: {crashes_at_once}");
        }
    }
}

#[tokio::test]
async fn what_is_paused_stays_so_with_other_sources() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "first")]);
    let mut engine = engine(source.clone(), sink.clone(), &["users"], 20);
    let (control, commands) = control();
    let mut status = engine.status();
    let pause = async {
        wait_for(&mut status, 0, has(&sink, 1)).await;
        control.pause(Some("tmp_users"));
        wait_for(&mut status, 1, |status| status.tables[0].paused && status.tables[0].phase == Phase::Done).await;
        control.stop();
    };
    tokio::join!(engine.run(commands.clone()), pause).0.unwrap();

    put(&source, users(), [row(2, 2, "meanwhile")]);
    let mut both = wanted(&["users", "sales.orders"]);
    both.defaults.sync_interval = Some(Duration::from_millis(20));
    engine.set_sources(vec![EngineSource::new(Box::new(source), both)]);
    let script = async {
        let is_at = |status: &Status, replica: &str| status.tables.iter().position(|table| table.replica == replica);
        for number in 2..5 {
            let last =
                |status: &Status| is_at(status, "tmp_sales_orders").and_then(|at| status.tables[at].last_success_ms);
            let before = last(&status.borrow());
            wait_for(&mut status, number, |status| last(status) > before).await;
        }
        let users = is_at(&status.borrow(), "tmp_users").unwrap();
        assert!(status.borrow().tables[users].paused);
        assert_eq!(sink.rows("tmp_users").unwrap().len(), 1);
        control.resume(Some("tmp_users"));
        wait_for(&mut status, 5, has(&sink, 2)).await;
        control.stop();
    };
    tokio::join!(engine.run(commands), script).0.unwrap();
}

#[tokio::test]
async fn a_later_run_has_other_sources_and_the_same_control() {
    let (first, second, sink) = (shop(), shop(), MemorySink::new());
    put(&first, users(), [row(1, 1, "first")]);
    put(&second, orders(), [row(7, 1, "second")]);
    let mut engine = engine(first.clone(), sink.clone(), &["users"], 20);
    let (control, commands) = control();
    let mut status = engine.status();
    let until_copied = async {
        wait_for(&mut status, 0, |status| status.tables.first().is_some_and(|table| table.phase == Phase::Done)).await;
        control.stop();
    };
    tokio::join!(engine.run(commands.clone()), until_copied).0.unwrap();

    let mut hourly = wanted(&["users"]);
    hourly.defaults.sync_interval = Some(Duration::from_secs(3600));
    engine.set_sources(vec![
        EngineSource::new(Box::new(second), wanted(&["sales.orders"])).named(Some("other".to_owned())),
        EngineSource::new(Box::new(first.clone()), hourly),
    ]);
    let script = async {
        // Known from before, though the order of the sources changed.
        wait_for(&mut status, 1, |status| status.tables.iter().any(|table| table.source == 1)).await;
        let known = status.borrow().tables.iter().any(|table| table.source == 1 && table.last_success_ms.is_some());
        assert!(known, "{:?}", status.borrow());
        let done = |status: &Status| {
            status.tables.iter().filter(|table| table.phase == Phase::Done).count() == 2
                && status.sources.iter().all(|source| source.identity.is_some())
        };
        wait_for(&mut status, 2, done).await;
        put(&first, users(), [row(2, 2, "third")]);
        control.sync_now(None);
        wait_for(&mut status, 3, has(&sink, 2)).await;
        control.stop();
    };
    tokio::join!(engine.run(commands), script).0.unwrap();
    assert!(sink.rows("tmp_sales_orders").is_some());
}

/// A source that can be switched off, and counts how often it is asked.
#[derive(Clone, Debug)]
struct Switched {
    source: MemorySource,
    off: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl Source for Switched {
    fn capabilities(&self) -> Capabilities {
        self.source.capabilities()
    }
    async fn identity(&self) -> Result<SourceIdentity> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.off.load(Ordering::Relaxed) {
            Err(Error::unavailable("switched off"))
        } else {
            self.source.identity().await
        }
    }
    async fn discover(&self) -> Result<Vec<TableSchema>> {
        self.source.discover().await
    }
    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        self.source.read(request).await
    }
}

#[tokio::test]
async fn a_source_that_was_away_is_picked_up() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "first")]);
    let off = Arc::new(AtomicBool::new(true));
    let switched = Switched { source, off: Arc::clone(&off), asked: Arc::default() };
    let engine = engine(switched.clone(), sink.clone(), &["users"], 20);
    let away = |status: &Status| status.sources[0].error.as_deref() == Some("switched off");
    let back = |status: &Status| status.sources[0].error.is_none() && status.tables[0].phase == Phase::Done;
    run_until(
        &engine,
        vec![
            (nothing(), Box::new(away)),
            (Box::new(|| off.store(false, Ordering::Relaxed)), Box::new(back)),
            (Box::new(|| off.store(true, Ordering::Relaxed)), Box::new(away)),
            (Box::new(|| off.store(false, Ordering::Relaxed)), Box::new(back)),
        ],
    )
    .await;
    assert_eq!(sink.rows("tmp_users").unwrap().len(), 1);
}

#[tokio::test]
async fn an_unchanged_poll_writes_nothing() {
    let (source, sink) = (NoSweep(shop()), CountingSink::default());
    put(&source.0, users(), [row(1, 1, "first")]);
    let engine = engine(source, sink.clone(), &["users"], 10);
    let mut status = engine.status();
    let (control, commands) = control();
    let script = async {
        wait_for(&mut status, 0, |status| status.tables.first().is_some_and(|table| table.phase == Phase::Done)).await;
        let begun = sink.begun.load(Ordering::Relaxed);
        let first = status.borrow().tables[0].last_success_ms.unwrap();
        wait_for(&mut status, 1, |status| status.tables[0].last_success_ms.unwrap() > first + 100).await;
        assert_eq!(sink.begun.load(Ordering::Relaxed), begun, "a poll that finds nothing begins no transaction");
        control.stop();
        begun
    };
    let (ended, begun) = tokio::join!(engine.run(commands), script);
    ended.unwrap();
    assert_eq!(sink.begun.load(Ordering::Relaxed), begun + 1, "the time of the last success is stored at the end");
}

/// Sweeps move a horizon even when nothing changed; without them, nothing at all is to be stored.
#[derive(Debug)]
struct NoSweep(MemorySource);

#[async_trait]
impl Source for NoSweep {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new().default_schema("public")
    }
    async fn identity(&self) -> Result<SourceIdentity> {
        self.0.identity().await
    }
    async fn discover(&self) -> Result<Vec<TableSchema>> {
        self.0.discover().await
    }
    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        match request.scope {
            Scope::Table(_) => self.0.read(request).await,
            other => Err(other.unsupported()),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct CountingSink {
    sink: MemorySink,
    begun: Arc<AtomicUsize>,
}

impl sync_core::Sink for CountingSink {
    fn checkpoint(&mut self, stream: &sync_core::StreamId) -> Result<Option<sync_core::Checkpoint>> {
        self.sink.checkpoint(stream)
    }
    fn replica(&self) -> Arc<dyn sync_core::Replica> {
        self.sink.replica()
    }
    fn failed_rows(&mut self, table: &sync_core::ReplicaTable, limit: usize) -> Result<Vec<sync_core::FailedRow>> {
        self.sink.failed_rows(table, limit)
    }
    fn begin<'a>(&'a mut self) -> Result<Box<dyn sync_core::SinkTransaction + 'a>> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.sink.begin()
    }
}

#[tokio::test]
async fn tables_of_two_sources_never_share_a_replica() {
    let sink = MemorySink::new();
    let source = |name: &str| {
        let mut wanted = wanted(&["users", "sales.orders"]);
        wanted.defaults.sync_interval = Some(Duration::from_millis(20));
        if name == "b" {
            wanted.tables.pop();
        }
        EngineSource::new(Box::new(shop()), wanted).named(Some(name.to_owned()))
    };
    let engine = Engine::new(Box::new(sink.clone()), vec![source("a"), source("b")]).unwrap();
    let refused = |status: &Status| {
        let problem = |source: usize| status.sources.get(source).and_then(|source| source.problems.first());
        let message = "a table of another source would be replicated as \"tmp_users\" too";
        (0..2).all(|source| problem(source).is_some_and(|problem| problem.message.contains(message)))
            && status.tables.iter().all(|table| table.replica == "tmp_sales_orders")
    };
    let synced = |status: &Status| status.tables.iter().any(|table| table.phase == Phase::Done);
    run_until(&engine, vec![(nothing(), Box::new(refused)), (nothing(), Box::new(synced))]).await;
}

#[tokio::test]
async fn tables_of_one_source_never_share_a_replica() {
    let mut wanted = wanted(&["users", "sales.orders"]);
    wanted.defaults.replica = Some("same".to_owned());
    let source = EngineSource::new(Box::new(shop()), wanted);
    let engine = Engine::new(Box::new(MemorySink::new()), vec![source]).unwrap();
    let refused =
        |status: &Status| status.tables.is_empty() && status.sources.iter().any(|source| source.problems.len() == 2);
    run_until(&engine, vec![(nothing(), Box::new(refused))]).await;
}

/// A sink with a bug.
#[derive(Debug)]
struct Panicking(MemorySink);

impl sync_core::Sink for Panicking {
    fn checkpoint(&mut self, stream: &sync_core::StreamId) -> Result<Option<sync_core::Checkpoint>> {
        self.0.checkpoint(stream)
    }
    fn replica(&self) -> Arc<dyn sync_core::Replica> {
        self.0.replica()
    }
    fn failed_rows(&mut self, table: &sync_core::ReplicaTable, limit: usize) -> Result<Vec<sync_core::FailedRow>> {
        self.0.failed_rows(table, limit)
    }
    fn begin<'a>(&'a mut self) -> Result<Box<dyn sync_core::SinkTransaction + 'a>> {
        panic!("a bug of the sink")
    }
}

#[tokio::test]
async fn a_writer_that_panicked_ends_the_run() {
    let source = shop();
    put(&source, users(), [row(1, 1, "first")]);
    let engine = engine(source, Panicking(MemorySink::new()), &["users"], 20);
    let (_control, commands) = control();
    let ended = tokio::time::timeout(PATIENCE, engine.run(commands)).await.expect("the run ends");
    assert_eq!(ended.unwrap_err().to_string(), "the writer thread has ended");
}
