//! A new build takes the place of the published table, and what users made on it stays.

use sink_sqlite::rusqlite::types::Value as Stored;
use sync_core::{CopyState, DataType, ErrorKind, Op, SchemaChange, Sink, Value};

use crate::fixture::{Replica, checkpoint, named, publish, rows, table, users, write};

#[test]
fn readers_see_the_old_table_until_the_new_one_is_complete() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada")])).unwrap();
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&users, &SchemaChange::StartBuild).unwrap();
    transaction.write(&users, CopyState::Building, &named(&users, &[(2, "Bob")])).unwrap();
    transaction.commit(&[]).unwrap();
    assert_eq!(replica.query("SELECT id FROM tmp_users"), [[Stored::Integer(1)]]);

    let mut transaction = sink.begin().unwrap();
    transaction.write(&users, CopyState::Building, &named(&users, &[(3, "Eve")])).unwrap();
    transaction.publish(&users).unwrap();
    transaction.commit(&[]).unwrap();
    assert_eq!(replica.query("SELECT id FROM tmp_users"), [[Stored::Integer(2)], [Stored::Integer(3)]]);
    assert_eq!(replica.number("SELECT count(*) FROM sqlite_master WHERE name LIKE '%build%'"), 0);
}

#[test]
fn both_tables_are_written_apart() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada")])).unwrap();
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&users, &SchemaChange::StartBuild).unwrap();
    transaction.write(&users, CopyState::Building, &named(&users, &[(2, "Bob")])).unwrap();
    transaction.write(&users, CopyState::Live, &named(&users, &[(3, "Eve")])).unwrap();
    transaction.commit(&[]).unwrap();
    assert_eq!(replica.number("SELECT group_concat(id) = '1,3' FROM tmp_users"), 1);
    assert_eq!(replica.number("SELECT group_concat(id) = '2' FROM tmp_data_sync_build_tmp_users"), 1);
}

#[test]
fn what_users_made_on_a_table_outlives_it() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada")])).unwrap();
    replica.execute(
        "CREATE INDEX main.\"by \"\"name\"\"\" ON tmp_users(name);
         CREATE VIEW people AS SELECT name FROM tmp_users;
         CREATE VIEW broken AS SELECT * FROM absent;
         CREATE TABLE log(name);
         CREATE TRIGGER main.logged AFTER INSERT ON tmp_users BEGIN INSERT INTO log VALUES (new.name); END;
         CREATE TRIGGER into_view INSTEAD OF INSERT ON people BEGIN SELECT 1; END;",
    );
    let users_made = "SELECT sql FROM sqlite_master WHERE name IN
         ('by \"name\"', 'people', 'broken', 'log', 'logged', 'into_view') ORDER BY name";
    let before = replica.query(users_made);
    assert_eq!(before.len(), 6);
    publish(&mut sink, &users, &named(&users, &[(1, "Ada"), (2, "Bob")])).unwrap();
    assert_eq!(replica.query(users_made), before);
    assert_eq!(replica.number("SELECT count(*) FROM people"), 2);
    assert_eq!(replica.number("SELECT count(*) FROM log"), 0);
    write(&mut sink, &users, &named(&users, &[(3, "Eve")])).unwrap();
    assert_eq!(replica.number("SELECT name = 'Eve' FROM log"), 1);
}

#[test]
fn what_no_longer_fits_the_columns_is_left_out_and_the_rest_goes_on() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada"), (2, "Bob")])).unwrap();
    replica.execute(
        "CREATE INDEX lower_names ON tmp_users(lower(name));
         CREATE INDEX ids ON tmp_users(id);",
    );
    let renamed = table("tmp_users", &[("id", DataType::Integer), ("full_name", DataType::Text)], &["id"]);
    publish(&mut sink, &renamed, &rows(&renamed, &[(Op::Upsert, &[Value::Integer(1), Value::Null])])).unwrap();
    let indexes = "SELECT group_concat(name ORDER BY name) FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL";
    assert_eq!(replica.query(indexes), [[Stored::Text("ids".into())]]);
    assert_eq!(replica.number("SELECT count(*) FROM tmp_users"), 1);
}

