//! Replicas that were tampered with are found out, and set right.

use std::sync::Arc;
use std::time::Duration;

use sync_core::engine::VerifyReport;
use sync_core::memory::{Change, MemorySink, MemorySource, OwnedRow};
use sync_core::plan::Deletes;
use sync_core::{
    Column, CopyState, DataType, Engine, EngineSource, Op, OwnedValue, ReplicaTable, RowBatch, Sink, TableId,
    TablePlan, TableSchema,
};
use sync_testkit::faults::FaultySource;

use crate::shop::{engine, put, row, schema, shop, users, wanted};

/// Changes the replica behind everybody's back.
fn tamper(sink: &MemorySink, op: Op, rows: &[OwnedRow]) {
    let table = ReplicaTable::new("tmp_users", Arc::new(schema(users())));
    let mut batch = RowBatch::new(Arc::clone(&table.schema));
    for row in rows {
        row.iter().for_each(|value| batch.push(value.as_value()));
        batch.end_row(op).unwrap();
    }
    let mut sink = sink.clone();
    let mut transaction = sink.begin().unwrap();
    transaction.write(&table, CopyState::Live, &batch).unwrap();
    transaction.commit(&[]).unwrap();
}

async fn plan(engine: &Engine) -> TablePlan {
    engine.inventory().await.remove(0).unwrap().plan.tables.remove(0)
}

async fn verify(engine: &Engine) -> VerifyReport {
    engine.verify(0, &plan(engine).await, Duration::ZERO).await.unwrap()
}

async fn shop_of(rows: i64) -> (MemorySource, MemorySink, Engine) {
    let (source, sink) = (shop(), MemorySink::new());
    put(&source, users(), (0..rows).map(|id| row(id, 1, "first")));
    let engine = engine(source.clone(), sink.clone(), &["users"]);
    assert!(engine.sync().await.is_success());
    (source, sink, engine)
}

#[tokio::test]
async fn an_untouched_replica_is_equal() {
    let (_, _, engine) = shop_of(3000).await;
    let report = verify(&engine).await;
    assert!(report.is_equal(), "{report:?}");
    assert_eq!((report.source_rows, report.replica_rows, report.rows_checked), (3000, 3000, 6000));
}

#[tokio::test]
async fn every_kind_of_difference_is_named_and_set_right() {
    let (source, sink, engine) = shop_of(3000).await;
    tamper(&sink, Op::Delete, &[row(5, 1, ""), row(2999, 1, "")]);
    tamper(&sink, Op::Upsert, &[row(7, 1, "forged"), row(-1, 1, "ghost")]);
    let report = verify(&engine).await;
    assert_eq!((report.missing.count, report.extra.count, report.different.count), (2, 1, 1));
    let mut missing = report.missing.examples.clone();
    missing.sort();
    assert_eq!(missing, [r#"["2999"]"#, r#"["5"]"#]);
    assert_eq!(
        (&report.extra.examples[..], &report.different.examples[..]),
        (&[r#"["-1"]"#.to_owned()][..], &[r#"["7"]"#.to_owned()][..])
    );
    assert_eq!((report.source_rows, report.replica_rows), (3000, 2999));

    let repaired = engine.repair(0, &plan(&engine).await).await.unwrap();
    assert_eq!((repaired.written.changed, repaired.written.deleted), (3, 1), "{repaired:?}");
    assert!(verify(&engine).await.is_equal());
    drop(source);
}

#[tokio::test]
async fn rows_that_may_stay_are_no_difference() {
    let (_, sink, engine) = shop_of(3000).await;
    let mut plan = plan(&engine).await;
    plan.deletes = Deletes::Ignore;
    tamper(&sink, Op::Upsert, &[row(-1, 1, "gone at the source")]);
    let report = engine.verify(0, &plan, Duration::ZERO).await.unwrap();
    assert!(report.is_equal(), "{report:?}");
    assert_eq!((report.source_rows, report.replica_rows), (3000, 3001));
    tamper(&sink, Op::Delete, &[row(5, 1, "")]);
    tamper(&sink, Op::Upsert, &[row(7, 1, "forged")]);
    let report = engine.verify(0, &plan, Duration::ZERO).await.unwrap();
    assert_eq!((report.missing.count, report.extra.count, report.different.count), (1, 0, 1));
}

#[tokio::test]
async fn only_the_first_few_keys_are_shown() {
    let (source, _, engine) = shop_of(10).await;
    put(&source, users(), (100..150).map(|id| row(id, 1, "new")));
    let report = verify(&engine).await;
    assert_eq!((report.missing.count, report.missing.examples.len()), (50, 10));
}

#[tokio::test]
async fn what_is_synced_in_the_meantime_is_no_difference() {
    let (source, _, engine) = shop_of(10).await;
    put(&source, users(), [row(3, 9, "changed")]);
    source.commit(vec![Change::delete(users(), row(4, 1, ""))]).unwrap();
    let plan = plan(&engine).await;
    let verifying = engine.verify(0, &plan, Duration::from_millis(300));
    let (report, synced) = tokio::join!(verifying, engine.sync());
    assert!(synced.is_success());
    assert!(report.unwrap().is_equal());
}

#[tokio::test]
async fn rows_without_a_key_are_counted() {
    let id = TableId::new("public", "users");
    let (source, sink) = (MemorySource::new(), MemorySink::new());
    let column = Column::new("word", DataType::Text).native_type("text");
    let keyed = TableSchema::builder(id.clone()).column(column.clone()).key(["word"]).build().unwrap();
    source.create(keyed);
    let rows = ["a", "b", "c"].map(|word| vec![OwnedValue::from(word)]);
    put(&source, id.clone(), rows);
    let engine = engine(source.clone(), sink.clone(), &["users"]);
    assert!(engine.sync().await.is_success());
    let mut plan = plan(&engine).await;
    let keyless = Arc::new(TableSchema::builder(id.clone()).column(column).build().unwrap());
    plan.source = Arc::new(sync_core::SourceTable::new(Arc::clone(&keyless)));
    plan.replica = ReplicaTable::new("tmp_users", keyless);
    assert!(engine.verify(0, &plan, Duration::ZERO).await.unwrap().is_equal());
    put(&source, id, [vec![OwnedValue::from("d")]]);
    let report = engine.verify(0, &plan, Duration::ZERO).await.unwrap();
    assert_eq!((report.missing.count, report.extra.count), (1, 0));
    assert!(report.missing.examples.is_empty());
}

#[tokio::test]
async fn no_row_is_lost_of_a_source_that_takes_its_time() {
    let (source, sink, _) = shop_of(3000).await;
    tamper(&sink, Op::Delete, &[row(5, 1, ""), row(2999, 1, "")]);
    let sources =
        vec![EngineSource::new(Box::new(FaultySource::slow(source, Duration::from_millis(20))), wanted(&["users"]))];
    let engine = Engine::new(Box::new(sink), sources).unwrap();
    let report = verify(&engine).await;
    assert_eq!((report.missing.count, report.extra.count, report.source_rows), (2, 0, 3000));
}
