//! The example does what it shows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::{Duration, Instant};

use embed::Replica;
use test_servers::Postgres;

#[test]
fn rows_arrive_in_the_applications_own_file() {
    let database = Postgres::shared().database().unwrap();
    database
        .execute("CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'Ada')")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let replica = Replica::start(&database.url(), &path, &["users"], Duration::from_millis(50)).unwrap();
    let names = || -> rusqlite::Result<String> {
        replica.open()?.query_row("SELECT group_concat(name ORDER BY id) FROM tmp_users", [], |row| row.get(0))
    };
    wait_until(|| names().is_ok_and(|names| names == "Ada"));
    database.execute("INSERT INTO users VALUES (2, 'Grace')").unwrap();
    wait_until(|| names().is_ok_and(|names| names == "Ada,Grace"));
    wait_until(|| replica.is_fresh());
    drop(replica);
    // The file is whole and can be opened by anybody once the application is done with it.
    assert!(!folder.path().join("replica.db-wal").exists());
}

#[test]
fn a_wrong_address_is_an_error_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let error = Replica::start("nothing", &folder.path().join("r.db"), &["users"], Duration::from_secs(1)).unwrap_err();
    assert_eq!(error.place(), Some("url"));
}

fn wait_until(condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(30), "it did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}
