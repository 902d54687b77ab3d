//! What is left out because nothing happened, and what is done when the source is not what it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sync_core::engine::{SyncReport, Work, control};
use sync_core::memory::{MemorySink, MemorySource};
use sync_core::plan::{Mode, OnSchemaChange, OnSourceChange};
use sync_core::{
    Capabilities, Column, DataType, Engine, EngineSource, Error, ErrorKind, FailedRow, Pulse, ReadRequest, Reader,
    Result, Scope, Sink, Source, SourceIdentity, TableSchema, TableSettings, async_trait,
};

use crate::shop::{put, row, shop, users, wanted};

/// Counts what a source is asked, and fails reads as it is told.
#[derive(Clone, Debug)]
struct Watched {
    source: MemorySource,
    discovered: Arc<AtomicUsize>,
    swept: Arc<AtomicUsize>,
    /// How reads that go on from a cursor fail, and how often.
    trouble: Arc<std::sync::Mutex<Option<(ErrorKind, usize)>>>,
}

impl Watched {
    fn new(source: &MemorySource) -> Self {
        let (discovered, swept) = (Arc::default(), Arc::default());
        Self { source: source.clone(), discovered, swept, trouble: Arc::default() }
    }

    fn trouble(self, kind: ErrorKind, times: usize) -> Self {
        *self.trouble.lock().unwrap() = Some((kind, times));
        self
    }
}

#[async_trait]
impl Source for Watched {
    fn capabilities(&self) -> Capabilities {
        self.source.capabilities()
    }
    async fn identity(&self) -> Result<SourceIdentity> {
        self.source.identity().await
    }
    async fn discover(&self) -> Result<Vec<TableSchema>> {
        self.discovered.fetch_add(1, Ordering::Relaxed);
        self.source.discover().await
    }
    async fn pulse(&self) -> Result<Pulse> {
        self.source.pulse().await
    }
    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        if let Some((kind, times)) = self.trouble.lock().unwrap().as_mut()
            && request.after.is_some()
            && *times > 0
        {
            *times -= 1;
            return Err(Error::new(*kind, "the server is another one"));
        }
        if matches!(request.scope, Scope::Sweep(_)) && request.activity.is_none() {
            self.swept.fetch_add(1, Ordering::Relaxed);
        }
        self.source.read(request).await
    }
}

async fn sync(source: impl Source, sink: &MemorySink, settings: &TableSettings) -> SyncReport {
    engine(source, sink, settings).sync().await
}

fn engine(source: impl Source, sink: &MemorySink, settings: &TableSettings) -> Engine {
    let mut wanted = wanted(&["users"]);
    wanted.defaults = settings.clone();
    let source = EngineSource::new(Box::new(source), wanted);
    Engine::new(Box::new(sink.clone()), vec![source]).unwrap()
}

#[tokio::test]
async fn a_sweep_is_left_out_while_nothing_was_written_but_not_for_ever() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "first")]);
    let mut settings = TableSettings::default();
    let watched = Watched::new(&source);
    for _ in 0..4 {
        sync(watched.clone(), &sink, &settings).await;
    }
    assert_eq!(watched.swept.load(Ordering::Relaxed), 0, "the copy was of one moment");
    settings.max_skip = Some(Duration::ZERO);
    sync(watched.clone(), &sink, &settings).await;
    assert_eq!(watched.swept.load(Ordering::Relaxed), 1, "it may not be left out for any time");
}

#[tokio::test]
async fn tables_are_listed_again_only_when_the_catalog_changed() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "first")]);
    let watched = Watched::new(&source);
    let mut wanted = wanted(&["*"]);
    wanted.defaults.sync_interval = Some(Duration::from_millis(20));
    let engine = EngineSource::new(Box::new(watched.clone()), wanted);
    let engine = Engine::new(Box::new(sink.clone()), vec![engine]).unwrap();
    let (control, commands) = control();
    let mut status = engine.status();
    let script = async {
        let mut runs = 0;
        let mut last = None;
        while runs < 60 {
            status.changed().await.unwrap();
            let success = status.borrow().tables.first().and_then(|table| table.last_success_ms);
            runs += usize::from(success != last);
            last = success;
        }
        assert_eq!(watched.discovered.load(Ordering::Relaxed), 1, "over a second of runs every 20 ms");
        source.create(crate::shop::schema(sync_core::TableId::new("public", "news")));
        status.wait_for(|status| status.tables.len() == 2).await.unwrap();
        control.stop();
    };
    let both = async { tokio::join!(engine.run(commands), script).0.unwrap() };
    tokio::time::timeout(Duration::from_secs(20), both).await.expect("the new table is found");
}

