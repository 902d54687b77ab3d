//! Copies, polls, sweeps and failures.

use sync_core::engine::{SyncReport, Work};
use sync_core::memory::{MemorySink, MemorySource};
use sync_core::status::Phase;
use sync_core::{
    Capabilities, Column, Cursor, DataType, ErrorKind, ReadRequest, Reader, Result, Source, SourceIdentity, StreamId,
    TableSchema, async_trait,
};
use sync_testkit::faults::{FaultySink, FaultySource};

use crate::shop::{engine, orders, put, row, schema, shop, users, wanted};

const BOTH: &[&str] = &["users", "sales.orders"];

async fn sync(source: impl Source, sink: &MemorySink, tables: &[&str]) -> SyncReport {
    engine(source, sink.clone(), tables).sync().await
}

#[tokio::test]
async fn a_copy_then_only_what_changed_then_nothing() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), (0..2500).map(|id| row(id, 1, "first")));
    let copied = sync(source.clone(), &sink, BOTH).await;
    assert!(copied.is_success(), "{copied:?}");
    assert_eq!((copied.tables[0].work, copied.tables[0].written.changed), (Some(Work::Copied), 2500));
    assert_eq!(sink.rows("tmp_users").unwrap().len(), 2500);
    assert_eq!(sink.rows("tmp_sales_orders").unwrap().len(), 0, "an empty table is published too");

    put(&source, users(), [row(7, 2, "changed"), row(9000, 2, "new")]);
    // The stamp stays: only the sweep can see this one.
    put(&source, users(), [row(8, 1, "silent")]);
    let followed = sync(source.clone(), &sink, BOTH).await;
    assert_eq!((followed.tables[0].work, followed.tables[0].written.changed), (Some(Work::Followed), 3));
    assert_eq!(sink.rows("tmp_users").unwrap()[7], row(7, 2, "changed"));
    assert_eq!(sink.rows("tmp_users").unwrap()[8], row(8, 1, "silent"));

    let still = sync(source, &sink, BOTH).await;
    assert!(still.is_success());
    assert!(still.tables.iter().all(|table| table.written.changed == 0), "{still:?}");
}

#[tokio::test]
async fn a_copy_goes_on_from_its_checkpoint_and_is_hidden_until_complete() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), (0..5000).map(|id| row(id, 1, "first")));
    let cut = sync(FaultySource::cut_after(source.clone(), 3), &sink, &["users"]).await;
    let error = cut.tables[0].error.as_ref().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.to_string(), "table public.users: the connection was cut");
    assert_eq!(sink.rows("tmp_users"), None, "nobody sees half a table");
    assert_eq!(sink.error(&StreamId::new("tmp_users")).as_deref(), Some(error.to_string().as_str()));

    // A row that the copy is past already changes while nobody reads.
    put(&source, users(), [row(5, 9, "changed meanwhile")]);
    let resumed = sync(source, &sink, &["users"]).await;
    assert_eq!(resumed.tables[0].work, Some(Work::Resumed));
    assert_eq!(resumed.tables[0].rows_read, 2000 + 1, "three batches of a thousand were stored before");
    assert_eq!(sink.rows("tmp_users").unwrap().len(), 5000);
    assert_eq!(sink.rows("tmp_users").unwrap()[5], row(5, 9, "changed meanwhile"));
    assert_eq!(sink.error(&StreamId::new("tmp_users")), None, "a success clears the error");
}

#[tokio::test]
async fn a_sink_that_takes_no_more_keeps_what_it_took_and_the_next_run_goes_on() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "first")]);
    assert!(sync(source.clone(), &sink, &["users"]).await.is_success());
    put(&source, users(), [row(2, 2, "second")]);
    let full = engine(source.clone(), FaultySink::failing_after(sink.clone(), 0), &["users"]).sync().await;
    let error = full.tables[0].error.as_ref().unwrap();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unavailable, "the disk is full"));
    assert_eq!(sink.rows("tmp_users").unwrap(), [row(1, 1, "first")]);
    let next = sync(source, &sink, &["users"]).await;
    assert_eq!((next.tables[0].work, next.tables[0].written.changed), (Some(Work::Followed), 1));
    assert_eq!(sink.rows("tmp_users").unwrap().len(), 2);
}

#[tokio::test]
async fn a_table_that_fails_stops_no_other() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "kept")]);
    put(&source, orders(), [row(1, 1, "refused")]);
    let rejecting = FaultySink::rejecting(sink.clone(), "tmp_sales_orders");
    let report = engine(source, rejecting, &["sales.orders", "users", "sales.nothing"]).sync().await;
    assert!(!report.is_success());
    let error = report.tables[0].error.as_ref().unwrap();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Value, "a trigger refuses the row"));
    assert!(report.tables[1].error.is_none(), "{:?}", report.tables[1]);
    assert_eq!(sink.rows("tmp_users").unwrap(), [row(1, 1, "kept")]);
    assert_eq!(report.problems.len(), 1);
    assert!(report.problems[0].message.contains("sales.nothing"), "{}", report.problems[0].message);
}

