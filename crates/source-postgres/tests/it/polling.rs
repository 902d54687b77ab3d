//! Rows past a position.

use std::sync::Arc;

use sync_core::{Cursor, End, ReadRequest, Scope, Source};

use crate::place::{Place, next_batch, numbers};

async fn caught_up(place: &Place, table: &Arc<sync_core::SourceTable>) -> Cursor {
    place.read(table, None, 1000).await.watermark()
}

#[tokio::test]
async fn ties_at_the_edge_of_a_batch_are_kept_whatever_its_size() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz NOT NULL); INSERT INTO t VALUES (100, '2024-01-01')",
    );
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = caught_up(&place, &table).await;
    place.database.execute("INSERT INTO t SELECT g, '2024-01-02' FROM generate_series(-5, 5) g").unwrap();
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
        Place::with("CREATE TABLE t (id int PRIMARY KEY, at timestamptz); INSERT INTO t VALUES (1, '2024-01-01')");
    for (timestamp, id) in [(Some("at"), Some("id")), (Some("at"), None), (None, Some("id")), (None, None)] {
        let table = place.table("t", timestamp, id).await;
        let start = caught_up(&place, &table).await;
        let poll = place.read(&table, Some(&start), 10).await;
        assert!(poll.batches.is_empty(), "{timestamp:?} {id:?}: {poll:?}");
        assert_eq!(poll.end, End::Complete);
    }
}

/// Whoever vouches for a quiet in which everything was read is believed; whoever has seen another one gets what is there.
#[tokio::test]
async fn a_server_that_stands_still_is_not_polled() {
    let place = Place::alone("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)").await;
    let table = place.table("t", None, Some("id")).await;
    let copied = caught_up(&place, &table).await;
    let poll = async |cursor: &Cursor, quiet: Option<String>| {
        let request = ReadRequest::new(Scope::Table(Arc::clone(&table)), Some(cursor.clone())).quiet(quiet);
        place.give_all(request).await.unwrap()
    };
    let then = place.source.pulse().await.unwrap().quiet;
    assert!(then.is_some());
    place.database.execute("INSERT INTO t VALUES (2)").unwrap();
    assert_eq!(poll(&copied, then.clone()).await.rows().len(), 0, "the server was not asked");
    let now = place.source.pulse().await.unwrap().quiet;
    assert_ne!(now, then);
    let polled = poll(&copied, now.clone()).await;
    assert_eq!(polled.column(0), ["2"]);
    let swept = place.sweep(&table, &polled.watermark()).await.watermark();
    place.database.execute("INSERT INTO t VALUES (3)").unwrap();
    assert_eq!(poll(&polled.watermark(), now.clone()).await.column(0), ["3"], "a poll proves no quiet");
    assert_eq!(poll(&swept, now).await.rows().len(), 0, "a sweep does");
    assert_eq!(poll(&swept, None).await.column(0), ["3"]);
}

#[tokio::test]
async fn microseconds_the_epoch_and_zero_are_positions() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz);
         INSERT INTO t VALUES (0, '1970-01-01 00:00:00+00'), (-1, '1969-12-31 23:59:59.999999+00')",
    );
    let table = place.table("t", Some("at"), Some("id")).await;
    let mut start = caught_up(&place, &table).await;
    assert_eq!((start.timestamp_ms(), start.id()), (Some(0), Some("0")));
    for (id, at) in
        [(-7, "1970-01-01 00:00:00.0001+00"), (-8, "1970-01-01 00:00:00.0009+00"), (0, "1970-01-01 00:00:00.000901+00")]
    {
        place
            .database
            .execute(&format!("INSERT INTO t VALUES ({id}, '{at}') ON CONFLICT (id) DO UPDATE SET at = excluded.at"))
            .unwrap();
        let poll = place.read(&table, Some(&start), 1).await;
        assert_eq!(poll.column(0), [id.to_string()]);
        start = poll.watermark();
    }
    let by_id = place.table("t", None, Some("id")).await;
    let start = caught_up(&place, &by_id).await;
    assert_eq!(start.id(), Some("0"));
    place.database.execute("INSERT INTO t VALUES (1, NULL)").unwrap();
    assert_eq!(place.read(&by_id, Some(&start), 1).await.column(0), ["1"]);
}