#[tokio::test]
async fn a_source_that_went_back_in_time_is_compared_row_by_row() {
    let (source, sink) = (shop(), MemorySink::new());
    let settings = TableSettings::default();
    put(&source, users(), (0..2500).map(|id| row(id, 9, "lost with the crash")));
    sync(source.clone(), &sink, &settings).await;
    put(&source, users(), (2300..2400).map(|id| row(id, 1, "older")));
    source.commit((2400..2500).map(|id| sync_core::memory::Change::delete(users(), row(id, 1, ""))).collect()).unwrap();
    let report = sync(Watched::new(&source).trouble(ErrorKind::Diverged, 1), &sink, &settings).await;
    assert!(report.is_success(), "{report:?}");
    assert_eq!(report.tables[0].work, Some(Work::Repaired));
    assert_eq!(report.tables[0].written.deleted, 100);
    assert_eq!(sink.rows("tmp_users").unwrap()[2399], row(2399, 1, "older"));
    assert_eq!(sink.rows("tmp_users").unwrap().len(), 2400);
}

#[tokio::test]
async fn another_source_stops_the_table_until_somebody_decides() {
    for (decision, work) in [
        (None, None),
        (Some(OnSourceChange::Stop), None),
        (Some(OnSourceChange::Resync), Some(Work::Copied)),
        (Some(OnSourceChange::Repair), Some(Work::Repaired)),
    ] {
        let sink = MemorySink::new();
        let old = shop();
        put(&old, users(), [row(1, 1, "old"), row(2, 1, "old")]);
        let mut settings = TableSettings::default();
        sync(old.clone(), &sink, &settings).await;
        let new = shop();
        put(&new, users(), [row(2, 1, "new"), row(3, 1, "new")]);
        settings.on_source_change = decision;
        let report = sync(new, &sink, &settings).await;
        let Some(work) = work else {
            let error = report.tables[0].error.as_ref().unwrap().to_string();
            assert!(error.contains("the source is memory-"), "{error}");
            assert!(error.contains(" now, and the replica was made from memory-"), "{error}");
            assert!(error.contains("; if that is right, set on_source_change"), "{error}");
            assert_eq!(sink.rows("tmp_users").unwrap(), [row(1, 1, "old"), row(2, 1, "old")]);
            continue;
        };
        assert!(report.is_success(), "{report:?}");
        assert_eq!(report.tables[0].work, Some(work));
        assert_eq!(sink.rows("tmp_users").unwrap(), [row(2, 1, "new"), row(3, 1, "new")]);
    }
}

#[tokio::test]
async fn a_table_that_is_read_whole_notices_another_source_too() {
    let (sink, mut sources) = (MemorySink::new(), Vec::new());
    let mut settings = TableSettings::default();
    settings.mode = Some(Mode::Full);
    for (source, decision, rows) in
        [("old", None, "old"), ("new", None, "old"), ("new", Some(OnSourceChange::Repair), "new")]
    {
        let shop = shop();
        put(&shop, users(), [row(1, 1, source)]);
        settings.on_source_change = decision;
        let report = sync(shop.clone(), &sink, &settings).await;
        sources.push(shop);
        assert_eq!(report.is_success(), source == rows, "{report:?}");
        assert_eq!(sink.rows("tmp_users").unwrap(), [row(1, 1, rows)]);
    }
}

#[tokio::test]
async fn what_the_server_broke_off_is_tried_again_at_once() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "first")]);
    let settings = TableSettings::default();
    sync(source.clone(), &sink, &settings).await;
    let report = sync(Watched::new(&source).trouble(ErrorKind::Interrupted, 3), &sink, &settings).await;
    assert!(report.is_success(), "{report:?}");
    let report = sync(Watched::new(&source).trouble(ErrorKind::Interrupted, 4), &sink, &settings).await;
    assert_eq!(report.tables[0].error.as_ref().unwrap().kind(), ErrorKind::Interrupted);
}

#[tokio::test]
async fn a_table_can_be_read_whole_each_time() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "first"), row(2, 1, "gone")]);
    let mut settings = TableSettings::default();
    settings.mode = Some(Mode::Full);
    sync(source.clone(), &sink, &settings).await;
    let still = sync(source.clone(), &sink, &settings).await;
    assert_eq!(still.tables[0].rows_read, 0, "nothing was written to it");
    put(&source, users(), [row(1, 1, "silent")]);
    source.commit(vec![sync_core::memory::Change::delete(users(), row(2, 1, ""))]).unwrap();
    let report = sync(source, &sink, &settings).await;
    assert_eq!((report.tables[0].work, report.tables[0].rows_read), (Some(Work::Copied), 1));
    assert_eq!(sink.rows("tmp_users").unwrap(), [row(1, 1, "silent")]);
}

