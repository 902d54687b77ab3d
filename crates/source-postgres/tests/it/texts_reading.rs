//! What is said when a table can't be read: which one, why, and what comes next.

use std::time::Duration;

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::settings::Seconds;
use sync_core::{Cursor, Error, ErrorKind, Scope};

use crate::place::Place;

const STAMPED: &str = "CREATE TABLE t (id int PRIMARY KEY, at timestamptz); INSERT INTO t SELECT g, '2024-01-01' FROM generate_series(1, 3) g";

/// From now on this database says that its server was started at that moment.
fn started(place: &Place, moment: &str) {
    place
        .database
        .execute(&format!(
            "ALTER FUNCTION pg_catalog.pg_postmaster_start_time() RENAME TO start_of_the_real_one;
             CREATE FUNCTION pg_catalog.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql AS 'SELECT {moment}'"
        ))
        .unwrap();
}

fn same(error: &Error, kind: ErrorKind, text: &str) {
    assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
}

#[tokio::test]
async fn a_lock_that_somebody_holds_is_waited_for_and_tried_again() {
    let place = Place::with(STAMPED);
    let table = place.table("t", Some("at"), Some("id")).await;
    let holder = format!("holder_{}", place.database.name());
    place.database.execute(&format!("BEGIN; LOCK TABLE t; PREPARE TRANSACTION '{holder}'")).unwrap();
    let error = place.give(Scope::Table(table), None, 10).await.unwrap_err();
    place.database.execute(&format!("ROLLBACK PREPARED '{holder}'")).unwrap();
    same(
        &error,
        ErrorKind::Unavailable,
        "table public.t: canceling statement due to lock timeout (SQLSTATE 55P03); \
         somebody holds a lock on it; it is tried again",
    );
}

#[tokio::test]
async fn a_relation_that_went_away_is_planned_again() {
    let place = Place::with(&format!("{STAMPED}; CREATE MATERIALIZED VIEW m AS SELECT * FROM t"));
    let (table, view) = (place.table("t", Some("at"), Some("id")).await, place.table("m", None, None).await);
    let copied = place.read(&table, None, 10).await.watermark();
    place.database.execute("DROP MATERIALIZED VIEW m; DROP TABLE t").unwrap();
    let copy = place.give(Scope::Table(view), None, 10).await.unwrap_err();
    same(&copy, ErrorKind::Schema, "table public.m: it is gone; plan it again");
    // A source that has seen nothing of the table yet.
    let source = PostgresSource::new(&PostgresConfig::new(place.database.url())).unwrap();
    let place = Place { source, ..place };
    let poll = place.give(Scope::Table(table), Some(&copied), 10).await.unwrap_err();
    same(&poll, ErrorKind::Schema, "table public.t: it is gone; plan it again");
}

/// As behind an address that leads to several servers, each of which was started at a time of its own.
#[tokio::test]
async fn an_address_that_leads_to_several_servers_is_noticed() {
    let place = Place::with(STAMPED);
    let table = place.table("t", Some("at"), Some("id")).await;
    let copied = place.read(&table, None, 10).await.watermark();
    started(&place, "pg_catalog.clock_timestamp()");
    let fenced = place.give(Scope::Sweep(table.clone()), Some(&copied), 10).await.unwrap_err();
    same(
        &fenced,
        ErrorKind::Interrupted,
        "table public.t: the connection led to one server first and to another then; \
         it is tried again; give the address of a server, not of a group",
    );
}

#[tokio::test]
async fn a_poll_that_another_server_answers_gives_nothing() {
    let place = Place::with(STAMPED);
    let table = place.table("t", Some("at"), Some("id")).await;
    let copied = place.read(&table, None, 10).await.watermark();
    started(&place, "timestamptz ''2001-01-01 00:00:00Z''");
    place.database.execute("INSERT INTO t VALUES (4, '2024-01-02')").unwrap();
    let error = place.give(Scope::Table(table.clone()), Some(&copied), 10).await.unwrap_err();
    same(&error, ErrorKind::Interrupted, "table public.t: another server answered than the one that was asked before");
    // The next one asks first.
    assert_eq!(place.read(&table, Some(&copied), 10).await.column(0), ["4"]);
}

