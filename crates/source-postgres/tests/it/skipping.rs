//! Sweeps that are left out while the counters stand still.

use std::sync::Arc;

use sync_core::{Activity, BatchLimits, Cursor, End, ReadRequest, Scope, Source, SourceTable};

use crate::place::{Given, Place};

async fn activity(place: &Place, table: &SourceTable) -> Activity {
    place.source.pulse().await.unwrap().tables.remove(table.schema.id()).unwrap()
}

async fn sweep(place: &Place, table: &Arc<SourceTable>, after: &Cursor, activity: Option<Activity>) -> Given {
    let request = ReadRequest::new(Scope::Sweep(Arc::clone(table)), Some(after.clone()))
        .limits(BatchLimits::new(1000, usize::MAX))
        .activity(activity);
    place.give_all(request).await.unwrap()
}

/// Sweeps until the cursor was swept under the very activity that the pulse tells: counters arrive some time after the commit.
async fn settled(place: &Place, table: &Arc<SourceTable>, mut cursor: Cursor) -> Cursor {
    let settle = async {
        loop {
            let given = sweep(place, table, &cursor, Some(activity(place, table).await)).await;
            if given.end == End::Unchanged {
                return cursor;
            }
            cursor = given.watermark();
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), settle).await.expect("the counters do not settle")
}

#[tokio::test]
async fn a_table_that_stands_still_is_not_read() {
    let place = Place::alone("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)").await;
    let table = place.table("t", None, None).await;
    let copied = place.read(&table, None, 10).await.watermark();
    let cursor = settled(&place, &table, copied).await;
    let skipped = sweep(&place, &table, &cursor, Some(activity(&place, &table).await)).await;
    assert!(skipped.batches.is_empty() && skipped.end == End::Unchanged);
    assert_eq!(sweep(&place, &table, &cursor, None).await.end, End::Complete, "unless it must be");

    place.database.execute("INSERT INTO t VALUES (2)").unwrap();
    let mut found = Vec::new();
    while found.is_empty() {
        let given = sweep(&place, &table, &cursor, Some(activity(&place, &table).await)).await;
        found = given.column(0);
    }
    assert_eq!(found, ["2"]);
}

/// Only from time to time a sweep that nothing asks for finds what such a session wrote.
#[tokio::test]
async fn writes_that_are_not_counted_are_found_by_a_sweep_that_must_be() {
    let place = Place::alone("CREATE TABLE t (id int PRIMARY KEY)").await;
    let table = place.table("t", None, None).await;
    let copied = place.read(&table, None, 10).await.watermark();
    let cursor = settled(&place, &table, copied).await;
    place.database.execute("SET track_counts = off; INSERT INTO t VALUES (1)").unwrap();
    let skipped = sweep(&place, &table, &cursor, Some(activity(&place, &table).await)).await;
    assert_eq!(skipped.end, End::Unchanged);
    assert_eq!(sweep(&place, &table, &cursor, None).await.column(0), ["1"]);
}

#[tokio::test]
async fn no_sweep_is_left_out_after_a_reset_or_a_change_that_is_not_counted() {
    let place = Place::alone(
        "CREATE TABLE whole (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE part (id int PRIMARY KEY);
         INSERT INTO part VALUES (1);",
    )
    .await;
    let table = place.table("whole", None, None).await;
    let mut cursor = place.read(&table, None, 10).await.watermark();
    for change in [
        "SELECT pg_stat_reset()",
        "SELECT pg_stat_reset_single_table_counters('part'::regclass)",
        "ALTER TABLE whole ATTACH PARTITION part FOR VALUES FROM (0) TO (10)",
        "TRUNCATE whole",
        "ALTER TABLE whole DETACH PARTITION part",
    ] {
        cursor = settled(&place, &table, cursor).await;
        place.database.execute(change).unwrap();
        let given = sweep(&place, &table, &cursor, Some(activity(&place, &table).await)).await;
        assert_eq!(given.end, End::Complete, "{change}");
        cursor = given.watermark();
    }
}

/// Nothing was written, and yet the rows are others.
#[tokio::test]
async fn no_sweep_is_left_out_for_a_table_of_another_shape() {
    let place = Place::alone(
        "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (id int PRIMARY KEY, m mood); INSERT INTO t VALUES (1, 'sad')",
    )
    .await;
    let table = place.table("t", None, None).await;
    let copied = place.read(&table, None, 10).await.watermark();
    let cursor = settled(&place, &table, copied).await;
    place.database.execute("ALTER TYPE mood RENAME VALUE 'sad' TO 'low'").unwrap();
    let planned_again = place.table("t", None, None).await;
    let given = sweep(&place, &planned_again, &cursor, Some(activity(&place, &table).await)).await;
    assert_eq!(given.end, End::Complete);
}

/// The rows of a copy in one snapshot are those of its counters; a copy in two has none.
#[tokio::test]
async fn a_resumed_copy_is_always_swept() {
    let place = Place::alone("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 5)").await;
    let table = place.table("t", None, None).await;
    let copied = place.read(&table, None, 10).await.watermark();
    settled(&place, &table, copied).await;
    let copy = place.read(&table, None, 2).await;
    let whole = sweep(&place, &table, &copy.watermark(), Some(activity(&place, &table).await)).await;
    assert_eq!(whole.end, End::Unchanged);
    let rest = place.read(&table, copy.batches[1].watermark.as_ref(), 2).await;
    let resumed = sweep(&place, &table, &rest.watermark(), Some(activity(&place, &table).await)).await;
    assert_eq!(resumed.end, End::CompleteAfterReconcile);
}
