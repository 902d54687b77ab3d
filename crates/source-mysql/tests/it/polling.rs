//! Rows past a position.

use sync_core::{Cursor, End, Scope};

use crate::place::{Place, next_batch, numbers};

#[tokio::test]
async fn ties_at_the_edge_of_a_batch_are_kept_whatever_its_size() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamp NOT NULL); INSERT INTO t VALUES (100, '2024-01-01')",
    )
    .await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.caught_up(&table).await;
    place.run("INSERT INTO t SELECT CAST(seq AS SIGNED) - 6, '2024-01-02' FROM seq_1_to_11").await;
    for size in [1, 2, 3, 1000] {
        let poll = place.read(&table, Some(&start), size).await;
        assert_eq!(poll.column(0), numbers(-5..=5), "size {size}");
        for (index, batch) in poll.batches.iter().enumerate() {
            let rest = place.read(&table, batch.watermark.as_ref(), size).await;
            let seen: usize = poll.batches[..=index].iter().map(|batch| batch.rows.len()).sum();
            assert_eq!(rest.rows(), poll.rows()[seen..], "size {size}, resumed after {index}");
        }
    }
}

#[tokio::test]
async fn a_poll_that_finds_nothing_gives_nothing() {
    let place =
        Place::with("CREATE TABLE t (id int PRIMARY KEY, at timestamp NULL); INSERT INTO t VALUES (1, '2024-01-01')")
            .await;
    for (timestamp, id) in [(Some("at"), Some("id")), (Some("at"), None), (None, None)] {
        let table = place.table("t", timestamp, id).await;
        let start = place.caught_up(&table).await;
        // The log of the server goes on, and with it what it calls its position.
        place.run("CREATE TABLE elsewhere (n int); DROP TABLE elsewhere").await;
        let poll = place.read(&table, Some(&start), 10).await;
        assert!(poll.batches.is_empty(), "{timestamp:?} {id:?}: {poll:?}");
        assert_eq!(poll.end, End::Complete);
    }
}

#[tokio::test]
async fn microseconds_and_the_epoch_are_positions() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, at datetime(6));
         INSERT INTO t VALUES (0, '1970-01-01 00:00:00'), (-1, '1969-12-31 23:59:59.999999')",
    )
    .await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let mut start = place.caught_up(&table).await;
    assert_eq!((start.timestamp_ms(), start.id()), (Some(0), Some("0")));
    for (id, at) in
        [(-7, "1970-01-01 00:00:00.0001"), (-8, "1970-01-01 00:00:00.0009"), (0, "1970-01-01 00:00:00.000901")]
    {
        place.run(&format!("REPLACE INTO t VALUES ({id}, '{at}')")).await;
        let poll = place.read(&table, Some(&start), 1).await;
        assert_eq!(poll.column(0), [id.to_string()]);
        start = poll.watermark();
    }
}

#[tokio::test]
async fn stamps_of_the_future_are_given_and_do_not_blind() {
    for kind in ["timestamp(6)", "datetime", "date"] {
        let place = Place::with(&format!(
            "CREATE TABLE t (id int PRIMARY KEY, at {kind}); INSERT INTO t VALUES (1, '2024-01-01'), (3, '2036-01-01')"
        ))
        .await;
        let table = place.table("t", Some("at"), Some("id")).await;
        let start = place.caught_up(&table).await;
        assert_eq!(start.timestamp_ms(), Some(1_704_067_200_000), "{kind}");

        place.run("INSERT INTO t VALUES (4, '2024-01-02'), (5, '2035-01-01')").await;
        let poll = place.read(&table, Some(&start), 1).await;
        assert_eq!(poll.column(0), ["4", "5", "3"], "{kind}");
        assert_eq!(poll.watermark().timestamp_ms(), Some(1_704_153_600_000), "{kind}");

        place.run("INSERT INTO t VALUES (6, '2024-01-03')").await;
        let poll = place.read(&table, Some(&poll.watermark()), 100).await;
        assert_eq!(poll.column(0)[0], "6", "{kind}");
    }
}