#[tokio::test]
async fn stamps_of_the_future_are_given_and_do_not_blind() {
    for kind in ["timestamptz", "timestamp", "date"] {
        let place = Place::with(&format!(
            "CREATE TABLE t (id int PRIMARY KEY, at {kind}); INSERT INTO t VALUES (1, '2024-01-01'), (2, 'infinity'), (3, '2999-01-01')"
        ));
        let table = place.table("t", Some("at"), Some("id")).await;
        let start = caught_up(&place, &table).await;
        assert_eq!(start.timestamp_ms(), Some(1_704_067_200_000), "{kind}");

        place.database.execute("INSERT INTO t VALUES (4, '2024-01-02'), (5, '2998-01-01')").unwrap();
        let poll = place.read(&table, Some(&start), 1).await;
        assert_eq!(poll.column(0), ["4", "5", "3", "2"], "{kind}");
        assert_eq!(poll.watermark().timestamp_ms(), Some(1_704_153_600_000), "{kind}");

        place.database.execute("INSERT INTO t VALUES (6, '2024-01-03')").unwrap();
        let poll = place.read(&table, Some(&poll.watermark()), 100).await;
        assert_eq!(poll.column(0)[0], "6", "{kind}");
    }
}

/// A column without a zone that holds the server's local time is hours ahead of UTC in the east.
#[tokio::test]
async fn local_time_of_the_server_is_no_future() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY, at timestamp)");
    place.database.execute(&format!("ALTER DATABASE {} SET TimeZone = 'Asia/Tokyo'", place.database.name())).unwrap();
    place.database.execute("INSERT INTO t VALUES (1, localtimestamp)").unwrap();
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = caught_up(&place, &table).await;
    assert_eq!(start.id(), Some("1"));
    place.database.execute("INSERT INTO t VALUES (2, localtimestamp)").unwrap();
    let poll = place.read(&table, Some(&start), 10).await;
    assert_eq!((poll.column(0), poll.watermark().id()), (vec!["2".to_owned()], Some("2")));
}

#[tokio::test]
async fn infinities_of_the_past_are_positions() {
    let place =
        Place::with("CREATE TABLE t (id int PRIMARY KEY, at timestamptz); INSERT INTO t VALUES (1, '-infinity')");
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = caught_up(&place, &table).await;
    place.database.execute("INSERT INTO t VALUES (2, '-infinity'), (3, '0044-03-15 BC')").unwrap();
    let poll = place.read(&table, Some(&start), 1).await;
    assert_eq!(poll.column(0), ["2", "3"]);
    assert!(place.read(&table, Some(&poll.watermark()), 1).await.batches.is_empty());
}

#[tokio::test]
async fn rows_without_a_stamp_are_left_to_the_sweep() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY, at timestamptz); INSERT INTO t VALUES (1, NULL)");
    let table = place.table("t", Some("at"), Some("id")).await;
    let copy = place.read(&table, None, 10).await;
    assert_eq!(copy.column(0), ["1"], "the copy has them");
    place.database.execute("INSERT INTO t VALUES (2, NULL), (3, '2024-01-01')").unwrap();
    assert_eq!(place.read(&table, Some(&copy.watermark()), 10).await.column(0), ["3"]);
    assert!(place.sweep(&table, &copy.watermark()).await.column(0).contains(&"2".to_owned()));
}

#[tokio::test]
async fn composite_keys_break_ties_over_all_their_columns() {
    let place = Place::with("CREATE TABLE t (a int, b text, at timestamptz, PRIMARY KEY (a, b))");
    let table = place.table("t", Some("at"), None).await;
    let start = caught_up(&place, &table).await;
    place
        .database
        .execute("INSERT INTO t SELECT g / 3, 'b' || g % 3, '2024-01-01' FROM generate_series(0, 8) g")
        .unwrap();
    let poll = place.read(&table, Some(&start), 1).await;
    assert_eq!(poll.rows().len(), 9);
    for (index, batch) in poll.batches.iter().enumerate() {
        let rest = place.read(&table, batch.watermark.as_ref(), 2).await;
        assert_eq!(rest.rows(), poll.rows()[index + 1..]);
    }
}

