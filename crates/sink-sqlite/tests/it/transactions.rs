//! All or nothing, and one writer at a time.

use std::time::Duration;

use sink_sqlite::rusqlite::Connection;
use sink_sqlite::{SqliteConfig, SqliteSink};
use sync_core::{CopyState, DataType, ErrorKind, FailedRow, Op, RunRecord, SchemaChange, Sink, Value};

use crate::fixture::{Replica, checkpoint, named, publish, rows, table, users, write};

#[test]
fn a_dropped_transaction_leaves_no_trace() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada")])).unwrap();
    let everything = || {
        ["sqlite_master", "tmp_users", "tmp_data_sync_metadata", "tmp_data_sync_columns", "tmp_data_sync_failed_rows"]
            .map(|table| replica.query(&format!("SELECT * FROM {table}")))
    };
    let before = everything();
    let mut transaction = sink.begin().unwrap();
    transaction.write(&users, CopyState::Live, &named(&users, &[(2, "Bob")])).unwrap();
    transaction.apply_schema(&users, &SchemaChange::StartBuild).unwrap();
    transaction.write(&users, CopyState::Building, &named(&users, &[(3, "Eve")])).unwrap();
    transaction.publish(&users).unwrap();
    transaction.fail(&users, &FailedRow::new("[1]", "e", "{}")).unwrap();
    transaction.record(&users.stream(), &RunRecord::new(1, 2)).unwrap();
    drop(transaction);
    assert_eq!(everything(), before);
    assert_eq!(write(&mut sink, &users, &named(&users, &[(2, "Bob")])).unwrap().changed, 1);
}

#[test]
fn rows_and_their_checkpoint_are_stored_together() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[])).unwrap();
    let mut transaction = sink.begin().unwrap();
    transaction.write(&users, CopyState::Live, &named(&users, &[(1, "Ada")])).unwrap();
    assert_eq!(replica.number("SELECT count(*) FROM tmp_users"), 0);
    transaction.commit(&[checkpoint(&users, CopyState::Live, "one")]).unwrap();
    assert_eq!(replica.number("SELECT count(*) FROM tmp_users, tmp_data_sync_metadata WHERE cursor = 'one'"), 1);
}

#[test]
fn after_an_error_nothing_more_is_stored() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[])).unwrap();
    let mut transaction = sink.begin().unwrap();
    transaction.write(&users, CopyState::Live, &named(&users, &[(1, "Ada")])).unwrap();
    let narrow = table("tmp_users", &[("id", DataType::Integer)], &["id"]);
    let bad = rows(&narrow, &[(Op::Upsert, &[Value::Integer(1)])]);
    assert_eq!(transaction.write(&users, CopyState::Live, &bad).unwrap_err().kind(), ErrorKind::Internal);
    let after = transaction.write(&users, CopyState::Live, &named(&users, &[(2, "Bob")])).unwrap_err();
    assert_eq!(after.kind(), ErrorKind::Internal);
    let commit = transaction.commit(&[checkpoint(&users, CopyState::Live, "lost")]).unwrap_err();
    assert_eq!(commit.kind(), ErrorKind::Internal);
    assert_eq!(replica.number("SELECT count(*) FROM tmp_users"), 0);
    assert_eq!(sink.checkpoint(&users.stream()).unwrap(), Some(checkpoint(&users, CopyState::Live, "published")));
}

#[test]
fn another_writer_is_waited_for_and_then_told() {
    let replica = Replica::new();
    let config = SqliteConfig::new(replica.path()).busy_timeout(Duration::from_millis(20));
    let mut sink = SqliteSink::open(config).unwrap();
    let other = replica.user();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = sink.begin().err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("another program holds the file"), "{error}");
    assert!(error.place().unwrap().contains("replica.db"), "{error}");
    other.execute_batch("COMMIT").unwrap();
    assert!(sink.begin().is_ok());
}

#[test]
fn a_reader_with_an_old_snapshot_blocks_nothing() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada")])).unwrap();
    let reader = replica.user();
    let count = |reader: &Connection| -> i64 {
        reader.query_row("SELECT count(*) FROM tmp_users", [], |row| row.get(0)).unwrap()
    };
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(count(&reader), 1);
    write(&mut sink, &users, &named(&users, &[(2, "Bob")])).unwrap();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada"), (2, "Bob"), (3, "Eve")])).unwrap();
    assert_eq!(count(&reader), 1);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(count(&reader), 3);
}
