//! Rows that are committed long after they were stamped: what the low watermark is for.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use source_mysql::{MysqlConfig, MysqlSource};
use sync_core::Cursor;
use sync_core::settings::Seconds;

use crate::place::Place;

const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY, n text,
    at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), KEY (at));
    INSERT INTO t VALUES (1, 'old', '2024-01-01')";

/// Reads until rows that were just given do not come again: all that went on around them has ended.
async fn settle(place: &Place, table: &std::sync::Arc<sync_core::SourceTable>, mut cursor: Cursor) -> Cursor {
    for _ in 0..600 {
        let poll = place.read(table, Some(&cursor), 100).await;
        if poll.rows().is_empty() {
            return cursor;
        }
        cursor = poll.watermark();
        // Time must pass on the server's own clock for its watermark to move.
        place.run("DO SLEEP(0.1)").await;
    }
    panic!("the watermark does not move");
}

#[tokio::test]
async fn an_open_transaction_holds_the_watermark() {
    let place = Place::watched(TABLE).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.caught_up(&table).await;
    let mut late = place.session().await;
    late.query_drop("BEGIN; INSERT INTO t (id, n) VALUES (2, 'late')").await.unwrap();
    place.run("DO SLEEP(0.01); INSERT INTO t (id, n) VALUES (3, 'early')").await;
    let mut cursor = start;
    // Longer than any margin: without the watermark the cursor stands behind both by now.
    for _ in 0..3 {
        let poll = place.read(&table, Some(&cursor), 100).await;
        assert_eq!(poll.column(0), ["3"], "a row that others may come to lie before is given again each time");
        cursor = poll.watermark();
        place.run("DO SLEEP(1)").await;
    }
    late.query_drop("COMMIT").await.unwrap();
    let poll = place.read(&table, Some(&cursor), 100).await;
    assert_eq!(poll.column(0), ["2", "3"]);
    let settled = settle(&place, &table, poll.watermark()).await;
    assert_eq!(settled.id(), Some("3"));
}

/// What no overlap would find: the row is older than any by the time that it shows.
#[tokio::test]
async fn heavy_a_transaction_that_takes_longer_than_the_overlap_is_not_lost() {
    let place = Place::watched(TABLE).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.caught_up(&table).await;
    let mut late = place.session().await;
    late.query_drop("BEGIN; INSERT INTO t (id, n) VALUES (2, 'late')").await.unwrap();
    place.run("DO SLEEP(0.01); INSERT INTO t (id, n) VALUES (3, 'early'); DO SLEEP(11)").await;
    let poll = place.read(&table, Some(&start), 100).await;
    assert_eq!(poll.column(0), ["3"]);
    late.query_drop("COMMIT").await.unwrap();
    assert_eq!(place.read(&table, Some(&poll.watermark()), 100).await.column(0), ["2", "3"]);
}

/// A statement that waits for a lock shows no transaction, but itself.
#[tokio::test]
async fn a_blocked_statement_holds_the_watermark() {
    let place = Place::watched(TABLE).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.caught_up(&table).await;
    let mut blocker = place.session().await;
    blocker.query_drop("BEGIN; SELECT * FROM t WHERE id = 2 FOR UPDATE").await.unwrap();
    let mut blocked = place.session().await;
    let id = blocked.id();
    let blocked = tokio::spawn(async move {
        blocked.query_drop("INSERT INTO t (id, n) VALUES (2, 'late')").await.unwrap();
    });
    // Not `innodb_trx`, which stays as it is while somebody asks for it all the time.
    let running =
        format!("SELECT COUNT(*) FROM information_schema.processlist WHERE id = {id} AND info LIKE 'INSERT%'");
    while place.ask(&running).await != "1" {
        tokio::task::yield_now().await;
    }
    place.run("INSERT INTO t (id, n) VALUES (-3, 'early'); DO SLEEP(1.5)").await;
    let poll = place.read(&table, Some(&start), 100).await;
    assert_eq!(poll.column(0), ["-3"]);
    blocker.query_drop("ROLLBACK").await.unwrap();
    blocked.await.unwrap();
    let poll = place.read(&table, Some(&poll.watermark()), 100).await;
    assert_eq!(poll.column(0), ["2", "-3"]);
}

