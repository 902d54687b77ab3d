//! Deletes: found by comparing keys, confirmed, and held back when they are suspiciously many.

use std::sync::Arc;
use std::time::Duration;

use sync_core::engine::{TableReport, Work};
use sync_core::memory::{Change, MemorySink, MemorySource, OwnedRow};
use sync_core::plan::{ColumnSettings, Deletes, Mask};
use sync_core::{
    Capabilities, Column, CopyState, DataType, Engine, EngineSource, OwnedValue, Pulse, ReadRequest, Reader, Replica,
    ReplicaTable, Result, Scope, Source, SourceIdentity, TableId, TableSchema, TableSettings, async_trait,
};
use sync_testkit::faults::FaultySource;

use crate::shop::{put, row, schema, shop, users, wanted};

fn remove(source: &MemorySource, rows: impl IntoIterator<Item = i64>) {
    let gone = rows.into_iter().map(|id| Change::delete(users(), row(id, 0, ""))).collect();
    source.commit(gone).unwrap();
}

fn engine(source: impl Source, sink: &MemorySink, settings: TableSettings) -> Engine {
    let mut wanted = wanted(&["users"]);
    wanted.defaults = settings;
    Engine::new(Box::new(sink.clone()), vec![EngineSource::new(Box::new(source), wanted)]).unwrap()
}

async fn sync(source: impl Source, sink: &MemorySink) -> TableReport {
    sync_with(source, sink, TableSettings::default()).await
}

async fn sync_with(source: impl Source, sink: &MemorySink, settings: TableSettings) -> TableReport {
    let mut report = engine(source, sink, settings).sync().await;
    assert!(report.is_success(), "{report:?}");
    report.tables.remove(0)
}

fn ids(sink: &MemorySink) -> Vec<OwnedValue> {
    sink.rows("tmp_users").unwrap().into_iter().map(|row| row[0].clone()).collect()
}

fn numbers(range: impl IntoIterator<Item = i64>) -> Vec<OwnedValue> {
    range.into_iter().map(OwnedValue::from).collect()
}

#[tokio::test]
async fn deleted_rows_leave_the_replica() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), (0..3000).map(|id| row(id, 1, "first")));
    sync(source.clone(), &sink).await;
    remove(&source, [0, 7, 1500, 2999]);
    let report = sync(source.clone(), &sink).await;
    assert_eq!((report.written.deleted, report.written.changed, report.rows_read), (4, 0, 4));
    assert_eq!(ids(&sink), numbers((0..3000).filter(|id| ![0, 7, 1500, 2999].contains(id))));
    let again = sync(source, &sink).await;
    assert_eq!((again.reconciled, again.rows_read), (None, 0), "the source counted no delete since");
}

#[tokio::test]
async fn keys_without_a_common_order_are_compared_too() {
    let source = MemorySource::new();
    let id = TableId::new("public", "users");
    let schema = TableSchema::builder(id.clone())
        .column(Column::new("at", DataType::Timestamp).not_null())
        .column(Column::new("number", DataType::Number).not_null())
        .key(["number", "at"])
        .build()
        .unwrap();
    source.create(schema);
    let row =
        |number: i64| -> OwnedRow { vec!["2024-01-01 00:00:00.000000".into(), number.to_string().as_str().into()] };
    let sink = MemorySink::new();
    put(&source, id.clone(), (0..2500).map(row));
    sync(source.clone(), &sink).await;
    source.commit((0..2500).step_by(3).map(|number| Change::delete(id.clone(), row(number))).collect()).unwrap();
    let report = sync(source.clone(), &sink).await;
    assert_eq!(report.written.deleted, 834);
    assert_eq!(sink.rows("tmp_users").unwrap().len(), 2500 - 834);
}

/// A source whose rows by key differ from its list of keys: much happened in between.
#[derive(Debug)]
struct Moving {
    source: MemorySource,
    /// What the list of keys is read from.
    stale: MemorySource,
}

#[async_trait]
impl Source for Moving {
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
        match request.scope {
            Scope::Keys(_) => self.stale.read(request).await,
            _ => self.source.read(request).await,
        }
    }
}

#[tokio::test]
async fn a_difference_is_only_a_candidate() {
    let (source, stale, sink) = (shop(), shop(), MemorySink::new());
    put(&source, users(), (0..10).map(|id| row(id, 1, "there")));
    sync(source.clone(), &sink).await;
    // The list of keys lacks 3, which is there, and has 20, which is not; 5 is gone for sure.
    put(&stale, users(), (0..10).chain([20]).filter(|id| ![3, 5].contains(id)).map(|id| row(id, 1, "there")));
    remove(&source, [5]);
    let report = sync(Moving { source, stale }, &sink).await;
    assert_eq!((report.written.deleted, report.written.changed), (1, 0));
    assert_eq!(ids(&sink), numbers((0..10).filter(|id| *id != 5)));
}

