//! Upserts and deletes, and what they count.

use sync_core::{CopyState, DataType, ErrorKind, Op, SchemaChange, Sink, Value, WriteStats};

use crate::fixture::{Replica, named, publish, rows, table, users, write};

#[test]
fn only_rows_that_differ_are_written() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    let first = publish(&mut sink, &users, &named(&users, &[(0, "Zoë"), (1, "Ada"), (2, "Bob")])).unwrap();
    assert_eq!(first, WriteStats::new(3, 0, 0));
    replica.execute(
        "CREATE TABLE log(id); CREATE TRIGGER t AFTER UPDATE ON tmp_users BEGIN INSERT INTO log VALUES (new.id); END",
    );
    let again = write(&mut sink, &users, &named(&users, &[(0, "Zoë"), (1, "Ada L."), (2, "Bob"), (3, "Eve")])).unwrap();
    assert_eq!(again, WriteStats::new(2, 0, 2));
    assert_eq!(replica.number("SELECT group_concat(id) = '1' FROM log"), 1);
}

#[test]
fn a_row_written_twice_in_a_batch_ends_as_its_last() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[])).unwrap();
    let batch = rows(
        &users,
        &[
            (Op::Upsert, &[Value::Integer(1), Value::Text("first")]),
            (Op::Delete, &[Value::Integer(1), Value::Null]),
            (Op::Upsert, &[Value::Integer(1), Value::Text("last")]),
            (Op::Delete, &[Value::Integer(2), Value::Null]),
        ],
    );
    assert_eq!(write(&mut sink, &users, &batch).unwrap(), WriteStats::new(2, 1, 1));
    assert_eq!(replica.number("SELECT name = 'last' FROM tmp_users"), 1);
}

#[test]
fn a_table_that_is_all_key_counts_too() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let pairs = table("tmp_pairs", &[("a", DataType::Integer), ("b", DataType::Text)], &["a", "b"]);
    let batch = rows(
        &pairs,
        &[
            (Op::Upsert, &[Value::Integer(1), Value::Text("x")]),
            (Op::Upsert, &[Value::Integer(1), Value::Text("y")]),
            (Op::Upsert, &[Value::Integer(1), Value::Text("x")]),
        ],
    );
    assert_eq!(publish(&mut sink, &pairs, &batch).unwrap(), WriteStats::new(2, 0, 1));
    let gone = rows(&pairs, &[(Op::Delete, &[Value::Integer(1), Value::Text("x")])]);
    assert_eq!(write(&mut sink, &pairs, &gone).unwrap(), WriteStats::new(0, 1, 0));
    assert_eq!(replica.number("SELECT count(*) FROM tmp_pairs WHERE b = 'y'"), 1);
}

