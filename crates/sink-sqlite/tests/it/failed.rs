//! Rows that the replica refuses are kept aside, and the rest is stored.

use sink_sqlite::rusqlite::types::Value as Stored;
use sink_sqlite::{SqliteReplica, SqliteSink};
use sync_core::{CopyState, DataType, ErrorKind, FailedRow, Op, SchemaChange, Sink, Value, WriteStats};

use crate::fixture::{Replica, checkpoint, named, publish, rows, table, users, write};

fn stats(changed: u64, deleted: u64, unchanged: u64, failed: u64) -> WriteStats {
    let mut stats = WriteStats::new(changed, deleted, unchanged);
    stats.failed = failed;
    stats
}

/// A replica with Ada in it, and a rule on the table.
fn with_rule(rule: &str) -> (Replica, SqliteSink) {
    let replica = Replica::new();
    let mut sink = replica.open();
    publish(&mut sink, &users(), &named(&users(), &[(1, "Ada")])).unwrap();
    replica.execute("CREATE TABLE log(name)");
    replica.execute(rule);
    (replica, sink)
}

fn names(replica: &Replica) -> Vec<Vec<Stored>> {
    replica.query("SELECT group_concat(name, ' ' ORDER BY id) FROM tmp_users")
}

#[test]
fn a_row_that_breaks_a_rule_of_the_user_is_kept_aside_and_the_others_are_stored() {
    for (rule, words) in [
        ("CREATE UNIQUE INDEX one_name ON tmp_users(name)", "UNIQUE constraint failed: tmp_users.name"),
        (
            "CREATE TRIGGER t BEFORE INSERT ON tmp_users WHEN new.id = 2 BEGIN SELECT raise(ABORT, 'not her'); END",
            "not her",
        ),
        // It lets stand what was done before: the row itself, and a line in the log.
        (
            "CREATE TRIGGER t AFTER INSERT ON tmp_users BEGIN
                 INSERT INTO log SELECT new.name WHERE new.name = 'Ada';
                 SELECT raise(FAIL, 'not her') WHERE new.name = 'Ada'; END",
            "not her",
        ),
        (
            "CREATE TRIGGER t BEFORE INSERT ON tmp_users WHEN new.id < 3 BEGIN SELECT raise(IGNORE); END",
            "RAISE(IGNORE)",
        ),
        ("ALTER TABLE tmp_users ADD COLUMN c AS (name) CHECK (c <> 'Ada' OR id = 1)", "CHECK constraint failed"),
        (
            "CREATE INDEX i ON tmp_users(json_extract(iif(name = 'Ada' AND id = 2, 'no', '{}'), '$.a'))",
            "malformed JSON",
        ),
        (
            "CREATE TRIGGER t AFTER INSERT ON tmp_users WHEN new.name = 'Ada' BEGIN INSERT INTO log VALUES (json('no')); END",
            "malformed JSON",
        ),
    ] {
        let (replica, mut sink) = with_rule(rule);
        let written = write(&mut sink, &users(), &named(&users(), &[(3, "Bob"), (2, "Ada"), (4, "Eve"), (1, "Ada")]));
        assert_eq!(written.unwrap(), stats(2, 0, 1, 1), "{rule}");
        assert_eq!(names(&replica), [[Stored::Text("Ada Bob Eve".into())]], "{rule}");
        assert_eq!(replica.number("SELECT count(*) FROM log"), 0, "{rule}");
        let failed = sink.failed_rows(&users(), 10).unwrap();
        assert_eq!(failed.len(), 1, "{rule}");
        assert_eq!((failed[0].key.as_str(), failed[0].row.as_str()), ("[\"2\"]", "{\"id\":\"2\",\"name\":\"Ada\"}"));
        assert!(failed[0].error.contains(words), "{rule}: {}", failed[0].error);
    }
}

#[test]
fn a_delete_that_a_trigger_refuses_is_kept_aside_too() {
    for rule in ["SELECT raise(ABORT, 'stay')", "SELECT raise(IGNORE)"] {
        let (replica, mut sink) =
            with_rule(&format!("CREATE TRIGGER t BEFORE DELETE ON tmp_users WHEN old.id = 1 BEGIN {rule}; END"));
        let gone = [Value::Integer(1), Value::Null];
        let absent = [Value::Integer(9), Value::Null];
        let batch = rows(&users(), &[(Op::Delete, &gone), (Op::Delete, &absent)]);
        assert_eq!(write(&mut sink, &users(), &batch).unwrap(), stats(0, 0, 1, 1), "{rule}");
        assert_eq!(replica.number("SELECT count(*) FROM tmp_users"), 1);
        assert_eq!(sink.failed_rows(&users(), 10).unwrap()[0].key, "[\"1\"]");

        replica.execute("DROP TRIGGER t");
        assert_eq!(write(&mut sink, &users(), &batch).unwrap(), stats(0, 1, 1, 0));
        assert!(sink.failed_rows(&users(), 10).unwrap().is_empty(), "{rule}");
    }
}

