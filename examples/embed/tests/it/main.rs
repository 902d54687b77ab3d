//! The example does what it shows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use embed::{Replica, routes};
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
fn the_application_answers_from_the_replica() {
    let database = Postgres::shared().database().unwrap();
    database
        .execute("CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users SELECT generate_series(1, 7)")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let replica = Replica::start(&database.url(), &path, &["users"], Duration::from_millis(50)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || runtime.block_on(async { axum::serve(listener, routes(Arc::new(replica))).await }));
    wait_until(|| get(address, "/ready").starts_with("HTTP/1.1 200 "));
    assert!(get(address, "/tables/users/count").ends_with("\r\n\r\n7\n"));
    assert!(get(address, "/tables/nobody/count").starts_with("HTTP/1.1 404 "));
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
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