#[test]
fn a_table_without_a_key_takes_every_row_and_no_delete() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let log = table("tmp_log", &[("line", DataType::Text)], &[]);
    let line: (Op, &[Value<'_>]) = (Op::Upsert, &[Value::Text("same")]);
    assert_eq!(publish(&mut sink, &log, &rows(&log, &[line, line])).unwrap(), WriteStats::new(2, 0, 0));
    assert_eq!(replica.number("SELECT count(*) FROM tmp_log"), 2);
    let error = write(&mut sink, &log, &rows(&log, &[(Op::Delete, &[Value::Null])])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
}

#[test]
fn a_trigger_that_cannot_run_is_told_as_such() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada")])).unwrap();
    replica.execute("CREATE TRIGGER t AFTER INSERT ON tmp_users BEGIN INSERT INTO absent VALUES (1); END");
    let error = write(&mut sink, &users, &named(&users, &[(2, "Bob")])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let text = error.to_string();
    assert!(text.contains("a trigger of it can't run: ") && text.contains("absent"), "{text}");
    assert!(text.ends_with("; drop or repair the trigger"), "{text}");
}

#[test]
fn a_table_that_somebody_dropped_or_changed_has_to_be_copied_again() {
    for damage in [
        "DROP TABLE tmp_users",
        "ALTER TABLE tmp_users DROP COLUMN name",
        "ALTER TABLE tmp_users RENAME COLUMN id TO number",
        "DROP TABLE tmp_users; CREATE TABLE tmp_users(id, name)",
    ] {
        let replica = Replica::new();
        let mut sink = replica.open();
        let users = users();
        publish(&mut sink, &users, &named(&users, &[(1, "Ada")])).unwrap();
        replica.execute(damage);
        let error = write(&mut sink, &users, &named(&users, &[(2, "Bob")])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Expired, "{damage}: {error}");
        let reason = "it is no longer in the replica as it was made; it has to be copied again";
        assert!(error.to_string().ends_with(reason), "{damage}: {error}");
    }
}

#[test]
fn a_build_that_never_started_or_is_gone_has_to_start_again() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    let mut transaction = sink.begin().unwrap();
    let error = transaction.write(&users, CopyState::Building, &named(&users, &[(1, "Ada")])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    drop(transaction);
    let error = sink.begin().unwrap().publish(&users).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
}

#[test]
fn a_column_that_a_user_added_stays_out_of_the_way() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada")])).unwrap();
    replica.execute("ALTER TABLE tmp_users ADD COLUMN note; UPDATE tmp_users SET note = 'mine'");
    assert_eq!(write(&mut sink, &users, &named(&users, &[(1, "Ada L.")])).unwrap().changed, 1);
    assert_eq!(replica.number("SELECT note = 'mine' AND name = 'Ada L.' FROM tmp_users"), 1);
}

#[test]
fn rows_of_another_table_are_refused() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let narrow = table("tmp_t", &[("id", DataType::Integer)], &["id"]);
    publish(&mut sink, &users(), &named(&users(), &[])).unwrap();
    let error = write(&mut sink, &users(), &rows(&narrow, &[(Op::Upsert, &[Value::Integer(1)])])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
}

#[test]
fn a_table_of_a_new_shape_is_written_by_its_new_shape() {
    let replica = Replica::new();
    let mut sink = replica.open();
    publish(&mut sink, &users(), &named(&users(), &[(1, "Ada")])).unwrap();
    write(&mut sink, &users(), &named(&users(), &[(2, "Bob")])).unwrap();
    let wider = [("id", DataType::Integer), ("age", DataType::Integer), ("name", DataType::Text)];
    let wider = table("tmp_users", &wider, &["id"]);
    let row: (Op, &[Value<'_>]) = (Op::Upsert, &[Value::Integer(3), Value::Integer(36), Value::Text("Eve")]);
    publish(&mut sink, &wider, &rows(&wider, &[row])).unwrap();
    let row: (Op, &[Value<'_>]) = (Op::Upsert, &[Value::Integer(4), Value::Integer(37), Value::Text("Dan")]);
    write(&mut sink, &wider, &rows(&wider, &[row])).unwrap();
    assert_eq!(replica.number("SELECT group_concat(id || name || age) = '3Eve36,4Dan37' FROM tmp_users"), 1);
}

#[test]
fn references_between_replicas_never_order_the_writes() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada")])).unwrap();
    replica.execute("CREATE TABLE mine(user_id REFERENCES tmp_users(id)); INSERT INTO mine VALUES (1)");
    let gone = rows(&users, &[(Op::Delete, &[Value::Integer(1), Value::Null])]);
    assert_eq!(write(&mut sink, &users, &gone).unwrap().deleted, 1);
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&users, &SchemaChange::StartBuild).unwrap();
    transaction.publish(&users).unwrap();
    transaction.commit(&[]).unwrap();
    assert_eq!(replica.number("SELECT count(*) FROM sqlite_master WHERE sql LIKE '%REFERENCES tmp_users(id)%'"), 1);
}

fn words(given: &[&str]) -> (sync_core::ReplicaTable, sync_core::RowBatch) {
    let words = table("tmp_words", &[("word", DataType::Text)], &["word"]);
    let values: Vec<[Value<'_>; 1]> = given.iter().map(|word| [Value::Text(word)]).collect();
    let upserts: Vec<(Op, &[Value<'_>])> = values.iter().map(|row| (Op::Upsert, row.as_slice())).collect();
    let batch = rows(&words, &upserts);
    (words, batch)
}

const AS_STORED: &str = "SELECT group_concat(word) = 'x,a,b,c' FROM (SELECT word FROM tmp_words ORDER BY rowid)";

#[test]
fn changes_are_written_in_the_order_of_their_keys() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let (table, first) = words(&["x"]);
    publish(&mut sink, &table, &first).unwrap();
    assert_eq!(write(&mut sink, &table, &words(&["c", "a", "b"]).1).unwrap(), WriteStats::new(3, 0, 0));
    assert_eq!(replica.number(AS_STORED), 1);
}

#[test]
fn changes_are_written_as_they_come_where_a_unique_index_can_tell() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada"), (2, "Bob")])).unwrap();
    replica.execute("CREATE UNIQUE INDEX one_name ON tmp_users(name)");
    // Bob gives his name away before Ada takes it.
    let swapped = write(&mut sink, &users, &named(&users, &[(2, "Rob"), (1, "Bob")])).unwrap();
    assert_eq!((swapped.changed, swapped.failed), (2, 0));
}
