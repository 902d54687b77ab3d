//! What happens to a table and leaves its rows' transactions alone, or changes them all.

use std::sync::Arc;

use sync_core::{ErrorKind, Scope, SourceTable};

use crate::place::{Place, numbers};

#[tokio::test]
async fn rows_of_an_attached_partition_arrive() {
    let place = Place::alone(
        "CREATE TABLE whole (id int PRIMARY KEY, n text) PARTITION BY RANGE (id);
         CREATE TABLE low PARTITION OF whole FOR VALUES FROM (0) TO (10);
         CREATE TABLE inside (id int PRIMARY KEY, n text) PARTITION BY RANGE (id);
         CREATE TABLE high PARTITION OF inside FOR VALUES FROM (10) TO (20);
         INSERT INTO high SELECT g, 'old' FROM generate_series(10, 12) g; INSERT INTO low VALUES (1, 'old');",
    )
    .await;
    let table = place.table("whole", None, None).await;
    let start = place.read(&table, None, 10).await.watermark();
    place.database.execute("ALTER TABLE whole ATTACH PARTITION inside FOR VALUES FROM (10) TO (20)").unwrap();
    let swept = place.sweep(&table, &start).await;
    assert_eq!(swept.column(0), numbers(10..=12), "they were written long before the horizon");
    assert!(place.sweep(&table, &swept.watermark()).await.rows().is_empty(), "and come once");
}

/// The plan can't tell: the columns are what they were.
#[tokio::test]
async fn a_rewrite_of_the_values_sends_all_rows_again() {
    let place = Place::alone(
        "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT g, g FROM generate_series(1, 5) g",
    )
    .await;
    let table = place.table("t", None, None).await;
    let start = place.read(&table, None, 10).await.watermark();
    place.database.execute("ALTER TABLE t ALTER n TYPE int USING n * 10").unwrap();
    let swept = place.sweep(&table, &start).await;
    assert_eq!(swept.column(1), numbers([10, 20, 30, 40, 50]));
    place.database.execute("VACUUM FULL t").unwrap();
    let moved = place.sweep(&table, &swept.watermark()).await;
    assert!(place.sweep(&table, &moved.watermark()).await.rows().is_empty());
}

#[tokio::test]
async fn what_is_loaded_after_a_truncate_arrives_and_the_rest_is_no_more() {
    let place = Place::alone("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 5)").await;
    let table = place.table("t", None, None).await;
    let start = place.read(&table, None, 10).await.watermark();
    place.database.execute("BEGIN; TRUNCATE t; INSERT INTO t VALUES (4), (9); COMMIT").unwrap();
    let mut swept = place.sweep(&table, &start).await.column(0);
    swept.sort();
    assert_eq!(swept, ["4", "9"]);
    assert_eq!(place.give(Scope::Keys(table), None, 10).await.unwrap().column(0), ["4", "9"]);
}

#[tokio::test]
async fn a_table_swapped_by_renaming_is_copied_again() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz); INSERT INTO t VALUES (1, '2024-01-01');
         CREATE TABLE fresh (id int PRIMARY KEY, at timestamptz); INSERT INTO fresh VALUES (2, '2024-01-01');",
    );
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.read(&table, None, 10).await.watermark();
    place.database.execute("BEGIN; ALTER TABLE t RENAME TO old; ALTER TABLE fresh RENAME TO t; COMMIT").unwrap();
    let error = place.give(Scope::Sweep(table.clone()), Some(&start), 10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired, "{error}");
    let error = place.give(Scope::Table(table), Some(&start), 10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired, "{error}");
}

/// Each changes what rows say, or may, without writing one.
#[tokio::test]
async fn changes_that_write_no_row_make_the_plan_anew() {
    let make =
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN temper AS mood; CREATE TYPE pair AS (a int, m mood);
         CREATE TABLE t (id int PRIMARY KEY, n int, m mood, d temper, l mood[], p pair, w text COLLATE \"C\");
         INSERT INTO t VALUES (1, 2, 'ok', 'sad', '{ok}', '(1,sad)', 'a');
         CREATE TABLE direct (id int PRIMARY KEY, m mood); CREATE TABLE domains (id int PRIMARY KEY, d temper);
         CREATE TABLE lists (id int PRIMARY KEY, l mood[]); CREATE TABLE pairs (id int PRIMARY KEY, p pair);
         CREATE TABLE other (id int PRIMARY KEY, n int)";
    let rename = "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'";
    for (name, change) in [
        ("direct", rename),
        ("domains", rename),
        ("lists", rename),
        ("pairs", rename),
        ("pairs", "ALTER TYPE pair RENAME ATTRIBUTE a TO b"),
        (
            "t",
            "ALTER TABLE t DROP n; ALTER TABLE t ADD n int; ALTER TABLE t DROP w; ALTER TABLE t ADD w text COLLATE \"C\"",
        ),
        ("t", "ALTER TABLE t ALTER w TYPE text COLLATE \"POSIX\""),
    ] {
        let place = Place::with(make);
        let table = place.table(name, None, None).await;
        let start = place.read(&table, None, 10).await.watermark();
        let other = place.table("other", None, None).await;
        place.database.execute(change).unwrap();
        for (scope, after) in [(Scope::Table(table.clone()), None), (Scope::Sweep(table.clone()), Some(&start))] {
            let error = place.give(scope, after, 10).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Schema, "{name}, {change}: {error}");
        }
        assert_ne!(place.schema(name).await.columns(), table.schema.columns(), "{name}, {change}");
        assert_eq!(place.schema("other").await.columns(), other.schema.columns());
        let planned_again = place.table(name, None, None).await;
        place.read(&planned_again, None, 10).await;
    }
}