#[tokio::test]
async fn other_columns_mean_another_copy() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "first")]);
    sync(source.clone(), &sink, &["users"]).await;
    let wider = TableSchema::builder(users())
        .column(Column::new("id", DataType::Integer).not_null())
        .column(Column::new("updated_at", DataType::Timestamp).native_type("timestamp").not_null())
        .column(Column::new("renamed", DataType::Text).native_type("text"))
        .key(["id"])
        .build()
        .unwrap();
    source.create(wider);
    put(&source, users(), [row(2, 1, "second")]);
    let report = sync(source, &sink, &["users"]).await;
    assert_eq!(report.tables[0].work, Some(Work::Copied));
    assert_eq!(sink.rows("tmp_users").unwrap(), [row(2, 1, "second")]);
}

/// As if the source had forgotten its cursors: every one it is given comes back as expired.
#[derive(Debug)]
struct Forgetful(MemorySource);

#[async_trait]
impl Source for Forgetful {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
    async fn identity(&self) -> Result<SourceIdentity> {
        self.0.identity().await
    }
    async fn discover(&self) -> Result<Vec<TableSchema>> {
        self.0.discover().await
    }
    async fn read(&self, mut request: ReadRequest) -> Result<Box<dyn Reader>> {
        request.after = request.after.map(|_| Cursor::new("from another time"));
        self.0.read(request).await
    }
}

#[tokio::test]
async fn an_expired_cursor_means_another_copy() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), [row(1, 1, "first")]);
    sync(source.clone(), &sink, &["users"]).await;
    let report = sync(Forgetful(source), &sink, &["users"]).await;
    assert_eq!((report.tables[0].work, report.tables[0].written.changed), (Some(Work::Copied), 1));
    assert!(report.is_success(), "{report:?}");
}

#[tokio::test]
async fn the_status_tells_where_each_table_stands() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), (0..10).map(|id| row(id, 1, "row")));
    let engine = engine(source, FaultySink::rejecting(sink, "tmp_users"), BOTH);
    let status = engine.status();
    engine.sync().await;
    let tables = &status.borrow().tables;
    assert_eq!((tables[0].phase, tables[1].phase), (Phase::Failed, Phase::Done));
    assert!(tables[0].error.as_ref().unwrap().contains("a trigger refuses the row"));
    assert_eq!(tables[0].rows_read, 10);
}

#[tokio::test]
async fn tables_of_two_sources_never_share_a_replica() {
    let sink = MemorySink::new();
    let source =
        |name: &str| sync_core::EngineSource::new(Box::new(shop()), wanted(&["users"])).named(Some(name.to_owned()));
    let engine = sync_core::Engine::new(Box::new(sink.clone()), vec![source("a"), source("b")]).unwrap();
    let report = engine.sync().await;
    assert_eq!((report.tables.len(), report.problems.len()), (0, 2));
    assert_eq!(
        report.problems[0].message,
        "table public.users: public.users and public.users would all be replicated as \"tmp_users\"; \
         give one of them another `replica` name"
    );
}

#[tokio::test]
async fn a_source_that_is_away_is_reported_beside_the_others() {
    #[derive(Debug)]
    struct Away;
    #[async_trait]
    impl Source for Away {
        fn capabilities(&self) -> Capabilities {
            Capabilities::new()
        }
        async fn identity(&self) -> Result<SourceIdentity> {
            Err(sync_core::Error::unavailable("nobody answers"))
        }
        async fn discover(&self) -> Result<Vec<TableSchema>> {
            Ok(vec![schema(users())])
        }
        async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
            Err(request.scope.unsupported())
        }
    }
    let sources = vec![
        sync_core::EngineSource::new(Box::new(Away), wanted(&["users"])).named(Some("away".into())),
        sync_core::EngineSource::new(Box::new(shop()), wanted(&["users"])),
    ];
    let report = sync_core::Engine::new(Box::new(MemorySink::new()), sources).unwrap().sync().await;
    assert_eq!(report.sources[0].source.as_deref(), Some("away"));
    assert!(report.tables[0].error.is_none());
    assert!(!report.is_success());
}

#[tokio::test]
async fn a_copy_changes_its_snapshot_and_loses_nothing() {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), (0..5000).map(|id| row(id, 1, "first")));
    let mut wanted = wanted(&["users"]);
    wanted.defaults.copy_snapshot_max = Some(std::time::Duration::ZERO);
    let source = sync_core::EngineSource::new(Box::new(source), wanted);
    let report = sync_core::Engine::new(Box::new(sink.clone()), vec![source]).unwrap().sync().await;
    assert_eq!((report.tables[0].work, report.tables[0].rows_read), (Some(Work::Copied), 5000));
    assert_eq!(sink.rows("tmp_users").unwrap().len(), 5000);
}
