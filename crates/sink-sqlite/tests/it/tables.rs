//! Tables as they are made, and those that can't be.

use sink_sqlite::rusqlite::types::Value as Stored;
use sync_core::{DataType, Error, ErrorKind, Op, ReplicaTable, SchemaChange, Sink, Value};

use crate::fixture::{Replica, named, publish, rows, table, users, write};

fn start_build(replica: &Replica, table: &ReplicaTable) -> Result<(), Error> {
    let mut sink = replica.open();
    let mut transaction = sink.begin()?;
    transaction.apply_schema(table, &SchemaChange::StartBuild)?;
    transaction.commit(&[])
}

#[test]
fn odd_names_are_names_and_never_run() {
    let odd =
        ["order", "Weird \"Name\"", "'; drop table x; --", "ünï cødé ✓", "a.b", "[x]", "`x`", "?1", "excluded", "kept"];
    let replica = Replica::new();
    let mut sink = replica.open();
    replica.execute("CREATE TABLE x(a); CREATE TABLE mine(b);");
    let columns: Vec<_> = odd.iter().map(|column| (*column, DataType::Text)).collect();
    for name in odd {
        let other = if name == "kept" { "order" } else { "kept" };
        let table = table(name, &columns, &[name, other]);
        let mut values: Vec<_> = odd.iter().map(|column| Value::Text(column)).collect();
        publish(&mut sink, &table, &rows(&table, &[(Op::Upsert, &values)])).unwrap();
        let place = odd.iter().position(|column| ![other, name].contains(column)).unwrap();
        values[place] = Value::Text("changed");
        let again = write(&mut sink, &table, &rows(&table, &[(Op::Upsert, &values), (Op::Upsert, &values)])).unwrap();
        assert_eq!((again.changed, again.unchanged), (1, 1), "{name}");

        let mut keys = rows(&table, &[]);
        sink.replica().keys(&table, sync_core::CopyState::Live).unwrap().next(&mut keys).unwrap();
        assert_eq!(keys.len(), 1, "{name}");
        let gone = write(&mut sink, &table, &rows(&table, &[(Op::Delete, &values)])).unwrap();
        assert_eq!(gone.deleted, 1, "{name}");
    }
    assert_eq!(replica.number("SELECT count(*) FROM sqlite_master WHERE name IN ('x', 'mine')"), 2);
}

#[test]
fn a_single_integer_key_is_the_address_of_the_row() {
    let replica = Replica::new();
    publish(&mut replica.open(), &users(), &named(&users(), &[(7, "Ada")])).unwrap();
    assert_eq!(replica.query("SELECT rowid FROM tmp_users"), [[Stored::Integer(7)]]);
    assert_eq!(replica.number("SELECT count(*) FROM sqlite_master WHERE tbl_name = 'tmp_users'"), 1);
}

#[test]
fn a_composite_key_is_the_primary_key_in_its_own_order() {
    let replica = Replica::new();
    let columns = [("a", DataType::Text), ("b", DataType::Integer), ("c", DataType::Uuid)];
    let table = table("tmp_t", &columns, &["c", "a"]);
    publish(&mut replica.open(), &table, &rows(&table, &[])).unwrap();
    let shape = replica.query("SELECT name, type, pk, \"notnull\" FROM pragma_table_info('tmp_t')");
    let column = |name: &str, kind: &str, rank, not_null| {
        vec![Stored::Text(name.into()), Stored::Text(kind.into()), Stored::Integer(rank), Stored::Integer(not_null)]
    };
    assert_eq!(shape, [column("a", "TEXT", 2, 1), column("b", "INTEGER", 0, 0), column("c", "TEXT", 1, 1)]);
}

#[test]
fn columns_that_differ_only_in_case_are_refused() {
    let table = table("tmp_t", &[("id", DataType::Integer), ("Id", DataType::Text)], &["id"]);
    let error = start_build(&Replica::new(), &table).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let reason = "columns \"id\" and \"Id\" differ only in case, which SQLite ignores; rename one of them, or read a view that does";
    assert!(error.to_string().ends_with(reason), "{error}");
}