/// Waits until somebody waits for a lock in this database.
async fn until_one_waits(place: &Place) {
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = \
        (SELECT oid FROM pg_database WHERE datname = current_database())";
    while place.database.query(waiting).unwrap().trim() == "0" {
        tokio::task::yield_now().await;
    }
}

/// With a snapshot from before the lock they would read nothing, and say that it was all.
#[tokio::test]
async fn reads_behind_an_alter_see_what_it_left() {
    let place = Place::alone(
        "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT g, g FROM generate_series(1, 3) g;
         CREATE VIEW v AS SELECT * FROM t; CREATE VIEW above AS SELECT * FROM v",
    )
    .await;
    let (table, view) = (place.table("t", None, None).await, place.table("above", None, None).await);
    let start = place.read(&table, None, 10).await.watermark();
    for (scope, after) in [
        (Scope::Sweep(table.clone()), Some(&start)),
        (Scope::Table(table.clone()), None),
        (Scope::Table(view), None),
        (Scope::Keys(table.clone()), None),
    ] {
        // Both leave files behind that an older snapshot sees empty.
        place
            .database
            .execute("BEGIN; TRUNCATE t; INSERT INTO t VALUES (7, 7), (8, 8); PREPARE TRANSACTION 'reload'")
            .unwrap();
        let commit = async {
            until_one_waits(&place).await;
            place.database.execute("COMMIT PREPARED 'reload'").unwrap();
        };
        let name = format!("{scope:?}");
        let (given, ()) = tokio::join!(place.give(scope, after, 10), commit);
        let mut rows = given.unwrap().column(0);
        rows.sort();
        assert_eq!(rows, ["7", "8"], "{}", &name[..5]);
    }
}

/// A transaction that is open anywhere on the server holds the horizon: rows come again, and none is lost.
#[tokio::test]
async fn a_transaction_prepared_in_another_database_loses_nothing() {
    let place = Place::alone("CREATE TABLE t (id int PRIMARY KEY)").await;
    let other = Place::quiet().database().unwrap();
    other.execute("CREATE TABLE u (id int); BEGIN; INSERT INTO u VALUES (1); PREPARE TRANSACTION 'elsewhere'").unwrap();
    let table = place.table("t", None, None).await;
    let mut cursor = place.read(&table, None, 10).await.watermark();
    for id in 1..=3 {
        place.database.execute(&format!("INSERT INTO t VALUES ({id})")).unwrap();
        let swept = place.sweep(&table, &cursor).await;
        assert_eq!(swept.column(0), numbers(1..=id), "all since the open transaction began");
        cursor = swept.watermark();
    }
    other.execute("COMMIT PREPARED 'elsewhere'").unwrap();
    cursor = place.sweep(&table, &cursor).await.watermark();
    assert!(place.sweep(&table, &cursor).await.rows().is_empty());
}

/// Subtransactions have ids of their own, which a snapshot taken in between may not list.
#[tokio::test]
async fn subtransactions_open_during_a_sweep_arrive_with_the_next() {
    let place = Place::alone("CREATE TABLE t (id int PRIMARY KEY)").await;
    let table = place.table("t", None, None).await;
    let start = place.read(&table, None, 10).await.watermark();
    let savepoints: String = (1..=80).map(|id| format!("SAVEPOINT s{id}; INSERT INTO t VALUES ({id}); ")).collect();
    place.database.execute(&format!("BEGIN; {savepoints} ROLLBACK TO s80; PREPARE TRANSACTION 'nested'")).unwrap();
    place.database.execute("INSERT INTO t VALUES (100)").unwrap();
    let during = place.sweep(&table, &start).await;
    assert_eq!(during.column(0), ["100"]);
    place.database.execute("COMMIT PREPARED 'nested'").unwrap();
    let mut after: Vec<i64> =
        place.sweep(&table, &during.watermark()).await.column(0).iter().map(|id| id.parse().unwrap()).collect();
    after.sort_unstable();
    assert_eq!(after, (1..80).chain([100]).collect::<Vec<_>>());
}

/// What can't be swept is read whole, each time, and may be empty.
#[tokio::test]
async fn views_and_tables_without_a_key_are_read_whole_in_one_go() {
    let place = Place::with(
        "CREATE TABLE plain (n int); CREATE VIEW v AS SELECT * FROM plain; CREATE MATERIALIZED VIEW m AS SELECT * FROM plain;
         CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE heir () INHERITS (parent); INSERT INTO heir VALUES (1), (1);
         CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
         CREATE FOREIGN TABLE far (n text) SERVER files OPTIONS (program 'echo one')",
    );
    for (name, rows) in [("plain", 0), ("v", 0), ("m", 0), ("parent", 2), ("far", 1)] {
        let table = place.table(name, None, None).await;
        assert!(table.schema.key().is_empty(), "{name}");
        let copy = place.read(&table, None, 1).await;
        assert_eq!(copy.rows().len(), rows, "{name}");
        assert!(copy.watermark().token().contains("\"live\""), "{name}");
    }
    place.database.execute("INSERT INTO plain VALUES (1), (1); REFRESH MATERIALIZED VIEW m").unwrap();
    for name in ["plain", "v", "m"] {
        let table: Arc<SourceTable> = place.table(name, None, None).await;
        assert_eq!(place.read(&table, None, 10).await.column(0), ["1", "1"], "{name}");
    }
}
