//! Tables that are no longer what the plan was made from.

use sync_core::{ErrorKind, Scope};

use crate::place::Place;

async fn refusal(change: &str) -> (String, String) {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, at timestamptz); CREATE TABLE other (id int PRIMARY KEY);
         INSERT INTO t VALUES (1, 2, '2024-01-01')",
    );
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.read(&table, None, 10).await.watermark();
    place.database.execute(change).unwrap();
    place.database.execute("SELECT 1").unwrap();
    let copy = place.give(Scope::Table(table.clone()), None, 10).await.unwrap_err();
    assert_eq!(copy.kind(), ErrorKind::Schema, "{change}: {copy}");
    let poll = match place.give(Scope::Table(table), Some(&start), 10).await {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Schema, "{change}: {error}");
            error.message().to_owned()
        }
    };
    (copy.to_string(), poll)
}

#[tokio::test]
async fn a_change_is_named() {
    for (change, message) in [
        ("ALTER TABLE t RENAME n TO m", "column \"n\" is gone"),
        ("ALTER TABLE t DROP n", "column \"n\" is gone"),
        ("ALTER TABLE t ALTER n TYPE bigint", "column \"n\" was of type integer and is bigint now"),
        ("ALTER TABLE t DROP CONSTRAINT t_pkey", "its key is another one"),
        ("DROP TABLE t; CREATE VIEW t AS SELECT 1 AS id", ""),
        ("DROP TABLE t", "relation \"public.t\" does not exist (SQLSTATE 42P01)"),
        ("ALTER TABLE t RENAME TO old; ALTER TABLE other RENAME TO t", "column \"n\" is gone"),
    ] {
        let (copy, poll) = refusal(change).await;
        assert!(copy.starts_with("table public.t: ") && copy.contains(message), "{change}: {copy}");
        // The failed copy made the source forget what it knew, so the poll looks again.
        assert!(!message.starts_with("column") || poll == message, "{change}: {poll}");
    }
}

/// A poll trusts what the catalog said at the last read; what it is given must still fit.
#[tokio::test]
async fn a_poll_notices_another_type_by_what_it_gets() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, n int, at timestamptz); INSERT INTO t VALUES (1, 2, '2024-01-01')",
    );
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.read(&table, None, 10).await.watermark();
    place.database.execute("ALTER TABLE t ALTER n TYPE bigint; INSERT INTO t VALUES (2, 3, '2024-01-02')").unwrap();
    let error = place.give(Scope::Table(table.clone()), Some(&start), 10).await.unwrap_err();
    assert_eq!(error.to_string(), "table public.t: column \"n\" is of type int8 now; plan it again");
    assert_eq!(error.kind(), ErrorKind::Schema);
    // And it is not trusted any more.
    let error = place.give(Scope::Table(table), Some(&start), 10).await.unwrap_err();
    assert_eq!(error.message(), "column \"n\" was of type integer and is bigint now");
}

/// One of the same name and columns shares nothing with the one that was read.
#[tokio::test]
async fn a_table_made_anew_is_copied_anew() {
    let make = "CREATE TABLE t (id int PRIMARY KEY, at timestamptz); INSERT INTO t VALUES (1, '2024-01-01'), (2, '2024-01-02')";
    let place = Place::with(make);
    let table = place.table("t", Some("at"), Some("id")).await;
    let copy = place.read(&table, None, 1).await;
    place.database.execute(&format!("DROP TABLE t; {make}")).unwrap();
    let live = copy.watermark();
    // What another process knows of the table is what it is now.
    let other =
        source_postgres::PostgresSource::new(&source_postgres::PostgresConfig::new(place.database.url())).unwrap();
    let place = Place { source: other, ..place };
    let resume = Scope::Table(table.clone());
    for (scope, after) in [
        (resume, copy.batches[1].watermark.as_ref()),
        (Scope::Table(table.clone()), Some(&live)),
        (Scope::Sweep(table.clone()), Some(&live)),
    ] {
        let error = place.give(scope, after, 10).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Expired, "{error}");
        assert_eq!(error.to_string(), "table public.t: it was dropped and made again; it is copied again");
    }
}

/// A copy that waits behind an ALTER with an older snapshot would read nothing, and say that it succeeded.
#[tokio::test]
async fn a_locked_table_is_tried_later_and_never_read_empty() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
    let table = place.table("t", None, Some("id")).await;
    place.database.execute("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE; PREPARE TRANSACTION 'hold'").unwrap();
    let error = place.give(Scope::Table(table.clone()), None, 10).await.unwrap_err();
    place.database.execute("ROLLBACK PREPARED 'hold'").unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("somebody holds a lock on it"), "{error}");
    assert_eq!(place.read(&table, None, 10).await.rows().len(), 1);
}

#[tokio::test]
async fn rows_that_wait_for_a_lock_are_those_behind_it() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1)");
    let table = place.table("t", None, Some("id")).await;
    place.database.execute("BEGIN; TRUNCATE t; INSERT INTO t VALUES (2, 2); PREPARE TRANSACTION 'swap'").unwrap();
    let commit = || async {
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        while place.database.query(waiting).unwrap().trim() == "0" {
            tokio::task::yield_now().await;
        }
        place.database.execute("COMMIT PREPARED 'swap'").unwrap();
    };
    let (copy, ()) = tokio::join!(place.give(Scope::Table(table), None, 10), commit());
    assert_eq!(copy.unwrap().column(0), ["2"]);
}
