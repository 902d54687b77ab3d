//! The source's indexes are made anew with each table that is published; the users' own are left alone.

use std::sync::Arc;

use sink_sqlite::rusqlite::types::Value as Stored;
use sync_core::{
    Column, CopyState, DataType, Index, IndexComparison, IndexCondition, IndexLiteral, IndexPart, IndexTerm,
    ReplicaTable, SchemaChange, Sink, TableId, TableSchema,
};

use crate::fixture::{Replica, named, publish, write};

/// A table of `id` and `name` with these indexes.
fn with(name: &str, indexes: &[(&str, &[&str])]) -> ReplicaTable {
    let schema = TableSchema::builder(TableId::new("public", name))
        .column(Column::new("id", DataType::Integer))
        .column(Column::new("name", DataType::Text))
        .key(["id"]);
    let schema =
        indexes.iter().fold(schema, |schema, (name, columns)| schema.index(Index::new(*name, columns.iter().copied())));
    ReplicaTable::new(name, Arc::new(schema.build().unwrap()))
}

/// All indexes that somebody made: the table, the name and the columns of each.
fn indexes(replica: &Replica) -> Vec<String> {
    let found = replica.query(
        "SELECT tbl_name || ': ' || m.name || ' ' || (SELECT group_concat(name) FROM pragma_index_info(m.name))
         FROM sqlite_master m WHERE type = 'index' AND sql IS NOT NULL ORDER BY m.name",
    );
    let text = |row: Vec<Stored>| match row.into_iter().next() {
        Some(Stored::Text(text)) => text,
        other => panic!("{other:?}"),
    };
    found.into_iter().map(text).collect()
}

fn plan(replica: &Replica, sql: &str) -> String {
    format!("{:?}", replica.query(&format!("EXPLAIN QUERY PLAN {sql}")))
}

#[test]
fn they_are_there_after_each_publish_and_are_used() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = with("tmp_users", &[("by \"name\"", &["name", "id"])]);
    for round in 0..3 {
        publish(&mut sink, &users, &named(&users, &[(1, "Ada"), (2, "Ada")])).unwrap();
        assert_eq!(indexes(&replica), ["tmp_users: tmp_data_sync_index_tmp_users.by \"name\" name,id"], "{round}");
        let plan = plan(&replica, "SELECT id FROM tmp_users WHERE name = 'Ada' AND id > 1");
        assert!(plan.contains("USING COVERING INDEX tmp_data_sync_index_tmp_users.by"), "{plan}");
    }
    write(&mut sink, &users, &named(&users, &[(3, "Ada")])).unwrap();
    assert_eq!(replica.number("SELECT count(*) FROM tmp_users WHERE name = 'Ada'"), 3);
    assert_eq!(replica.number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
}

#[test]
fn they_follow_the_source_at_the_next_publish_and_the_users_own_stay() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let before = with("tmp_users", &[("by_name", &["name"]), ("both", &["name", "id"])]);
    publish(&mut sink, &before, &named(&before, &[(1, "Ada")])).unwrap();
    replica.execute("CREATE INDEX tmp_mine ON tmp_users (name DESC)");
    let after = with("tmp_users", &[("by_name", &["name", "id"])]);
    write(&mut sink, &after, &named(&after, &[(2, "Bob")])).unwrap();
    assert_eq!(indexes(&replica).len(), 3, "a write alone changes none");
    publish(&mut sink, &after, &named(&after, &[(1, "Ada")])).unwrap();
    let ours = "tmp_users: tmp_data_sync_index_tmp_users.by_name name,id";
    assert_eq!(indexes(&replica), [ours, "tmp_users: tmp_mine name"]);
    let none = with("tmp_users", &[]);
    publish(&mut sink, &none, &named(&none, &[(1, "Ada")])).unwrap();
    assert_eq!(indexes(&replica), ["tmp_users: tmp_mine name"]);
}