#[tokio::test]
async fn a_position_of_other_columns_is_copied_again() {
    let place = Place::with(STAMPED);
    let both = place.table("t", Some("at"), Some("id")).await;
    let one = place.table("t", None, Some("id")).await;
    let copied = place.read(&both, None, 10).await.watermark();
    let error = place.give(Scope::Table(one), Some(&copied), 10).await.unwrap_err();
    same(
        &error,
        ErrorKind::Expired,
        "table public.t: its stored position has 2 values for 1 columns; it is copied again",
    );
}

#[tokio::test]
async fn a_view_that_stays_silent_names_the_setting_to_raise() {
    let place = Place::with("CREATE VIEW slow AS SELECT 1 AS id FROM (SELECT pg_sleep(600)) AS sleep");
    let table = place.table("slow", None, None).await;
    let mut config = PostgresConfig::new(place.database.url());
    config.scan_timeout = Some(Seconds::new(Duration::from_millis(300)));
    let place = Place { source: PostgresSource::new(&config).unwrap(), ..place };
    let error = place.give(Scope::Table(table), None, 10).await.unwrap_err();
    same(
        &error,
        ErrorKind::Unavailable,
        "table public.slow: the server did not send its first row within 300ms; raise scan_timeout",
    );
}

#[tokio::test]
async fn another_database_is_told_from_the_one_that_was_copied() {
    let (place, other) = (Place::with(STAMPED), Place::with(STAMPED));
    let table = place.table("t", Some("at"), Some("id")).await;
    let copied = place.read(&table, None, 10).await.watermark();
    let error = other.give(Scope::Sweep(table), Some(&copied), 10).await.unwrap_err();
    let name = |place: &Place| {
        let query = "SELECT format('database %s of system %s', oid, system_identifier) FROM pg_database, pg_control_system() \
            WHERE datname = current_database()";
        place.database.query(query).unwrap().trim().to_owned()
    };
    let text = format!("table public.t: {} was copied, and {} answers now", name(&place), name(&other));
    same(&error, ErrorKind::Replaced, &text);
}

/// A stored cursor in which something else stands.
fn altered(cursor: &Cursor, change: impl FnOnce(&mut serde_json::Value)) -> Cursor {
    let mut token: serde_json::Value = serde_json::from_str(cursor.token()).unwrap();
    change(&mut token);
    Cursor::new(token.to_string())
}

#[tokio::test]
async fn a_history_that_went_another_way_says_which() {
    let place = Place::with(STAMPED);
    let table = place.table("t", Some("at"), Some("id")).await;
    let copied = place.read(&table, None, 10).await.watermark();
    let sweep = async |cursor: Cursor| place.give(Scope::Sweep(table.clone()), Some(&cursor), 10).await.unwrap_err();
    same(
        &sweep(altered(&copied, |token| token["origin"]["timeline"] = 7.into())).await,
        ErrorKind::Diverged,
        "table public.t: the server is on timeline 1 and was on 7: a standby was promoted, or a backup restored",
    );
    same(
        &sweep(altered(&copied, |token| token["origin"]["reset"] = 7.into())).await,
        ErrorKind::Diverged,
        "table public.t: the server's statistics were reset, as by a crash, \
         which may undo what was read and use its transaction ids again",
    );
    let error = sweep(altered(&copied, |token| token["origin"]["xmax"] = u64::MAX.into())).await;
    let text = error.to_string();
    let behind = text.strip_prefix("table public.t: the server's next transaction id is ").expect(&text);
    let id = behind.strip_suffix(" and was 18446744073709551615: it went back in time").expect(&text);
    assert!(id.parse::<u64>().is_ok(), "{text}");
    assert_eq!(error.kind(), ErrorKind::Diverged);
}

#[tokio::test]
async fn a_cursor_that_lost_a_part_is_copied_again() {
    let place = Place::with(STAMPED);
    let table = place.table("t", Some("at"), Some("id")).await;
    let copied = place.read(&table, None, 10).await.watermark();
    let torn = altered(&copied, |token| {
        token.as_object_mut().unwrap().remove("horizon");
    });
    let error = place.give(Scope::Table(table), Some(&torn), 10).await.unwrap_err();
    let text = error.to_string();
    let why =
        text.strip_prefix("table public.t: its stored cursor can't be read: missing field `horizon` ").expect(&text);
    assert!(why.ends_with("; it is copied again"), "{text}");
    assert_eq!(error.kind(), ErrorKind::Expired);
}
