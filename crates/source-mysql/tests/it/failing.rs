//! What goes wrong while a table is read.

use std::time::Duration;

use source_mysql::{MysqlConfig, MysqlSource};
use sync_core::settings::Seconds;
use sync_core::{Cursor, End, ErrorKind, Scope};

use crate::place::{Place, next, next_batch};

const WIDE: &str = "CREATE TABLE t (id int PRIMARY KEY, at timestamp NOT NULL, n text, KEY (at));
    INSERT INTO t SELECT seq, '2024-01-01', repeat('x', 1000) FROM seq_1_to_50000";

/// Statements of this place's login that run.
async fn running(place: &Place) -> String {
    let login = place.database.reader();
    let sql =
        format!("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = '{login}' AND COMMAND <> 'Sleep'");
    place.ask(&sql).await
}

async fn until_none_runs(place: &Place) {
    let gone = async {
        while running(place).await != "0" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("the server goes on");
}

#[tokio::test]
async fn a_dropped_reader_ends_on_the_server() {
    let place = Place::with(&format!("{WIDE}; CREATE VIEW slow AS SELECT SLEEP(600) AS id")).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let end = place.read(&table, None, 10_000).await.watermark();
    let start = Cursor::new(end.token().replace("2024-01-01", "2023-01-01"));
    for (scope, after) in [
        (Scope::Table(table.clone()), None),
        (Scope::Table(table.clone()), Some(&start)),
        (Scope::Keys(table.clone()), None),
    ] {
        let mut reader = place.start(scope, after, 10).await.unwrap();
        next_batch(reader.as_mut()).await;
        drop(reader);
        until_none_runs(&place).await;
    }
    // While the server sends nothing, it would not notice by itself that nobody listens.
    let slow = place.table("slow", None, None).await;
    let mut reader = place.start(Scope::Table(slow), None, 10).await.unwrap();
    next_batch(reader.as_mut()).await;
    let searching = async {
        while running(&place).await == "0" {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        given = next(reader.as_mut()) => panic!("{given:?}"),
        () = searching => {}
    }
    drop(reader);
    until_none_runs(&place).await;
}

#[tokio::test]
async fn a_killed_read_is_interrupted_and_goes_on_from_its_watermark() {
    let place = Place::with(WIDE).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let mut reader = place.start(Scope::Table(table.clone()), None, 1000).await.unwrap();
    next_batch(reader.as_mut()).await;
    let mut last = next_batch(reader.as_mut()).await.watermark.unwrap();
    let login = place.database.reader();
    let id = place.ask(&format!("SELECT CAST(MAX(ID) AS CHAR) FROM information_schema.PROCESSLIST WHERE USER = '{login}' AND COMMAND <> 'Sleep'")).await;
    place.run(&format!("KILL CONNECTION {id}")).await;
    let error = loop {
        match next(reader.as_mut()).await {
            Ok(sync_core::Next::Batch(batch)) => last = batch.watermark.unwrap(),
            Ok(end) => panic!("{end:?}"),
            Err(error) => break error,
        }
    };
    assert!(error.kind().is_transient(), "{error:?}");
    let rest = place.read(&table, Some(&last), 10_000).await;
    assert_eq!(rest.end, End::CompleteAfterReconcile);
    assert_eq!(rest.column(0).last().unwrap(), "50000");
}

#[tokio::test]
async fn a_missing_right_names_the_grant() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY)").await;
    let table = place.table("t", None, None).await;
    let (poor, database) = (format!("{}p", place.database.name()), place.database.name());
    place.run(&format!("CREATE TABLE other (id int); CREATE USER {poor} IDENTIFIED BY 'p'; GRANT SELECT ON {database}.other TO {poor}")).await;
    let source = MysqlSource::new(&MysqlConfig::new(place.database.url_as(&poor, "p"))).unwrap();
    let place = Place { source, ..place };
    let error = place.give(Scope::Table(table), None, 10).await.unwrap_err();
    place.run(&format!("DROP USER {poor}")).await;
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    let grant = format!("run GRANT SELECT ON `{}`.`t` TO `{poor}`@`%`", place.database.name());
    assert_eq!(error.hint_text(), Some(grant.as_str()), "{error}");
}

#[tokio::test]
async fn a_view_that_stays_silent_names_the_setting_to_raise() {
    let place = Place::with("CREATE VIEW slow AS SELECT SLEEP(600) AS id").await;
    let table = place.table("slow", None, None).await;
    let mut config = MysqlConfig::new(place.database.reader_url());
    config.scan_timeout = Some(Seconds::new(Duration::from_millis(300)));
    let place = Place { source: MysqlSource::new(&config).unwrap(), ..place };
    let error = place.give(Scope::Table(table), None, 10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(
        error.to_string().ends_with("the server did not send its first row within 300ms; raise scan_timeout"),
        "{error}"
    );
    until_none_runs(&place).await;
}

/// A stored cursor in which something else stands.
fn altered(cursor: &Cursor, change: impl FnOnce(&mut serde_json::Value)) -> Cursor {
    let mut token: serde_json::Value = serde_json::from_str(cursor.token()).unwrap();
    change(&mut token);
    Cursor::new(token.to_string())
}

#[tokio::test]
async fn another_server_and_a_lost_history_are_noticed_by_every_read() {
    // Only this one writes a log, by which it knows how far it was.
    let place = Place::watched(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamp NULL); INSERT INTO t VALUES (1, '2024-01-01')",
    )
    .await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.caught_up(&table).await;
    let other = altered(&start, |token| token["origin"]["server"] = "another".into());
    let ahead = altered(&start, |token| token["origin"]["reached"]["0"] = u64::MAX.into());
    let keys = sync_core::RowBatch::new(table.schema.clone());
    for scope in [Scope::Table(table.clone()), Scope::Keys(table.clone()), Scope::Rows(table.clone(), keys)] {
        let error = place.give(scope.clone(), Some(&other), 10).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Replaced);
        assert!(error.message().starts_with("server another was copied, and "), "{error}");
        let error = place.give(scope, Some(&ahead), 10).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged);
        assert!(error.message().contains(" of 0 and was at 18446744073709551615: it went back in time"), "{error}");
    }
}

#[tokio::test]
async fn a_stored_position_that_is_torn_is_copied_again() {
    let place =
        Place::with("CREATE TABLE t (id int PRIMARY KEY, at timestamp NULL); INSERT INTO t VALUES (1, '2024-01-01')")
            .await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = place.caught_up(&table).await;
    let torn = altered(&start, |token| token["poll"]["values"][1] = "x".into());
    let error = place.give(Scope::Table(table.clone()), Some(&torn), 10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert!(error.message().starts_with("its stored position can't be read: x is not a value"), "{error}");
    let torn = altered(&start, |token| drop(token.as_object_mut().unwrap().remove("phase")));
    let error = place.give(Scope::Table(table), Some(&torn), 10).await.unwrap_err();
    assert!(error.message().starts_with("its stored cursor can't be read: missing field `phase`"), "{error}");
}