#[test]
fn a_value_that_no_cell_can_hold_is_kept_aside() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let table = table("tmp_t", &[("id", DataType::Integer), ("n", DataType::Integer)], &["id"]);
    let row = |id: Value<'static>, n: Value<'static>| [id, n];
    let batch = [
        row(Value::Integer(1), Value::Text("1e5")),
        row(Value::Text("NaN"), Value::Integer(2)),
        row(Value::Null, Value::Integer(3)),
        row(Value::Integer(4), Value::Integer(4)),
    ];
    let batch: Vec<(Op, &[Value<'_>])> = batch.iter().map(|row| (Op::Upsert, row.as_slice())).collect();
    assert_eq!(publish(&mut sink, &table, &rows(&table, &batch)).unwrap(), stats(1, 0, 0, 3));
    assert_eq!(replica.query("SELECT id FROM tmp_t"), [[Stored::Integer(4)]]);
    let errors: Vec<_> = sink.failed_rows(&table, 10).unwrap().into_iter().map(|failed| failed.error).collect();
    assert!(errors[0].starts_with("column \"n\": a text that reads as a number"), "{errors:?}");
    assert!(errors[1].contains("holds only integers"), "{errors:?}");
    assert_eq!(errors[2], "column \"id\": a key can't be NULL");
}

#[test]
fn a_row_that_is_stored_or_deleted_is_no_failed_row_any_more() {
    let (replica, mut sink) = with_rule("CREATE UNIQUE INDEX one_name ON tmp_users(name)");
    let rest = [(2, "Ada"), (3, "Ada"), (4, "Ada")];
    assert_eq!(write(&mut sink, &users(), &named(&users(), &rest)).unwrap(), stats(0, 0, 0, 3));
    // Of another table, with the same key.
    let other = table("tmp_other", &[("id", DataType::Integer)], &["id"]);
    let mut transaction = sink.begin().unwrap();
    transaction.fail(&other, &FailedRow::new("[\"2\"]", "e", "{}")).unwrap();
    transaction.commit(&[]).unwrap();

    let gone = [Value::Integer(3), Value::Null];
    let renamed = [Value::Integer(2), Value::Text("Bob")];
    let batch = rows(&users(), &[(Op::Upsert, &renamed), (Op::Delete, &gone)]);
    assert_eq!(write(&mut sink, &users(), &batch).unwrap(), stats(1, 0, 1, 0));
    let left: Vec<_> = sink.failed_rows(&users(), 10).unwrap().into_iter().map(|failed| failed.key).collect();
    assert_eq!(left, ["[\"4\"]"]);
    assert_eq!(sink.failed_rows(&other, 10).unwrap().len(), 1);

    // A row that is found as given counts as stored, also in the transaction that kept it aside.
    let mut transaction = sink.begin().unwrap();
    transaction.write(&users(), CopyState::Live, &named(&users(), &[(5, "Ada")])).unwrap();
    transaction.fail(&users(), &FailedRow::new("[\"2\"]", "e", "{}")).unwrap();
    transaction.write(&users(), CopyState::Live, &named(&users(), &[(2, "Bob"), (5, "Eve"), (4, "Dan")])).unwrap();
    transaction.commit(&[]).unwrap();
    assert!(sink.failed_rows(&users(), 10).unwrap().is_empty());
    assert_eq!(names(&replica), [[Stored::Text("Ada Bob Dan Eve".into())]]);
}

#[test]
fn a_trigger_that_ends_the_transaction_stops_the_table_and_is_named() {
    let (replica, mut sink) = with_rule(
        "CREATE TRIGGER t AFTER INSERT ON tmp_users WHEN new.name = 'Bob' BEGIN SELECT raise(ROLLBACK, 'no Bob'); END",
    );
    let mut transaction = sink.begin().unwrap();
    let error = transaction.write(&users(), CopyState::Live, &named(&users(), &[(2, "Eve"), (3, "Bob"), (4, "Dan")]));
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error.message().starts_with("a rule of it ends the whole transaction instead of refusing one row: ")
            && error.message().ends_with("no Bob"),
        "{error}"
    );
    let hint = "write RAISE(ABORT, …) in the trigger in place of RAISE(ROLLBACK, …), or drop the rule";
    assert_eq!(error.hint_text(), Some(hint));
    let after = transaction.commit(&[checkpoint(&users(), CopyState::Live, "lost")]).unwrap_err();
    assert_eq!(after.kind(), ErrorKind::Internal);
    assert_eq!(names(&replica), [[Stored::Text("Ada".into())]]);
    assert!(sink.failed_rows(&users(), 10).unwrap().is_empty());
}