/// A source that can't tell what changed but by stamps.
#[derive(Debug)]
struct Unswept(MemorySource);

#[async_trait]
impl Source for Unswept {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new().default_schema("public").reconcile()
    }
    async fn identity(&self) -> Result<SourceIdentity> {
        self.0.identity().await
    }
    async fn discover(&self) -> Result<Vec<TableSchema>> {
        self.0.discover().await
    }
    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        match request.scope {
            Scope::Sweep(_) => Err(request.scope.unsupported()),
            _ => self.0.read(request).await,
        }
    }
}

#[tokio::test]
async fn without_a_sweep_whole_rows_are_compared() {
    for deletes in [Deletes::Reconcile, Deletes::Ignore] {
        let (source, sink) = (shop(), MemorySink::new());
        let mut settings = TableSettings::default();
        settings.deletes = Some(deletes.clone());
        put(&source, users(), (0..3000).map(|id| row(id, 1, "first")));
        sync_with(Unswept(source.clone()), &sink, settings.clone()).await;
        // Neither is past the cursor: one keeps its stamp, one comes with an older one.
        put(&source, users(), [row(1500, 1, "silent"), row(5000, 0, "late")]);
        remove(&source, 0..2000);
        let report = sync_with(Unswept(source.clone()), &sink, settings.clone()).await;
        let rows = sink.rows("tmp_users").unwrap();
        assert!(rows.contains(&row(5000, 0, "late")), "{deletes:?}");
        if deletes == Deletes::Ignore {
            assert_eq!((report.held, rows.len()), (None, 3001));
            continue;
        }
        assert_eq!(report.held.map(|held| held.deletes), Some(2000), "{deletes:?}");
        put(&source, users(), [row(2500, 1, "silent")]);
        let report = sync_with(Unswept(source.clone()), &sink, settings).await;
        assert_eq!((report.written.deleted, report.written.changed, ids(&sink).len()), (2000, 1, 1001));
        assert!(sink.rows("tmp_users").unwrap().contains(&row(2500, 1, "silent")));
    }
}

#[tokio::test]
async fn whole_rows_of_keys_without_an_order_are_compared_too() {
    let source = MemorySource::new();
    let id = TableId::new("public", "users");
    let schema = TableSchema::builder(id.clone())
        .column(Column::new("number", DataType::Number).not_null())
        .column(Column::new("updated_at", DataType::Timestamp).not_null())
        .column(Column::new("note", DataType::Text))
        .key(["number"]);
    source.create(schema.build().unwrap());
    let row = |number: i64, note: &str| -> OwnedRow {
        vec![number.to_string().as_str().into(), "2024-01-01 00:00:00.000000".into(), note.into()]
    };
    let sink = MemorySink::new();
    put(&source, id.clone(), (0..2500).map(|number| row(number, "first")));
    sync(Unswept(source.clone()), &sink).await;
    put(&source, id.clone(), (0..2500).step_by(3).map(|number| row(number, "silent")));
    let report = sync(Unswept(source.clone()), &sink).await;
    assert_eq!((report.written.changed, report.written.deleted), (834, 0));
}

#[tokio::test]
async fn a_table_of_which_no_column_tells_what_changed_is_compared_each_time() {
    let source = MemorySource::new();
    let id = TableId::new("public", "users");
    let schema = TableSchema::builder(id.clone())
        .column(Column::new("a", DataType::Integer).not_null())
        .column(Column::new("b", DataType::Integer).not_null())
        .column(Column::new("note", DataType::Text))
        .key(["a", "b"]);
    source.create(schema.build().unwrap());
    let row = |a: i64, note: &str| -> OwnedRow { vec![a.into(), (a % 7).into(), note.into()] };
    let sink = MemorySink::new();
    // More than are compared on demand where a cursor shows most of what changed.
    put(&source, id.clone(), (0..200_001).map(|a| row(a, "first")));
    sync(Unswept(source.clone()), &sink).await;
    put(&source, id.clone(), [row(5, "changed"), row(-1, "new")]);
    source.commit(vec![Change::delete(id.clone(), row(9, ""))]).unwrap();
    let report = sync(Unswept(source.clone()), &sink).await;
    assert_eq!((report.written.changed, report.written.deleted), (2, 1));
    assert!(sink.rows("tmp_users").unwrap().contains(&row(5, "changed")));
}