/// Dates that are none stand before all others, and are no moment.
#[tokio::test]
async fn zero_dates_are_positions() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY, at datetime); INSERT INTO t VALUES (1, 0)").await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.caught_up(&table).await;
    assert_eq!((start.id(), start.timestamp_ms()), (Some("1"), None));
    place.run("SET sql_mode = ''; INSERT INTO t VALUES (2, 0), (3, '2024-00-00'), (0, 0)").await;
    let poll = place.read(&table, Some(&start), 1).await;
    assert_eq!(poll.column(0), ["2", "3"], "a row that takes the place of others is left to the comparison");
    assert!(place.read(&table, Some(&poll.watermark()), 1).await.batches.is_empty());
}

#[tokio::test]
async fn rows_without_a_stamp_are_found_by_their_key() {
    let place =
        Place::with("CREATE TABLE t (id int PRIMARY KEY, at timestamp NULL); INSERT INTO t VALUES (1, NULL)").await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let copy = place.read(&table, None, 10).await;
    assert_eq!(copy.column(0), ["1"], "the copy has them");
    assert!(place.read(&table, Some(&copy.watermark()), 10).await.batches.is_empty());
    place.run("INSERT INTO t VALUES (2, NULL), (3, '2024-01-01'), (4, NULL), (5, NULL)").await;
    for size in [1, 2, 10] {
        let poll = place.read(&table, Some(&copy.watermark()), size).await;
        assert_eq!(poll.column(0), ["3", "2", "4", "5"]);
        assert!(place.read(&table, Some(&poll.watermark()), size).await.batches.is_empty());
    }
}

#[tokio::test]
async fn composite_keys_break_ties_over_all_their_columns() {
    let place = Place::with("CREATE TABLE t (a int, b varchar(9), at timestamp NOT NULL, PRIMARY KEY (a, b))").await;
    let table = place.table("t", Some("at"), None).await;
    let start = place.caught_up(&table).await;
    place.run("INSERT INTO t SELECT seq DIV 3, concat('b', seq % 3), '2024-01-01' FROM seq_0_to_8").await;
    let poll = place.read(&table, Some(&start), 1).await;
    assert_eq!(poll.rows().len(), 9);
    for (index, batch) in poll.batches.iter().enumerate() {
        let rest = place.read(&table, batch.watermark.as_ref(), 2).await;
        assert_eq!(rest.rows(), poll.rows()[index + 1..]);
    }
}

/// The statement is taken from the server while it runs, and explained.
#[tokio::test]
async fn a_poll_uses_the_index() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamp NOT NULL, n text, KEY by_stamp (at));
         INSERT INTO t SELECT seq, '2024-01-01' + INTERVAL seq SECOND, repeat('x', 1000) FROM seq_1_to_20000; ANALYZE TABLE t",
    )
    .await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let end = place.caught_up(&table).await;
    let start = Cursor::new(end.token().replace("2024-01-01 05:33:20", "2024-01-01 00:00:01"));
    assert_ne!(start.token(), end.token());
    let mut reader = place.start(Scope::Table(table), Some(&start), 10).await.unwrap();
    assert_eq!(next_batch(reader.as_mut()).await.rows.len(), 10);
    let running = format!(
        "SELECT INFO FROM information_schema.PROCESSLIST WHERE USER = '{}' AND INFO LIKE 'SELECT data_sync_row%'",
        place.database.name()
    );
    let query = place.ask(&running).await;
    // MySQL shows the values, MariaDB where they go.
    let query =
        query.replace("`id` > ?", "`id` > 7").replace('?', "'2024-01-01 05:00:00'").replace("00:00:01", "05:00:00");
    let explained = place.ask(&format!("EXPLAIN FORMAT=JSON {query}")).await;
    assert!(explained.contains("by_stamp"), "{query}\n{explained}");
    assert!(!explained.contains("filesort") && !explained.contains("Sort:"), "{explained}");
}