#[test]
fn a_published_table_gets_the_indexes_of_now_and_what_fits_is_not_made_again() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let before = with("tmp_users", &[("stays", &["name"]), ("goes", &["name", "id"]), ("changes", &["id", "name"])]);
    publish(&mut sink, &before, &named(&before, &[(1, "Ada"), (2, "eve")])).unwrap();
    replica.execute("CREATE INDEX tmp_mine ON tmp_users (name DESC)");
    let place = |name: &str| replica.number(&format!("SELECT rootpage FROM sqlite_master WHERE name LIKE '%{name}'"));
    let stays = place("stays");
    let lower = IndexPart::new(IndexTerm::Lower("name".to_owned())).descending(true);
    let is_long = IndexCondition::Compared("id".to_owned(), IndexComparison::Greater, IndexLiteral::Integer(1));
    let schema = TableSchema::builder(TableId::new("public", "tmp_users"))
        .column(Column::new("id", DataType::Integer))
        .column(Column::new("name", DataType::Text))
        .key(["id"])
        .index(Index::by("changes", [lower]).only([is_long]))
        .index(Index::new("stays", ["name"]));
    let after = ReplicaTable::new("tmp_users", Arc::new(schema.build().unwrap()));
    let keep = |sink: &mut sink_sqlite::SqliteSink| {
        let mut transaction = sink.begin().unwrap();
        transaction.apply_schema(&after, &SchemaChange::Indexes).unwrap();
        transaction.commit(&[]).unwrap();
    };
    keep(&mut sink);
    let now = replica.query("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name");
    let text = |sql: &str| vec![Stored::Text(sql.to_owned())];
    let expected = [
        text(
            "CREATE INDEX \"tmp_data_sync_index_tmp_users.changes\" ON \"tmp_users\" (lower(\"name\") DESC) WHERE \"id\" > 1",
        ),
        text("CREATE INDEX \"tmp_data_sync_index_tmp_users.stays\" ON \"tmp_users\" (\"name\")"),
        text("CREATE INDEX tmp_mine ON tmp_users (name DESC)"),
    ];
    assert_eq!(now, expected);
    assert_eq!(place("stays"), stays);
    let changed = replica.number("PRAGMA schema_version");
    keep(&mut sink);
    assert_eq!(replica.number("PRAGMA schema_version"), changed, "there is nothing more to do");
    let used = plan(&replica, "SELECT id FROM tmp_users WHERE lower(name) = 'eve' AND id > 1");
    assert!(used.contains("tmp_users.changes"), "{used}");
    assert_eq!(replica.number("SELECT id FROM tmp_users WHERE lower(name) = 'eve' AND id > 1"), 2);
}

#[test]
fn names_that_meet_cost_no_index() {
    let replica = Replica::new();
    let mut sink = replica.open();
    // To SQLite, names that differ in case alone are one; and a dot can stand in the table's name or in the index's.
    let twice = with("tmp_a", &[("I", &["name"]), ("i", &["name", "id"]), ("b.c", &["name"])]);
    let dotted = with("tmp_a.b", &[("c", &["name"])]);
    for _ in 0..2 {
        publish(&mut sink, &twice, &named(&twice, &[(1, "Ada")])).unwrap();
        publish(&mut sink, &dotted, &named(&dotted, &[(1, "Ada")])).unwrap();
    }
    let expected = [
        "tmp_a: tmp_data_sync_index_tmp_a.I name",
        "tmp_a: tmp_data_sync_index_tmp_a.b.c name",
        "tmp_a.b: tmp_data_sync_index_tmp_a.b.c_2 name",
        "tmp_a: tmp_data_sync_index_tmp_a.i_2 name,id",
    ];
    assert_eq!(indexes(&replica), expected);
}

#[test]
fn rows_that_are_equal_at_an_index_are_stored() {
    let replica = Replica::new();
    let mut sink = replica.open();
    // The source's index may well be unique: rows arrive in an order of their own, and texts are compared otherwise here.
    let users = with("tmp_users", &[("users_name_key", &["name"])]);
    publish(&mut sink, &users, &named(&users, &[(1, "Ada"), (2, "Ada")])).unwrap();
    write(&mut sink, &users, &named(&users, &[(3, "Ada")])).unwrap();
    assert_eq!(replica.number("SELECT count(*) FROM tmp_users WHERE name = 'Ada'"), 3);
    assert_eq!(replica.number("SELECT count(*) FROM pragma_index_list('tmp_users') WHERE \"unique\""), 0);
}

#[test]
fn a_reader_has_the_old_table_with_its_indexes_until_all_is_there() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = with("tmp_users", &[("by_name", &["name"])]);
    publish(&mut sink, &users, &named(&users, &[(1, "Ada")])).unwrap();
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&users, &SchemaChange::StartBuild).unwrap();
    transaction.write(&users, CopyState::Building, &named(&users, &[(2, "Bob"), (3, "Eve")])).unwrap();
    transaction.publish(&users).unwrap();
    let by_name = "SELECT count(*) FROM tmp_users INDEXED BY \"tmp_data_sync_index_tmp_users.by_name\" WHERE name > ''";
    assert_eq!(replica.number(by_name), 1);
    drop(transaction);
    assert_eq!(replica.number(by_name), 1, "and after a publish that was given up");
    publish(&mut sink, &users, &named(&users, &[(2, "Bob"), (3, "Eve")])).unwrap();
    assert_eq!(replica.number(by_name), 2);
}