#[tokio::test]
async fn a_large_table_without_a_sweep_is_compared_in_its_time_only() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), (0..200_001).map(|id| row(id, 1, "first")));
    sync(Unswept(source.clone()), &sink).await;
    remove(&source, [7]);
    assert_eq!(sync(Unswept(source.clone()), &sink).await.reconciled, None);
    let mut settings = TableSettings::default();
    settings.reconcile_interval = Some(Duration::ZERO);
    assert_eq!(sync_with(Unswept(source), &sink, settings).await.written.deleted, 1);
}

#[tokio::test]
async fn too_many_deletes_wait_until_they_are_seen_twice() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), (0..1000).map(|id| row(id, 1, "first")));
    sync(source.clone(), &sink).await;
    remove(&source, 0..600);
    let held = sync(source.clone(), &sink).await;
    let found = held.held.unwrap();
    assert_eq!((found.deletes, found.rows, held.written.deleted), (600, 1000, 0));
    assert_eq!(ids(&sink).len(), 1000);
    let seen_again = sync(source.clone(), &sink).await;
    assert_eq!((seen_again.held, seen_again.written.deleted), (None, 600));
    assert_eq!(ids(&sink), numbers(600..1000));
}

#[tokio::test]
async fn an_empty_source_is_suspicious_however_small_the_table() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "only")]);
    sync(source.clone(), &sink).await;
    remove(&source, [1]);
    let held = sync(source.clone(), &sink).await;
    assert_eq!((held.held.map(|held| held.deletes), ids(&sink)), (Some(1), numbers([1])));
    // The row is back before the second look: nothing was lost, and nothing is held any more.
    put(&source, users(), [row(1, 2, "back")]);
    let back = sync(source.clone(), &sink).await;
    assert_eq!((back.held, ids(&sink)), (None, numbers([1])));
}

#[tokio::test]
async fn deletes_that_are_asked_for_are_believed_at_once() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), (0..1000).map(|id| row(id, 1, "first")));
    sync(source.clone(), &sink).await;
    remove(&source, 0..1000);
    let engine = engine(source, &sink, TableSettings::default());
    engine.accept_deletes("tmp_users");
    let report = engine.sync().await.tables.remove(0);
    assert_eq!((report.held, report.written.deleted, ids(&sink).len()), (None, 1000, 0));
}

#[tokio::test]
async fn the_part_that_may_go_at_once_is_a_setting() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), (0..1000).map(|id| row(id, 1, "first")));
    let mut settings = TableSettings::default();
    settings.max_delete_fraction = Some(0.2);
    sync_with(source.clone(), &sink, settings.clone()).await;
    remove(&source, 0..150);
    assert_eq!(sync_with(source.clone(), &sink, settings.clone()).await.written.deleted, 150);
    remove(&source, 150..400);
    assert_eq!(sync_with(source.clone(), &sink, settings.clone()).await.held.unwrap().deletes, 250);
    settings.max_delete_fraction = Some(1.0);
    assert_eq!(sync_with(source.clone(), &sink, settings).await.written.deleted, 250);
}

#[tokio::test]
async fn deletes_can_be_marked_or_ignored() {
    for (deletes, left) in [(Deletes::Soft { column: "gone_at".to_owned() }, 1), (Deletes::Ignore, 2)] {
        let (source, sink) = (shop(), MemorySink::new());
        put(&source, users(), [row(1, 1, "kept"), row(2, 1, "gone")]);
        let mut settings = TableSettings::default();
        settings.deletes = Some(deletes.clone());
        sync_with(source.clone(), &sink, settings.clone()).await;
        remove(&source, [2]);
        sync_with(source.clone(), &sink, settings.clone()).await;
        assert_eq!(ids(&sink), numbers([1, 2]), "{deletes:?}: the row stays");
        let table = ReplicaTable::new("tmp_users", Arc::new(schema(users())));
        let table = table.deleted_column(matches!(deletes, Deletes::Soft { .. }).then(|| "gone_at".to_owned()));
        let mut keys = sync_core::RowBatch::new(Arc::clone(&table.schema));
        Replica::keys(&sink, &table, CopyState::Live).unwrap().next(&mut keys).unwrap();
        assert_eq!(keys.len(), left, "{deletes:?}");
        // A row of that key that comes again is a row like others.
        put(&source, users(), [row(2, 3, "again")]);
        sync_with(source, &sink, settings).await;
        Replica::keys(&sink, &table, CopyState::Live).unwrap().next(&mut keys).unwrap();
        assert_eq!(keys.len(), 2, "{deletes:?}");
    }
}