/// A prepared transaction is nobody's once its session ended.
#[tokio::test]
async fn a_prepared_transaction_holds_the_watermark() {
    let place = Place::watched(TABLE).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.caught_up(&table).await;
    let name = place.database.name().to_owned();
    let mut prepared = place.session().await;
    let sql =
        format!("XA START '{name}'; INSERT INTO t (id, n) VALUES (2, 'late'); XA END '{name}'; XA PREPARE '{name}'");
    prepared.query_drop(sql).await.unwrap();
    prepared.disconnect().await.unwrap();
    place.run("INSERT INTO t (id, n) VALUES (3, 'early'); DO SLEEP(1.5)").await;
    let poll = place.read(&table, Some(&start), 100).await;
    assert_eq!(poll.column(0), ["3"]);
    place.run(&format!("XA COMMIT '{name}'")).await;
    let poll = place.read(&table, Some(&poll.watermark()), 100).await;
    assert_eq!(poll.column(0), ["2", "3"]);
}

/// Only those who can write hold it; a report that reads for hours does not.
#[tokio::test]
async fn transactions_that_only_read_hold_nothing() {
    let place = Place::watched(TABLE).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.caught_up(&table).await;
    let mut reader = place.session().await;
    reader.query_drop("START TRANSACTION READ ONLY; SELECT * FROM t").await.unwrap();
    place.run("INSERT INTO t (id, n) VALUES (3, 'new')").await;
    let settled = settle(&place, &table, start).await;
    assert_eq!(settled.id(), Some("3"));
    reader.query_drop("COMMIT").await.unwrap();
}

/// Without anybody to ask, rows of the last while come again each time.
#[tokio::test]
async fn without_performance_schema_rows_of_the_last_seconds_come_again() {
    for place in [Place::with(TABLE).await, Place::on(test_servers::Transactions::Visible, TABLE).await] {
        let table = place.table("t", Some("at"), Some("id")).await;
        let start = place.caught_up(&table).await;
        let mut late = place.session().await;
        late.query_drop("BEGIN; INSERT INTO t (id, n) VALUES (2, 'late')").await.unwrap();
        place.run("INSERT INTO t (id, n) VALUES (3, 'early'), (4, 'before'); UPDATE t SET at = now(6) - INTERVAL 60 SECOND WHERE id = 4").await;
        let poll = place.read(&table, Some(&start), 100).await;
        assert_eq!(poll.column(0), ["4", "3"]);
        assert_eq!(poll.watermark().id(), Some("4"), "what is older than the overlap is settled");
        late.query_drop("COMMIT").await.unwrap();
        let poll = place.read(&table, Some(&poll.watermark()), 100).await;
        assert_eq!(poll.column(0), ["2", "3"]);
    }
}

#[tokio::test]
async fn how_far_the_last_while_reaches_is_a_setting() {
    let mut place = Place::with(TABLE).await;
    let mut config = MysqlConfig::new(place.database.reader_url());
    config.overlap = Some(Seconds::new(Duration::from_secs(120)));
    place.source = MysqlSource::new(&config).unwrap();
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.caught_up(&table).await;
    place
        .run("INSERT INTO t VALUES (2, 'old', now(6) - INTERVAL 180 SECOND), (3, 'new', now(6) - INTERVAL 60 SECOND)")
        .await;
    let poll = place.read(&table, Some(&start), 100).await;
    assert_eq!(poll.column(0), ["2", "3"]);
    assert_eq!(poll.watermark().id(), Some("2"), "a row may still come to lie before the other one");
    let told = place.schema("t").await.caveat().map(|caveat| caveat.reason.clone()).unwrap_or_default();
    assert!(told.ends_with("takes longer than 120s may be missed until the table is compared"), "{told}");
}

/// Ids say nothing of the time: what was seen with a poll is settled once all that was open then has ended, and was read after that.
#[tokio::test]
async fn ids_wait_for_those_that_were_taken_before_them() {
    let place =
        Place::watched("CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, n text); INSERT INTO t (n) VALUES ('old')")
            .await;
    let table = place.table("t", None, Some("id")).await;
    let start = settle(&place, &table, place.caught_up(&table).await).await;
    assert_eq!(start.id(), Some("1"));
    let mut late = place.session().await;
    late.query_drop("BEGIN; INSERT INTO t (n) VALUES ('late')").await.unwrap();
    place.run("INSERT INTO t (n) VALUES ('early')").await;
    let mut cursor = start;
    for _ in 0..3 {
        let poll = place.read(&table, Some(&cursor), 1).await;
        assert_eq!(poll.column(0), ["3"]);
        cursor = poll.watermark();
        place.run("DO SLEEP(1)").await;
    }
    late.query_drop("COMMIT").await.unwrap();
    let poll = place.read(&table, Some(&cursor), 1).await;
    assert_eq!(poll.column(0), ["2", "3"]);
    let settled = settle(&place, &table, poll.watermark()).await;
    assert!(place.read(&table, Some(&settled), 1).await.batches.is_empty(), "an unchanged table's cursor stays");
}