#[tokio::test]
async fn failed_rows_are_tried_again_by_their_key() {
    let (source, mut sink) = (shop(), MemorySink::new());
    let settings = TableSettings::default();
    put(&source, users(), (1..4).map(|id| row(id, 1, "first")));
    sync(source.clone(), &sink, &settings).await;
    let table = sync_core::ReplicaTable::new("tmp_users", Arc::new(crate::shop::schema(users())));
    let mut transaction = sink.begin().unwrap();
    for key in [r#"["2"]"#, r#"["3"]"#, "what a later release wrote"] {
        transaction.fail(&table, &FailedRow::new(key, "a trigger", "{}")).unwrap();
    }
    transaction.commit(&[]).unwrap();
    source.commit(vec![sync_core::memory::Change::delete(users(), row(3, 1, ""))]).unwrap();
    let report = sync(source, &sink, &settings).await;
    assert_eq!((report.tables[0].rows_read, report.tables[0].written.deleted), (2, 1));
    assert_eq!(sink.rows("tmp_users").unwrap(), [row(1, 1, "first"), row(2, 1, "first")]);
    let left: Vec<_> = sink.failed("tmp_users").into_iter().map(|failed| failed.key).collect();
    assert_eq!(left, ["what a later release wrote"], "what can't be asked for stays");
}

fn wider(source: &MemorySource) {
    let table = crate::shop::schema(users());
    let builder = TableSchema::builder(users()).column(Column::new("added", DataType::Text).native_type("text"));
    let builder = table.columns().iter().cloned().fold(builder, |builder, column| builder.column(column));
    source.create(builder.key(["id"]).build().unwrap());
    let mut new = row(2, 1, "second");
    new.insert(0, "new".into());
    put(source, users(), [new]);
}

#[tokio::test]
async fn a_changed_table_is_followed_frozen_or_stopped() {
    for (policy, width, rows) in [
        (None, 4, 1),
        (Some(OnSchemaChange::Follow), 4, 1),
        (Some(OnSchemaChange::Freeze), 3, 1),
        (Some(OnSchemaChange::Stop), 3, 2),
    ] {
        let (source, sink) = (shop(), MemorySink::new());
        put(&source, users(), [row(1, 1, "first"), row(3, 1, "third")]);
        let mut settings = TableSettings::default();
        settings.on_schema_change = policy;
        sync(source.clone(), &sink, &settings).await;
        wider(&source);
        let report = sync(source.clone(), &sink, &settings).await;
        let found = sink.rows("tmp_users").unwrap();
        if policy == Some(OnSchemaChange::Stop) {
            let error = report.tables[0].error.as_ref().unwrap().to_string();
            assert!(
                error.contains("its columns changed, and on_schema_change = \"stop\" is set; run `data-sync resync` for it to take the change over")
            );
        } else {
            assert!(report.is_success(), "{policy:?}: {report:?}");
        }
        if policy == Some(OnSchemaChange::Freeze) {
            assert_eq!(report.tables[0].work, Some(Work::Followed), "nothing is copied again");
            assert!(found.contains(&row(2, 1, "second")), "{found:?}");
            let engine = engine(source, &sink, &settings);
            let plan = engine.inventory().await.remove(0).unwrap().plan.tables.remove(0);
            let verified = engine.verify(0, &plan, Duration::ZERO).await.unwrap();
            assert!(verified.is_equal() && verified.rows_checked > 0, "it is compared as it is followed: {verified:?}");
        }
        assert_eq!(found[0].len(), width, "{policy:?}");
        assert!(found.len() >= rows, "{policy:?}: {found:?}");
    }
}

/// A source whose counters are late: they tell of nothing that happened since it was first asked.
#[derive(Debug)]
struct LateCounters(MemorySource);

#[async_trait]
impl Source for LateCounters {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
    async fn identity(&self) -> Result<SourceIdentity> {
        self.0.identity().await
    }
    async fn discover(&self) -> Result<Vec<TableSchema>> {
        self.0.discover().await
    }
    async fn pulse(&self) -> Result<Pulse> {
        let activity = sync_core::Activity::new("0").deletes("0");
        Ok(self.0.pulse().await?.table(users(), activity))
    }
    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        self.0.read(request).await
    }
}

#[tokio::test]
async fn what_was_asked_for_is_exact_though_the_source_counts_late() {
    let (source, sink) = (shop(), MemorySink::new());
    let settings = TableSettings::default();
    put(&source, users(), (0..10).map(|id| row(id, 1, "first")));
    sync(LateCounters(source.clone()), &sink, &settings).await;
    put(&source, users(), [row(3, 1, "silent")]);
    source.commit(vec![sync_core::memory::Change::delete(users(), row(4, 1, ""))]).unwrap();
    let report = sync(LateCounters(source.clone()), &sink, &settings).await;
    assert_eq!((report.tables[0].written.changed, report.tables[0].written.deleted), (1, 1));
    assert_eq!(sink.rows("tmp_users").unwrap()[3], row(3, 1, "silent"));
    let still = sync(LateCounters(source), &sink, &settings).await;
    assert_eq!((still.tables[0].rows_read, still.tables[0].swept), (0, None), "nobody wrote anything");
}