#[test]
fn two_thousand_columns_work_and_one_more_is_refused() {
    let replica = Replica::new();
    let names: Vec<_> = (0..2001).map(|number| format!("c{number}")).collect();
    let columns: Vec<_> = names.iter().map(|name| (name.as_str(), DataType::Integer)).collect();
    let widest = table("tmp_wide", &columns[..2000], &["c0"]);
    let mut values = vec![Value::Integer(1); 2000];
    let mut sink = replica.open();
    publish(&mut sink, &widest, &rows(&widest, &[(Op::Upsert, &values)])).unwrap();
    values[1999] = Value::Integer(2);
    let stats = write(&mut sink, &widest, &rows(&widest, &[(Op::Upsert, &values), (Op::Upsert, &values)])).unwrap();
    assert_eq!((stats.changed, stats.unchanged), (1, 1));
    drop(sink);

    let error = start_build(&replica, &table("tmp_wider", &columns, &["c0"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let reason = "it has 2001 columns, and SQLite holds at most 2000; read a view with fewer columns";
    assert!(error.to_string().ends_with(reason), "{error}");
}

#[test]
fn kept_names_are_refused() {
    let state = "names that begin so are kept for the replica's own state; set another `replica` name for it";
    for (name, reason) in [
        ("sqlite_users", "names that begin so are kept for SQLite; set another `replica` name for it"),
        ("tmp_data_sync_metadata", state),
        ("TMP_DATA_SYNC_build_x", state),
    ] {
        let error = start_build(&Replica::new(), &table(name, &[("id", DataType::Integer)], &["id"])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().ends_with(reason), "{error}");
        assert!(error.place().unwrap().contains(name), "{error}");
    }
}

#[test]
fn a_replica_has_a_name() {
    let error = start_build(&Replica::new(), &ReplicaTable::new("", users().schema)).unwrap_err().to_string();
    assert!(error.ends_with("it is no name for a table; set another `replica` name"), "{error}");
}

#[test]
fn what_somebody_else_made_is_never_replaced() {
    for object in [
        "CREATE TABLE Tmp_Users(mine)",
        "CREATE VIEW TMP_USERS AS SELECT 1 AS mine",
        "CREATE TABLE t(mine); CREATE INDEX tmp_users ON t(mine)",
    ] {
        let replica = Replica::new();
        replica.execute(object);
        let before = replica.query("SELECT sql FROM sqlite_master WHERE sql LIKE '%mine%'");
        let error = start_build(&replica, &users()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let reason = "\"tmp_users\" that this program did not make; rename it, drop it, or set another `replica` name";
        assert!(error.to_string().ends_with(reason), "{error}");
        assert_eq!(replica.query("SELECT sql FROM sqlite_master WHERE sql LIKE '%mine%'"), before);
    }
}

#[test]
fn what_somebody_made_while_a_table_was_built_is_not_replaced_either() {
    let replica = Replica::new();
    start_build(&replica, &users()).unwrap();
    replica.execute("CREATE TABLE tmp_users(mine)");
    let mut sink = replica.open();
    let error = sink.begin().unwrap().publish(&users()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert_eq!(replica.number("SELECT count(*) FROM pragma_table_info('tmp_users') WHERE name = 'mine'"), 1);
}

#[test]
fn a_build_starts_empty_and_can_be_given_up() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&users(), &SchemaChange::StartBuild).unwrap();
    transaction.write(&users(), sync_core::CopyState::Building, &named(&users(), &[(1, "Ada")])).unwrap();
    transaction.apply_schema(&users(), &SchemaChange::StartBuild).unwrap();
    transaction.commit(&[]).unwrap();
    assert_eq!(replica.number("SELECT count(*) FROM tmp_data_sync_build_tmp_users"), 0);

    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&users(), &SchemaChange::DropBuild).unwrap();
    transaction.apply_schema(&users(), &SchemaChange::DropBuild).unwrap();
    transaction.commit(&[]).unwrap();
    assert_eq!(replica.number("SELECT count(*) FROM sqlite_master WHERE name LIKE '%build%'"), 0);
}