#[test]
fn an_index_that_does_not_fit_the_new_rows_keeps_the_old_table_until_it_is_gone() {
    for index in [
        "CREATE UNIQUE INDEX users_own ON tmp_users(name)",
        "CREATE INDEX users_own ON tmp_users(json(iif(id = 2, 'no', '{}')))",
    ] {
        let replica = Replica::new();
        let mut sink = replica.open();
        let users = users();
        publish(&mut sink, &users, &named(&users, &[(1, "Ada")])).unwrap();
        replica.execute(index);
        let mut transaction = sink.begin().unwrap();
        transaction.apply_schema(&users, &SchemaChange::StartBuild).unwrap();
        transaction.write(&users, CopyState::Building, &named(&users, &[(2, "Eve"), (3, "Eve")])).unwrap();
        transaction.commit(&[checkpoint(&users, CopyState::Building, "copied")]).unwrap();

        let mut transaction = sink.begin().unwrap();
        let error = transaction.publish(&users).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let text = error.to_string();
        assert!(
            text.contains("table tmp_users")
                && text.contains("its new rows do not fit the index \"users_own\" that was made on it: "),
            "{text}"
        );
        let hint = "; drop it, or change the rows at the source; until then the table stays as it was";
        assert!(text.ends_with(hint), "{text}");
        drop(transaction);
        assert_eq!(replica.query("SELECT name FROM tmp_users"), [[Stored::Text("Ada".into())]]);
        assert_eq!(replica.number("SELECT count(*) FROM sqlite_master WHERE name = 'users_own'"), 1);
        assert_eq!(replica.number("SELECT count(*) FROM tmp_data_sync_build_tmp_users"), 2);
        let stored = sink.checkpoint(&users.stream()).unwrap();
        assert_eq!(stored, Some(checkpoint(&users, CopyState::Building, "copied")));

        replica.execute("DROP INDEX users_own");
        let mut transaction = sink.begin().unwrap();
        transaction.publish(&users).unwrap();
        transaction.commit(&[]).unwrap();
        assert_eq!(replica.number("SELECT count(*) FROM tmp_users WHERE name = 'Eve'"), 2);
    }
}

#[test]
fn publishing_again_and_again_does_not_let_the_file_grow() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let line = "x".repeat(500);
    for keyed in [true, false] {
        let key: &[&str] = if keyed { &["id"] } else { &[] };
        let table = table("tmp_t", &[("id", DataType::Integer), ("name", DataType::Text)], key);
        let all: Vec<_> = (0..2000).map(|id| (id, line.as_str())).collect();
        let mut sizes = Vec::new();
        for _ in 0..20 {
            let mut transaction = sink.begin().unwrap();
            transaction.apply_schema(&table, &SchemaChange::StartBuild).unwrap();
            transaction.commit(&[]).unwrap();
            for part in all.chunks(500) {
                let mut transaction = sink.begin().unwrap();
                transaction.write(&table, CopyState::Building, &named(&table, part)).unwrap();
                transaction.commit(&[]).unwrap();
            }
            let mut transaction = sink.begin().unwrap();
            transaction.publish(&table).unwrap();
            transaction.commit(&[]).unwrap();
            sizes.push(replica.number("PRAGMA page_count"));
        }
        assert!(sizes[2] >= 200, "{sizes:?}");
        assert_eq!(sizes[2], sizes[19], "{sizes:?}");
        let log = std::fs::metadata(replica.folder.path().join("replica.db-wal")).unwrap().len();
        // No longer than what the writer waits at, and the transaction that took it there.
        assert!(log <= 18 << 20, "{log}");
        assert_eq!(replica.number("SELECT count(*) FROM tmp_t"), 2000);
    }
}

#[test]
fn the_types_of_the_source_are_kept_with_the_published_table() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let columns = [("id", DataType::Integer), ("price", DataType::Decimal { precision: 12, scale: 2 })];
    let prices = table("tmp_prices", &columns, &["id"]);
    publish(&mut sink, &prices, &rows(&prices, &[])).unwrap();
    let types = "SELECT position || ' ' || column_name || ' ' || source_type || ' ' || data_type
                 FROM tmp_data_sync_columns WHERE table_name = 'tmp_prices' ORDER BY position";
    let text = |text: &str| vec![Stored::Text(text.to_owned())];
    assert_eq!(replica.query(types), [text("1 id native integer"), text("2 price native decimal(12,2)")]);

    let fewer = table("tmp_prices", &columns[..1], &["id"]);
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&fewer, &SchemaChange::StartBuild).unwrap();
    transaction.commit(&[]).unwrap();
    assert_eq!(replica.query(types).len(), 2);
    publish(&mut sink, &fewer, &rows(&fewer, &[])).unwrap();
    assert_eq!(replica.query(types), [text("1 id native integer")]);
}

#[test]
fn a_build_keeps_its_key_when_it_is_published() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let tags = table("tmp_tags", &[("name", DataType::Text), ("n", DataType::Integer)], &["name"]);
    let tag = |n| [Value::Text("a"), Value::Integer(n)];
    for n in 0..3 {
        publish(&mut sink, &tags, &rows(&tags, &[(Op::Upsert, &tag(n))])).unwrap();
        write(&mut sink, &tags, &rows(&tags, &[(Op::Upsert, &tag(n + 1))])).unwrap();
        assert_eq!(replica.query("SELECT n FROM tmp_tags"), [[Stored::Integer(n + 1)]]);
    }
    let indexes = "SELECT name FROM sqlite_master WHERE tbl_name = 'tmp_tags' AND type = 'index'";
    assert_eq!(replica.query(indexes), [[Stored::Text("sqlite_autoindex_tmp_tags_1".into())]]);
}
