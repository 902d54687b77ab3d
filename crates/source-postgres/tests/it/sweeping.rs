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

#[tokio::test]
async fn what_the_poll_gave_is_not_swept_again() {
    let place = Place::alone(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz, n text);
         INSERT INTO t SELECT g, '2024-01-01', 'old' FROM generate_series(1, 5) g",
    )
    .await;
    for id in [Some("id"), None] {
        let table = place.table("t", Some("at"), id).await;
        let copy = place.read(&table, None, 10).await.watermark();
        place.database.execute("UPDATE t SET at = clock_timestamp() WHERE id > 2").unwrap();
        let poll = place.read(&table, Some(&copy), 2).await;
        assert_eq!(poll.rows().len(), 3, "{id:?}");
        let sweep = place.sweep(&table, &poll.watermark()).await;
        assert_eq!(sweep.rows().len(), 0, "{id:?}");
        assert_ne!(horizon(&sweep.watermark()), horizon(&copy));
        let halfway = poll.batches[0].watermark.clone().unwrap();
        assert_eq!(place.sweep(&table, &halfway).await.rows().len(), 1, "{id:?}: what came after that place");
    }
}

#[tokio::test]
async fn what_the_poll_did_not_see_is_swept_wherever_it_stands() {
    let place = Place::alone(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz, n text);
         INSERT INTO t SELECT g, '2024-01-01', 'old' FROM generate_series(1, 9) g",
    )
    .await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let copy = place.read(&table, None, 10).await.watermark();
    let written = "UPDATE t SET at = '2024-01-02' WHERE id = 1; UPDATE t SET at = '2024-01-04' WHERE id = 2";
    place.database.execute(written).unwrap();
    place.database.execute("INSERT INTO t VALUES (20, NULL, 'no stamp'), (21, '2023-01-01', 'behind')").unwrap();
    let poll = place.read(&table, Some(&copy), 10).await;
    assert_eq!(poll.column(0), ["1", "2"]);
    place.database.execute("UPDATE t SET n = 'silent' WHERE id = 2").unwrap();
    place.database.execute("INSERT INTO t VALUES (22, '2024-01-03', 'late')").unwrap();
    let mut swept = place.sweep(&table, &poll.watermark()).await.column(2);
    swept.sort();
    assert_eq!(swept, ["behind", "late", "no stamp", "silent"]);

    // A transaction that is open while the poll looks leaves in doubt what all later ones wrote.
    place
        .database
        .execute("BEGIN; INSERT INTO t VALUES (30, '2024-02-01', 'open'); PREPARE TRANSACTION 'open-1'")
        .unwrap();
    place.database.execute("UPDATE t SET at = '2024-02-02', n = 'after it' WHERE id = 3").unwrap();
    let poll = place.read(&table, Some(&poll.watermark()), 10).await;
    assert_eq!(poll.column(2), ["after it"]);
    place.database.execute("COMMIT PREPARED 'open-1'").unwrap();
    let mut swept = place.sweep(&table, &poll.watermark()).await.column(2);
    swept.retain(|note| note == "after it" || note == "open");
    swept.sort();
    assert_eq!(swept, ["after it", "open"]);
}

fn horizon(cursor: &Cursor) -> u64 {
    let token: serde_json::Value = serde_json::from_str(cursor.token()).unwrap();
    token["horizon"].as_u64().unwrap()
}
