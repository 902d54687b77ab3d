//! Another server, another database, or one that forgot something of what was read.

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::{Cursor, ErrorKind, Scope, Source};
use test_servers::{Postgres, PostgresOptions};

use crate::place::Place;

const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY, at timestamptz); INSERT INTO t VALUES (1, '2024-01-01')";

/// A cursor whose origin says something else.
fn with(cursor: &Cursor, change: impl FnOnce(&mut serde_json::Value)) -> Cursor {
    let mut token: serde_json::Value = serde_json::from_str(cursor.token()).unwrap();
    change(&mut token["origin"]);
    Cursor::new(token.to_string())
}

#[tokio::test]
async fn another_server_or_database_stops_every_read() {
    let (place, other) = (Place::with(TABLE), Place::with(TABLE));
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.read(&table, None, 10).await.watermark();
    let foreign = with(&start, |origin| origin["system"] = 1.into());
    for (place, cursor) in [(&other, &start), (&place, &foreign)] {
        for scope in [
            Scope::Sweep(table.clone()),
            Scope::Table(table.clone()),
            Scope::Keys(table.clone()),
            Scope::Rows(table.clone(), sync_core::RowBatch::new(table.schema.clone())),
        ] {
            let error = place.give(scope, Some(cursor), 10).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Replaced, "{error}");
            assert!(error.to_string().starts_with("table public.t: database "), "{error}");
        }
    }
}

/// The same data folder in which something else happened.
#[tokio::test]
async fn a_history_that_went_another_way_is_a_divergence() {
    let place = Place::with(TABLE);
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.read(&table, None, 10).await.watermark();
    let forged = [
        (with(&start, |origin| origin["timeline"] = 7.into()), "timeline"),
        (with(&start, |origin| origin["reset"] = 7.into()), "statistics were reset"),
        (with(&start, |origin| origin["xmax"] = u64::MAX.into()), "went back in time"),
    ];
    for (cursor, message) in &forged {
        let error = place.give(Scope::Sweep(table.clone()), Some(cursor), 10).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged, "{error}");
        assert!(error.message().contains(message), "{error}");
    }
    // What only time tells, a poll does not ask.
    for (cursor, _) in &forged[..2] {
        let error = place.give(Scope::Table(table.clone()), Some(cursor), 10).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged, "{error}");
    }
    assert!(place.read(&table, None, 10).await.rows().len() == 1, "a copy from the start compares nothing");
}

/// A standby that was read before may have been ahead; a primary that was started again is where it was.
#[tokio::test]
async fn another_endpoint_must_have_caught_up() {
    let place = Place::alone(TABLE).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.read(&table, None, 10).await.watermark();
    let restarted = with(&start, |origin| origin["endpoint"] = "127.0.0.1 1 1".into());
    place.database.execute("INSERT INTO t VALUES (2, '2024-01-02')").unwrap();
    assert_eq!(place.sweep(&table, &restarted).await.column(0), ["2"]);
    let poll = place.read(&table, Some(&restarted), 10).await;
    assert_eq!(poll.column(0), ["2"]);
    assert!(!poll.watermark().token().contains("127.0.0.1 1 1"), "{:?}", poll.watermark());

    let standby = with(&restarted, |origin| origin["standby"] = true.into());
    assert_eq!(place.sweep(&table, &standby).await.column(0), ["2"]);
    // An open transaction from before: nobody knows whether the standby had seen its end.
    place
        .database
        .execute(
            "BEGIN; INSERT INTO t VALUES (3, '2024-01-03'); PREPARE TRANSACTION 'open'; INSERT INTO t VALUES (4, NULL)",
        )
        .unwrap();
    let ahead = place.read(&table, None, 10).await.watermark();
    let ahead = with(&ahead, |origin| {
        origin["endpoint"] = "127.0.0.1 1 1".into();
        origin["standby"] = true.into();
    });
    let commit = async { place.database.execute("COMMIT PREPARED 'open'").unwrap() };
    let (swept, ()) = tokio::join!(place.give(Scope::Sweep(table.clone()), Some(&ahead), 10), commit);
    assert!(swept.unwrap().column(0).contains(&"3".to_owned()));
}

