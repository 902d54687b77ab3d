//! Checkpoints, how runs ended, and failed rows.

use sink_sqlite::SqliteReplica;
use sink_sqlite::rusqlite::types::Value as Stored;
use sync_core::{
    Checkpoint, CopyState, Cursor, FailedRow, HeldDeletes, RunRecord, SchemaChange, Sink, StreamId, Upkeep, WriteStats,
};

use crate::fixture::{Replica, checkpoint, named, publish, users};

#[test]
fn a_checkpoint_comes_back_whole() {
    let replica = Replica::new();
    let cursor = Cursor::new("{\"v\":1}").at_timestamp(Some(1_709_164_800_000)).at_id(Some("42".to_owned()));
    let mut upkeep = Upkeep::default();
    upkeep.reconcile_owed = true;
    upkeep.held = Some(HeldDeletes::new(1, 2, 3));
    let stored = Checkpoint::new(users().stream(), cursor, CopyState::Building, "columns:1 key:2").upkeep(upkeep);
    let mut sink = replica.open();
    assert_eq!(sink.checkpoint(&users().stream()).unwrap(), None);
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&users(), &SchemaChange::StartBuild).unwrap();
    transaction.commit(std::slice::from_ref(&stored)).unwrap();
    assert_eq!(sink.checkpoint(&users().stream()).unwrap(), Some(stored.clone()));
    drop(sink);
    assert_eq!(replica.open().checkpoint(&users().stream()).unwrap(), Some(stored));
    assert_eq!(
        replica.query("SELECT table_name, last_sync_timestamp, last_sync_id, sync_errors FROM tmp_data_sync_metadata"),
        [[
            Stored::Text("tmp_users".into()),
            Stored::Integer(1_709_164_800_000),
            Stored::Text("42".into()),
            Stored::Null
        ]]
    );
}

#[test]
fn a_checkpoint_of_a_table_that_is_gone_is_none() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    let stream = users.stream();
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&users, &SchemaChange::StartBuild).unwrap();
    transaction.commit(&[checkpoint(&users, CopyState::Building, "half")]).unwrap();
    assert!(sink.checkpoint(&stream).unwrap().is_some());
    replica.execute("DROP TABLE tmp_data_sync_build_tmp_users");
    assert_eq!(sink.checkpoint(&stream).unwrap(), None);

    publish(&mut sink, &users, &named(&users, &[])).unwrap();
    assert!(sink.checkpoint(&stream).unwrap().is_some());
    replica.execute("DROP TABLE tmp_users; CREATE VIEW tmp_users AS SELECT 1");
    assert_eq!(sink.checkpoint(&stream).unwrap(), None);
}

#[test]
fn a_build_that_starts_again_forgets_how_far_it_was() {
    for change in [SchemaChange::StartBuild, SchemaChange::DropBuild] {
        let replica = Replica::new();
        let mut sink = replica.open();
        let users = users();
        let mut transaction = sink.begin().unwrap();
        transaction.apply_schema(&users, &SchemaChange::StartBuild).unwrap();
        transaction.commit(&[checkpoint(&users, CopyState::Building, "half")]).unwrap();
        let mut transaction = sink.begin().unwrap();
        transaction.apply_schema(&users, &change).unwrap();
        transaction.commit(&[]).unwrap();
        assert_eq!(sink.checkpoint(&users.stream()).unwrap(), None, "{change:?}");
    }
}

#[test]
fn a_new_build_leaves_the_checkpoint_of_the_published_table_alone() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[])).unwrap();
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&users, &SchemaChange::StartBuild).unwrap();
    transaction.commit(&[]).unwrap();
    let live = checkpoint(&users, CopyState::Live, "published");
    assert_eq!(sink.checkpoint(&users.stream()).unwrap(), Some(live));
}

#[test]
fn a_stream_of_several_tables_has_a_checkpoint_without_a_table() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let stored = Checkpoint::new(StreamId::new("changes of shop"), Cursor::new("lsn"), CopyState::Live, "");
    sink.begin().unwrap().commit(std::slice::from_ref(&stored)).unwrap();
    assert_eq!(sink.checkpoint(&stored.stream).unwrap(), Some(stored));
}

fn run(started_ms: i64, error: Option<&str>) -> RunRecord {
    let mut run = RunRecord::new(started_ms, started_ms + 5);
    run.rows_read = 6;
    run.written = WriteStats::new(1, 2, 3);
    run.written.failed = 4;
    run.error = error.map(str::to_owned);
    run
}

