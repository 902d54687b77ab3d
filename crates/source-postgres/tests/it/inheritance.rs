//! A table from which others inherit: with their rows, as a plain SELECT shows them, or alone.

use std::sync::Arc;

use sync_core::{ErrorKind, Op, RowBatch, Scope, SourceTable};

use crate::place::{Place, numbers, text};

const FAMILY: &str = "CREATE TABLE parent (id int PRIMARY KEY, at timestamptz NOT NULL, n text);
    CREATE TABLE child (extra int) INHERITS (parent); CREATE TABLE grandchild () INHERITS (child);
    INSERT INTO parent SELECT g, '2024-01-01', 'own' FROM generate_series(1, 3) g;
    INSERT INTO child SELECT g, '2024-01-02', 'of the child' FROM generate_series(2, 4) g;
    INSERT INTO grandchild VALUES (9, '2024-01-03', 'of the grandchild')";

/// The table with its own rows alone, and its stamp and key to poll by.
async fn alone(place: &Place, name: &str) -> Arc<SourceTable> {
    let schema = place.schema(name).await.without_children().unwrap();
    Arc::new(SourceTable::new(Arc::new(schema)).cursor_columns(Some(1), Some(0)).alone(true))
}

#[tokio::test]
async fn with_its_children_it_has_no_key_and_alone_its_own() {
    let place = Place::with(FAMILY);
    let parent = place.schema("parent").await;
    assert!(parent.has_children() && parent.key().is_empty());
    assert_eq!(parent.without_children().unwrap().key(), [0]);
    assert!(!parent.without_children().unwrap().has_children());
    // The child's key is not inherited, and so there is none.
    assert_eq!(place.schema("child").await.without_children().unwrap().key(), [0; 0]);
    assert!(place.schema("grandchild").await.without_children().is_none());
    place
        .database
        .execute("CREATE TABLE former (id int PRIMARY KEY); CREATE TABLE t () INHERITS (former); DROP TABLE t")
        .unwrap();
    assert!(!place.schema("former").await.has_children());
}

#[tokio::test]
async fn a_copy_a_poll_and_a_list_of_keys_are_of_the_rows_that_are_wanted() {
    let place = Place::with(FAMILY);
    let whole = place.table("parent", None, None).await;
    let mut all = place.read(&whole, None, 10).await.column(0);
    all.sort();
    assert_eq!(all, numbers([1, 2, 2, 3, 3, 4, 9]));

    let own = alone(&place, "parent").await;
    let copy = place.read(&own, None, 2).await;
    assert_eq!(copy.column(0), numbers(1..=3));
    let resumed = place.read(&own, copy.batches[1].watermark.as_ref(), 10).await;
    assert_eq!(resumed.column(0), ["3"]);
    let keys = place.give(Scope::Keys(own.clone()), Some(&copy.watermark()), 10).await.unwrap();
    assert_eq!(keys.column(0), numbers(1..=3));
    place
        .database
        .execute("INSERT INTO child VALUES (20, '2024-02-01'); INSERT INTO parent VALUES (21, '2024-02-01')")
        .unwrap();
    assert_eq!(place.read(&own, Some(&copy.watermark()), 10).await.column(0), ["21"]);
}

#[tokio::test]
async fn what_is_swept_and_looked_up_alone_is_not_the_childrens() {
    let place = Place::alone(FAMILY).await;
    let own = alone(&place, "parent").await;
    let copy = place.read(&own, None, 10).await;
    place
        .database
        .execute(
            "UPDATE ONLY parent SET n = 'silent' WHERE id = 2; UPDATE child SET n = 'silent'; DELETE FROM ONLY parent WHERE id = 3;
             CREATE TABLE born () INHERITS (parent); INSERT INTO born VALUES (30, '2023-01-01', 'born'); TRUNCATE grandchild",
        )
        .unwrap();
    let sweep = place.sweep(&own, &copy.watermark()).await;
    assert_eq!(sweep.rows(), [["2", "2024-01-01 00:00:00.000000Z", "silent"]], "no part of it is new");

    let mut keys = RowBatch::new(Arc::clone(&own.schema));
    for id in [2, 3, 4] {
        keys.push_integer(id);
        keys.push_null();
        keys.push_null();
        keys.end_row(Op::Delete).unwrap();
    }
    let found = place.give(Scope::Rows(own.clone(), keys), Some(&sweep.watermark()), 10).await.unwrap();
    let states: Vec<_> = found
        .batches
        .iter()
        .flat_map(|batch| batch.rows.rows())
        .map(|row| (text(row.get(0)), row.op() == Op::Upsert))
        .collect();
    assert_eq!(states, [("2".to_owned(), true), ("3".to_owned(), false), ("4".to_owned(), false)]);
}

#[tokio::test]
async fn a_first_child_is_noticed_and_a_last_one_changes_nothing_for_who_reads_it_alone() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz NOT NULL); INSERT INTO t VALUES (1, '2024-01-01')",
    );
    let plain = place.table("t", Some("at"), Some("id")).await;
    let copy = place.read(&plain, None, 10).await;
    place.database.execute("CREATE TABLE c () INHERITS (t); INSERT INTO c VALUES (1, '2024-01-02')").unwrap();
    let error = place.give(Scope::Sweep(plain), Some(&copy.watermark()), 10).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Schema, "its key is another one"));

    let own = alone(&place, "t").await;
    let copy = place.read(&own, None, 10).await;
    place.database.execute("DROP TABLE c; INSERT INTO t VALUES (2, '2024-01-02')").unwrap();
    assert_eq!(place.sweep(&own, &copy.watermark()).await.column(0), ["2"]);
}