#[tokio::test]
async fn what_is_to_stay_stays_through_another_copy_and_shows_nothing_that_is_masked() {
    for deletes in [Deletes::Soft { column: "gone_at".to_owned() }, Deletes::Ignore] {
        let (source, sink) = (shop(), MemorySink::new());
        put(&source, users(), [row(1, 1, "kept"), row(2, 1, "gone")]);
        let mut settings = TableSettings::default();
        settings.deletes = Some(deletes.clone());
        sync_with(source.clone(), &sink, settings.clone()).await;
        remove(&source, [2]);
        sync_with(source.clone(), &sink, settings.clone()).await;
        for (column, note) in [("updated_at", "gone".into()), ("note", OwnedValue::Null)] {
            let mut hidden = ColumnSettings::default();
            hidden.mask = Some(Mask::Null);
            settings.columns.insert(column.to_owned(), hidden);
            assert_eq!(sync_with(source.clone(), &sink, settings.clone()).await.work, Some(Work::Copied));
            let rows = sink.rows("tmp_users").unwrap();
            assert_eq!((rows.len(), &rows[1][..3]), (2, &[2.into(), OwnedValue::Null, note][..]), "{deletes:?}");
        }
    }
}

#[tokio::test]
async fn a_resumed_copy_has_no_ghosts_when_it_is_published() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), (0..5000).map(|id| row(id, 1, "first")));
    let cut = engine(FaultySource::cut_after(source.clone(), 3), &sink, TableSettings::default()).sync().await;
    assert!(!cut.is_success());
    // Rows that the copy is past already vanish while nobody reads: one of them into another key.
    remove(&source, [5, 6]);
    put(&source, users(), [row(9006, 1, "first")]);
    let resumed = sync(source, &sink).await;
    assert!(resumed.reconciled.is_some());
    assert_eq!(ids(&sink), numbers((0..5000).filter(|id| ![5, 6].contains(id)).chain([9006])));
}

/// The last rows may be stored and the end not seen: what happened since is looked for all the same.
#[tokio::test]
async fn a_copy_that_is_cut_anywhere_has_no_ghosts_when_it_is_published() {
    for batches in 1.. {
        let (source, sink) = (shop(), MemorySink::new());
        put(&source, users(), (0..3000).map(|id| row(id, 1, "first")));
        if engine(FaultySource::cut_after(source.clone(), batches), &sink, TableSettings::default())
            .sync()
            .await
            .is_success()
        {
            assert!(batches > 3, "it was cut {batches} times");
            return;
        }
        remove(&source, [5, 2999]);
        assert!(sync(source, &sink).await.reconciled.is_some());
        assert_eq!(ids(&sink), numbers((0..2999).filter(|id| *id != 5)), "cut after {batches} batches");
    }
}

/// A source that does not count deletes.
#[derive(Debug)]
struct Uncounted(MemorySource);

#[async_trait]
impl Source for Uncounted {
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
        self.identity().await.map(Pulse::new)
    }
    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        self.0.read(request).await
    }
}

#[tokio::test]
async fn a_daemon_finds_deletes_within_the_interval_though_nobody_counts_them() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), (0..10).map(|id| row(id, 1, "first")));
    let mut settings = TableSettings::default();
    settings.sync_interval = Some(Duration::from_millis(20));
    settings.reconcile_interval = Some(Duration::from_millis(50));
    let engine = engine(Uncounted(source.clone()), &sink, settings);
    let (control, commands) = sync_core::engine::control();
    let script = async {
        until(&sink, 10).await;
        remove(&source, [3]);
        until(&sink, 9).await;
        control.stop();
    };
    tokio::join!(engine.run(commands), script).0.unwrap();
    assert_eq!(ids(&sink), numbers((0..10).filter(|id| *id != 3)));
}

#[tokio::test]
async fn a_daemon_looks_at_once_when_a_delete_was_counted() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), (0..10).map(|id| row(id, 1, "first")));
    let mut settings = TableSettings::default();
    settings.sync_interval = Some(Duration::from_millis(20));
    let engine = engine(source.clone(), &sink, settings);
    let (control, commands) = sync_core::engine::control();
    let script = async {
        until(&sink, 10).await;
        remove(&source, [3]);
        until(&sink, 9).await;
        remove(&source, [4]);
        until(&sink, 8).await;
        control.stop();
    };
    tokio::join!(engine.run(commands), script).0.unwrap();
}

async fn until(sink: &MemorySink, rows: usize) {
    let reached = async {
        while sink.rows("tmp_users").is_none_or(|found| found.len() != rows) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reached).await.expect("the replica gets so many rows");
}