#[test]
fn an_error_stays_until_a_run_succeeds() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&users, &SchemaChange::StartBuild).unwrap();
    transaction.commit(&[checkpoint(&users, CopyState::Building, "half")]).unwrap();
    let look = SqliteReplica::open(replica.path()).unwrap();
    let mut after = |run: RunRecord| {
        let mut transaction = sink.begin().unwrap();
        transaction.record(&users.stream(), &run).unwrap();
        transaction.commit(&[]).unwrap();
        look.tables().unwrap().remove(0)
    };
    let first = after(run(100, None));
    assert_eq!((first.last_success_ms, first.last_error), (Some(105), None));
    let failed = after(run(200, Some("the server is gone")));
    assert_eq!((failed.last_success_ms, failed.last_error.as_deref()), (Some(105), Some("the server is gone")));
    assert_eq!(failed.last_run.unwrap().finished_ms, 205);
    let again = after(run(300, None));
    assert_eq!((again.last_success_ms, again.last_error), (Some(305), None));
    assert_eq!(again.state, Some(CopyState::Building));
}

#[test]
fn the_status_tells_all_about_each_table() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada")])).unwrap();
    let mut transaction = sink.begin().unwrap();
    transaction.record(&users.stream(), &run(100, None)).unwrap();
    transaction.record(&StreamId::new("a stream"), &run(100, Some("no"))).unwrap();
    transaction.fail(&users, &FailedRow::new("[\"9\"]", "not UTF-8", "{}")).unwrap();
    let cursor = Cursor::new("c").at_timestamp(Some(-1)).at_id(Some("z".to_owned()));
    let mut upkeep = Upkeep::default();
    upkeep.swept_ms = Some(9);
    let live = Checkpoint::new(users.stream(), cursor, CopyState::Live, "").upkeep(upkeep.clone());
    transaction.commit(&[live]).unwrap();

    let tables = SqliteReplica::open(replica.path()).unwrap().tables().unwrap();
    let names: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["a stream", "tmp_users"]);
    assert_eq!((tables[0].published, tables[0].state, &tables[0].source_table), (false, None, &None));
    let status = &tables[1];
    assert_eq!(status.source_table.as_deref(), Some("public.tmp_users"));
    assert_eq!((status.published, status.state), (true, Some(CopyState::Live)));
    assert_eq!((status.last_sync_timestamp_ms, status.last_sync_id.as_deref()), (Some(-1), Some("z")));
    assert_eq!(status.failed_rows, 1);
    let last_run = status.last_run.unwrap();
    assert_eq!((last_run.started_ms, last_run.finished_ms, last_run.rows_read), (100, 105, 6));
    assert_eq!(last_run.written, run(100, None).written);
    assert_eq!((&status.upkeep, &tables[0].upkeep), (&upkeep, &Upkeep::default()));
}

#[test]
fn a_failed_row_is_kept_once_and_its_attempts_counted() {
    let replica = Replica::new();
    let mut sink = replica.open();
    for (error, row) in [("first", "{\"a\":1}"), ("second", "{\"a\":2}")] {
        let mut transaction = sink.begin().unwrap();
        transaction.fail(&users(), &FailedRow::new("[\"1\"]", error, row)).unwrap();
        transaction.fail(&users(), &FailedRow::new("[\"2\"]", error, row)).unwrap();
        transaction.commit(&[]).unwrap();
    }
    let failed = "SELECT table_name, key, error, row, attempts FROM tmp_data_sync_failed_rows ORDER BY key";
    let row = |key| vec![text("tmp_users"), text(key), text("second"), text("{\"a\":2}"), Stored::Integer(2)];
    assert_eq!(replica.query(failed), [row("[\"1\"]"), row("[\"2\"]")]);
    let after_2020 =
        "SELECT count(*) FROM tmp_data_sync_failed_rows WHERE first_ms > 1577836800000 AND last_ms >= first_ms";
    assert_eq!(replica.number(after_2020), 2);
}

#[test]
fn the_log_keeps_the_recent_runs_that_changed_something_or_failed() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let mut record = |table: &str, started_ms: i64, changed: u64, error: Option<&str>| {
        let mut run = run(started_ms, error);
        run.written = WriteStats::new(changed, 0, 0);
        let mut transaction = sink.begin().unwrap();
        transaction.record(&StreamId::new(table), &run).unwrap();
        transaction.commit(&[]).unwrap();
    };
    record("tmp_b", 1, 1, None);
    for number in 1..=130 {
        record("tmp_a", number, 1, None);
        record("tmp_a", 1000 + number, 0, None);
    }
    record("tmp_a", 131, 0, Some("the disk is full"));
    drop(sink);
    let counts = "SELECT table_name, count(*), min(started_ms), max(started_ms), max(error)
                  FROM tmp_data_sync_log GROUP BY table_name ORDER BY table_name";
    assert_eq!(
        replica.query(counts),
        [
            [text("tmp_a"), Stored::Integer(100), Stored::Integer(32), Stored::Integer(131), text("the disk is full")],
            [text("tmp_b"), Stored::Integer(1), Stored::Integer(1), Stored::Integer(1), Stored::Null],
        ]
    );
}

fn text(text: &str) -> Stored {
    Stored::Text(text.to_owned())
}