#[test]
fn a_table_that_refuses_every_row_is_broken() {
    let (replica, mut sink) = with_rule(
        "CREATE TRIGGER t BEFORE INSERT ON tmp_users WHEN new.id > 1 BEGIN SELECT raise(ABORT, 'nobody ' || new.id); END",
    );
    let many: Vec<_> = (10..1010).map(|id| (id, "x")).collect();
    let error = write(&mut sink, &users(), &named(&users(), &many)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let reason = "it refuses every row: of 1000 none could be stored, the first because: ";
    assert!(error.message().starts_with(reason) && error.message().ends_with("nobody 10"), "{error}");
    let hint = "drop the index or trigger that makes this rule, or leave the table out";
    assert_eq!(error.hint_text(), Some(hint));
    assert_eq!(replica.number("SELECT count(*) FROM tmp_data_sync_failed_rows"), 0);

    // One row less, or one that is stored, and it is the rows' fault. Rows that are tried again say nothing.
    assert_eq!(write(&mut sink, &users(), &named(&users(), &many[..999])).unwrap(), stats(0, 0, 0, 999));
    assert_eq!(write(&mut sink, &users(), &named(&users(), &many)).unwrap(), stats(0, 0, 0, 1000));
    let with_one: Vec<_> = std::iter::once((1, "Ada")).chain((2000..3500).map(|id| (id, "x"))).collect();
    assert_eq!(write(&mut sink, &users(), &named(&users(), &with_one)).unwrap(), stats(0, 0, 1, 1500));
}

#[test]
fn failed_rows_are_given_by_age_and_no_more_than_asked_for() {
    let (replica, mut sink) = with_rule("CREATE UNIQUE INDEX one_name ON tmp_users(name)");
    write(&mut sink, &users(), &named(&users(), &[(2, "Ada"), (3, "Ada"), (4, "Ada")])).unwrap();
    replica.execute(
        "UPDATE tmp_data_sync_failed_rows SET first_ms = 5, last_ms = CASE key WHEN '[\"2\"]' THEN 300 WHEN '[\"3\"]' THEN 100 ELSE 200 END",
    );
    let keys = |failed: Vec<FailedRow>| failed.into_iter().map(|failed| failed.key).collect::<Vec<_>>();
    assert_eq!(keys(sink.failed_rows(&users(), 2).unwrap()), ["[\"3\"]", "[\"4\"]"]);
    // A second attempt puts it last.
    write(&mut sink, &users(), &named(&users(), &[(3, "Ada")])).unwrap();
    assert_eq!(keys(sink.failed_rows(&users(), 10).unwrap()), ["[\"4\"]", "[\"2\"]", "[\"3\"]"]);

    let look = SqliteReplica::open(replica.path()).unwrap();
    let of_table = look.failed_rows(Some("tmp_users"), 10).unwrap();
    assert_eq!(of_table.len(), 3);
    let last = &of_table[2];
    assert_eq!((last.table.as_str(), last.key.as_str(), last.attempts, last.first_ms), ("tmp_users", "[\"3\"]", 2, 5));
    assert!(last.last_ms > 300 && last.error.contains("UNIQUE") && last.row.contains("Ada"), "{last:?}");
    assert_eq!(look.failed_rows(None, 1).unwrap()[0].key, "[\"4\"]");
    assert!(look.failed_rows(Some("tmp_other"), 10).unwrap().is_empty());
}

#[test]
fn a_new_copy_gives_failed_rows_again() {
    let (_replica, mut sink) = with_rule("CREATE UNIQUE INDEX one_name ON tmp_users(name)");
    write(&mut sink, &users(), &named(&users(), &[(2, "Ada")])).unwrap();
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&users(), &SchemaChange::StartBuild).unwrap();
    drop(transaction);
    assert_eq!(sink.failed_rows(&users(), 10).unwrap().len(), 1);
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&users(), &SchemaChange::StartBuild).unwrap();
    transaction.commit(&[]).unwrap();
    assert!(sink.failed_rows(&users(), 10).unwrap().is_empty());
}

#[test]
fn failed_rows_without_a_key_are_kept_one_by_one() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let log = table("tmp_log", &[("n", DataType::Integer)], &[]);
    let bad: (Op, &[Value<'_>]) = (Op::Upsert, &[Value::Text("1e5")]);
    let good: (Op, &[Value<'_>]) = (Op::Upsert, &[Value::Integer(1)]);
    assert_eq!(publish(&mut sink, &log, &rows(&log, &[bad, good, bad, good])).unwrap(), stats(2, 0, 0, 2));
    let failed = sink.failed_rows(&log, 10).unwrap();
    assert_eq!(failed.len(), 2);
    assert!(failed.iter().all(|failed| failed.key_row(&log.schema).is_none()), "{failed:?}");
}
