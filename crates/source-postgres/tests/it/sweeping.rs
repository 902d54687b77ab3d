//! What polls can't see.

use sync_core::{Cursor, Scope};

use crate::place::Place;

#[tokio::test]
async fn late_commits_and_silent_updates_arrive() {
    let place = Place::alone(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz, n text);
         INSERT INTO t SELECT g, '2024-01-01', 'old' FROM generate_series(1, 5) g;
         BEGIN; INSERT INTO t VALUES (100, '2023-01-01', 'late'); PREPARE TRANSACTION 'late-1';",
    )
    .await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let copy = place.read(&table, None, 10).await;
    assert_eq!(copy.rows().len(), 5);
    place.database.execute("UPDATE t SET n = 'silent' WHERE id = 3").unwrap();
    assert!(place.read(&table, Some(&copy.watermark()), 10).await.batches.is_empty());

    // The late one is still open, so the horizon stays before it, and what came since is given each time.
    let first = place.sweep(&table, &copy.watermark()).await;
    assert_eq!(first.column(2), ["silent"]);
    place.database.execute("COMMIT PREPARED 'late-1'").unwrap();
    let mut second = place.sweep(&table, &first.watermark()).await.column(2);
    second.sort();
    assert_eq!(second, ["late", "silent"]);
}

#[tokio::test]
async fn only_the_last_batch_of_a_sweep_moves_the_horizon_and_none_the_poll() {
    let place = Place::alone(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz); INSERT INTO t SELECT g, '2024-01-01' FROM generate_series(1, 5) g",
    )
    .await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.read(&table, None, 10).await.watermark();
    place.database.execute("UPDATE t SET at = '2024-01-02'").unwrap();
    let sweep = place.give(Scope::Sweep(table.clone()), Some(&start), 2).await.unwrap();
    let marked: Vec<_> = sweep.batches.iter().map(|batch| batch.watermark.is_some()).collect();
    assert_eq!(marked, [false, false, true]);
    assert_ne!(horizon(&sweep.watermark()), horizon(&start));
    assert_eq!(place.read(&table, Some(&sweep.watermark()), 10).await.rows().len(), 5, "the poll goes on where it was");
    assert!(place.sweep(&table, &sweep.watermark()).await.rows().is_empty(), "a sweep has nothing to repeat");
    let poll = place.read(&table, Some(&sweep.watermark()), 10).await;
    assert_eq!(horizon(&poll.watermark()), horizon(&sweep.watermark()), "a poll proves nothing");
}

#[tokio::test]
async fn savepoints_are_seen() {
    let place = Place::alone("CREATE TABLE t (id int PRIMARY KEY)").await;
    let table = place.table("t", None, None).await;
    let start = place.read(&table, None, 10).await.watermark();
    place.database
        .execute("BEGIN; SAVEPOINT a; INSERT INTO t VALUES (1); SAVEPOINT b; INSERT INTO t VALUES (2); ROLLBACK TO b; INSERT INTO t VALUES (3); COMMIT")
        .unwrap();
    assert_eq!(place.sweep(&table, &start).await.column(0), ["1", "3"]);
}

#[tokio::test]
async fn rewritten_and_frozen_rows_are_no_reason_to_read_all_again() {
    let place = Place::alone("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 5)").await;
    let table = place.table("t", None, None).await;
    let start = place.read(&table, None, 10).await.watermark();
    place.database.execute("VACUUM (FREEZE) t").unwrap();
    place.database.execute("INSERT INTO t VALUES (6)").unwrap();
    assert_eq!(place.sweep(&table, &start).await.column(0), ["6"]);
}

fn horizon(cursor: &Cursor) -> u64 {
    let token: serde_json::Value = serde_json::from_str(cursor.token()).unwrap();
    token["horizon"].as_u64().unwrap()
}