/// Where nothing proves that rows of one stamp differ, those of the last stamp come again rather than never.
#[tokio::test]
async fn without_a_key_the_last_stamp_is_read_again() {
    let place = Place::with("CREATE TABLE t (n int, at timestamptz); INSERT INTO t VALUES (1, '2024-01-01')");
    let table = place.table("t", Some("at"), None).await;
    let start = caught_up(&place, &table).await;
    place.database.execute("INSERT INTO t VALUES (2, '2024-01-01'), (3, '2024-01-02')").unwrap();
    let poll = place.read(&table, Some(&start), 1).await;
    let mut rows = poll.column(0);
    rows.sort();
    assert_eq!(rows, ["1", "2", "3"]);
    assert_eq!(poll.batches.iter().filter(|batch| batch.watermark.is_some()).count(), 1);
    assert_eq!(place.read(&table, Some(&poll.watermark()), 1).await.column(0), ["3"]);
}

/// The statement is taken from the server while it runs, and explained.
#[tokio::test]
async fn a_poll_uses_the_index() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz, n text);
         INSERT INTO t SELECT g, '2024-01-01'::timestamptz + g * interval '1 second', repeat('x', 1000) FROM generate_series(1, 20000) g;
         CREATE INDEX by_stamp ON t (at, id); ANALYZE t",
    );
    let table = place.table("t", Some("at"), Some("id")).await;
    let end = caught_up(&place, &table).await;
    let start = Cursor::new(end.token().replace("2024-01-01 05:33:20", "2024-01-01 00:00:01"));
    assert_ne!(start.token(), end.token());
    let mut reader = place.start(Scope::Table(table), Some(&start), 10).await.unwrap();
    assert_eq!(next_batch(reader.as_mut()).await.rows.len(), 10);
    let running =
        "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT data_sync_row%'";
    let query = place.database.query(running).unwrap();
    let explain = format!("PREPARE poll AS {query}; EXPLAIN EXECUTE poll('2024-01-01 05:00:00Z', '7')");
    let explained = place.database.query(&explain).unwrap();
    assert!(explained.contains("Index Scan using by_stamp") && !explained.contains("Sort"), "{explained}");
}

#[tokio::test]
async fn a_view_is_polled_with_the_logins_own_search_path() {
    let place = Place::with(
        "CREATE SCHEMA app; CREATE TABLE app.settings (factor int); INSERT INTO app.settings VALUES (3);
         CREATE FUNCTION app.scaled(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN n * (SELECT factor FROM settings); END $$;
         CREATE TABLE app.t (id int, at timestamptz); INSERT INTO app.t VALUES (1, '2024-01-01');
         CREATE VIEW app.v AS SELECT id, at, app.scaled(id) AS n FROM app.t;",
    );
    place.database.execute(&format!("ALTER DATABASE {} SET search_path = app, public", place.database.name())).unwrap();
    let table = place.table("v", Some("at"), None).await;
    let copy = place.read(&table, None, 10).await;
    assert_eq!(copy.column(2), ["3"]);
    place.database.execute("INSERT INTO app.t VALUES (2, '2024-01-02')").unwrap();
    for _ in 0..2 {
        assert_eq!(place.read(&table, Some(&copy.watermark()), 10).await.column(2), ["3", "6"]);
    }
    let error = place.give(Scope::Sweep(table), Some(&copy.watermark()), 10).await.unwrap_err();
    assert_eq!(error.kind(), sync_core::ErrorKind::Unsupported);
}

/// Calls so far in this database, of BEGIN and of the poll itself.
fn calls(place: &Place) -> (u64, u64) {
    let count = |pattern: &str| {
        let sql = format!(
            "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
             WHERE d.datname = '{}' AND query LIKE '{pattern}'",
            place.database.name()
        );
        place.database.query(&sql).unwrap().trim().parse().unwrap()
    };
    (count("BEGIN%"), count("SELECT data_sync_row%"))
}

#[tokio::test]
async fn a_poll_is_one_statement_where_no_setting_shapes_a_value() {
    let place = Place::with(
        "CREATE EXTENSION pg_stat_statements;
         CREATE TABLE plain (id int PRIMARY KEY, at timestamptz NOT NULL, note text, n numeric, d jsonb, i interval);
         CREATE TABLE styled (id int PRIMARY KEY, at timestamptz NOT NULL, period tstzrange)",
    );
    for (name, begins) in [("plain", 0), ("styled", 1)] {
        let table = place.table(name, Some("at"), Some("id")).await;
        let start = caught_up(&place, &table).await;
        // The first poll may look the table up.
        place.read(&table, Some(&start), 10).await;
        let before = calls(&place);
        place.read(&table, Some(&start), 10).await;
        let after = calls(&place);
        assert_eq!((after.0 - before.0, after.1 - before.1), (begins, 1), "{name}");
    }
}