#[tokio::test]
async fn heavy_an_endpoint_that_never_catches_up_is_a_divergence() {
    let place = Place::alone(TABLE).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    place
        .database
        .execute(
            "BEGIN; INSERT INTO t VALUES (3, '2024-01-03'); PREPARE TRANSACTION 'open'; INSERT INTO t VALUES (4, NULL)",
        )
        .unwrap();
    let start = place.read(&table, None, 10).await.watermark();
    let ahead = with(&start, |origin| {
        origin["endpoint"] = "127.0.0.1 1 1".into();
        origin["standby"] = true.into();
    });
    let error = place.give(Scope::Sweep(table.clone()), Some(&ahead), 10).await.unwrap_err();
    let open = place.database.query("SELECT transaction FROM pg_prepared_xacts WHERE gid = 'open'").unwrap();
    place.database.execute("ROLLBACK PREPARED 'open'").unwrap();
    let token: serde_json::Value = serde_json::from_str(start.token()).unwrap();
    let text = format!(
        "table public.t: another server answers now, and within 10s it did not get to where the former was: \
         its oldest transaction is {}, and {} is needed",
        open.trim(),
        token["origin"]["xmax"]
    );
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Diverged, text));
}

/// Commits that were not waited for are lost with a crash, and their transaction ids given out again.
#[tokio::test]
async fn a_crash_of_the_server_is_a_divergence_and_a_restart_is_not() {
    let mut server = Postgres::start(&PostgresOptions::new().setting("synchronous_commit", "off")).unwrap();
    let place = Place::on(&server, TABLE);
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.read(&table, None, 10).await.watermark();
    server.restart().unwrap();
    place.database.execute("INSERT INTO t VALUES (2, '2024-01-02')").unwrap();
    // Connections of before the restart may have to be found broken first.
    let swept = loop {
        match place.give(Scope::Sweep(table.clone()), Some(&start), 10).await {
            Ok(swept) => break swept,
            Err(error) => assert!(error.kind().is_transient(), "{error}"),
        }
    };
    assert_eq!(swept.column(0), ["2"], "an orderly restart loses nothing");
    let cursor = swept.watermark();

    server.crash().unwrap();
    let error = loop {
        match place.source.pulse().await {
            Ok(_) => break place.give(Scope::Table(table.clone()), Some(&cursor), 10).await.unwrap_err(),
            Err(error) => assert!(error.kind().is_transient(), "{error}"),
        }
    };
    assert_eq!(error.kind(), ErrorKind::Diverged, "{error}");
    let error = place.give(Scope::Sweep(table.clone()), Some(&cursor), 10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged, "{error}");
    let copy = place.read(&table, None, 10).await;
    place.sweep(&table, &copy.watermark()).await;
    drop(place);
}

/// A cursor of the first release knows nothing of this, and is gone on with.
#[tokio::test]
async fn a_cursor_of_the_first_release_is_gone_on_with() {
    let place = Place::alone(TABLE).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.read(&table, None, 10).await.watermark();
    let mut token: serde_json::Value = serde_json::from_str(start.token()).unwrap();
    let fields = token.as_object_mut().unwrap();
    fields.insert("v".to_owned(), 1.into());
    for new in ["origin", "leaves", "writes"] {
        assert!(fields.remove(new).is_some(), "{new}");
    }
    let old = Cursor::new(token.to_string());
    place.database.execute("INSERT INTO t VALUES (2, '2024-01-02')").unwrap();
    let poll = place.read(&table, Some(&old), 10).await;
    assert_eq!(poll.column(0), ["2"]);
    let swept = place.sweep(&table, &poll.watermark()).await;
    assert_eq!(swept.column(0), ["2"]);
    let token: serde_json::Value = serde_json::from_str(swept.watermark().token()).unwrap();
    assert!(token["origin"]["xmax"].is_u64() && token["leaves"].is_string() && token["writes"].is_string(), "{token}");
}

/// What was seen by one process is known to another only by the cursor.
#[tokio::test]
async fn a_poll_compares_with_what_the_pulse_saw() {
    let place = Place::with(TABLE);
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.read(&table, None, 10).await.watermark();
    let fresh = PostgresSource::new(&PostgresConfig::new(place.database.url())).unwrap();
    fresh.pulse().await.unwrap();
    let place = Place { source: fresh, ..place };
    let foreign = with(&start, |origin| origin["database"] = 1.into());
    let error = place.give(Scope::Table(table.clone()), Some(&foreign), 10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Replaced, "{error}");
    assert!(place.read(&table, Some(&start), 10).await.batches.is_empty());
}
