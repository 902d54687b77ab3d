//! Tables that are no longer what the plan was made from.

use sync_core::{ErrorKind, Scope};

use crate::place::Place;

const TABLE: &str =
    "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, at timestamp NULL); CREATE TABLE other (id int PRIMARY KEY);
    INSERT INTO t VALUES (1, 2, '2024-01-01')";

#[tokio::test]
async fn a_change_is_named() {
    for (change, message) in [
        ("ALTER TABLE t CHANGE n m int NOT NULL", "column \"n\" is gone"),
        ("ALTER TABLE t DROP n", "column \"n\" is gone"),
        ("ALTER TABLE t MODIFY n bigint NOT NULL", "column \"n\" was of type int"),
        ("ALTER TABLE t DROP PRIMARY KEY", "its key is another one"),
        ("DROP TABLE t; CREATE VIEW t AS SELECT 1 AS id", "it was replaced by another kind of relation"),
        ("DROP TABLE t", "doesn't exist (error 1146)"),
        ("RENAME TABLE t TO old, other TO t", "column \"n\" is gone"),
    ] {
        let place = Place::with(TABLE).await;
        let table = place.table("t", Some("at"), Some("id")).await;
        place.run(change).await;
        let error = place.give(Scope::Table(table.clone()), None, 10).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema, "{change}: {error}");
        let at = format!("table {}.t: ", place.database.name());
        assert!(error.to_string().starts_with(&at) && error.message().contains(message), "{change}: {error}");
    }
}

/// A poll trusts what the catalog said at the last read; a table that was made or rewritten since is another one.
#[tokio::test]
async fn a_table_that_was_made_again_is_copied_again() {
    for change in
        ["DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, at timestamp NULL)", "ALTER TABLE t FORCE"]
    {
        let place = Place::with(TABLE).await;
        let table = place.table("t", Some("at"), Some("id")).await;
        let copy = place.read(&table, None, 1).await;
        // The server tells the time of it in whole seconds.
        place.run(&format!("DO SLEEP(1.1); {change}")).await;
        for after in [copy.batches[1].watermark.clone().unwrap(), copy.watermark()] {
            let error = place.give(Scope::Table(table.clone()), Some(&after), 10).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Expired, "{change}");
            assert!(error.message().starts_with("it was made or rewritten at 20"), "{change}: {error}");
            assert_eq!(error.hint_text(), Some("it is copied again"));
        }
    }
}

/// A column that the plan does not have changes nothing for it.
#[tokio::test]
async fn a_new_column_is_left_to_the_next_plan() {
    let place = Place::with(TABLE).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    place.run("ALTER TABLE t ADD extra int DEFAULT 7").await;
    assert_eq!(place.read(&table, None, 10).await.rows()[0].len(), 3);
}

/// A transaction with an older snapshot is refused the table, and says so in time.
#[tokio::test]
async fn a_change_under_way_is_waited_for_and_tried_again() {
    use mysql_async::prelude::Queryable;
    let place = Place::with(TABLE).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let mut holder = place.session().await;
    holder.query_drop("LOCK TABLES t WRITE").await.unwrap();
    let error = place.give(Scope::Table(table), None, 10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().ends_with("somebody holds a lock on it; it is tried again"), "{error}");
}
