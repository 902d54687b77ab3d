use std::net::TcpStream;

use test_servers::{Postgres, PostgresOptions};

#[test]
fn each_database_is_fresh_and_dropped_with_its_value() {
    let server = Postgres::shared();
    let (one, two) = (server.database().unwrap(), server.database().unwrap());
    one.execute("CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, NULL), (2, 'x')").unwrap();
    assert_eq!(one.query("SELECT * FROM t ORDER BY a").unwrap(), "1|\n2|x");
    assert_eq!(two.query("SELECT to_regclass('t') IS NULL").unwrap(), "t");
    assert_eq!(one.url(), format!("postgres://postgres@127.0.0.1:{}/{}", server.port(), one.name()));

    let name = one.name().to_owned();
    one.execute("BEGIN; INSERT INTO t VALUES (3, 'y'); PREPARE TRANSACTION 'held'").unwrap();
    drop(one);
    assert_eq!(two.query(&format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'")).unwrap(), "0");
}

#[test]
fn a_statement_that_fails_is_an_error_with_the_servers_words() {
    let database = Postgres::shared().database().unwrap();
    let error = database.execute("CREATE TABLE t (a int);\nSELECT nothing FROM t;\nDROP TABLE t").unwrap_err();
    assert!(error.to_string().contains("column \"nothing\" does not exist"), "{error}");
    assert_eq!(database.query("SELECT count(*) FROM t").unwrap(), "0", "it must stop at the first error");
}

#[test]
fn settings_are_those_that_the_tests_rely_on() {
    let database = Postgres::shared().database().unwrap();
    let setting = |name: &str| database.query(&format!("SHOW {name}")).unwrap();
    assert_eq!(setting("wal_level"), "logical");
    assert_eq!(setting("max_connections"), "200");
    assert_eq!(setting("max_prepared_transactions"), "50");
    assert_eq!(setting("track_commit_timestamp"), "off");
    assert_eq!(setting("server_encoding"), "UTF8");
}

#[test]
fn everybody_but_the_superuser_needs_a_password() {
    let server = Postgres::start(&PostgresOptions::new()).unwrap();
    let database = server.database().unwrap();
    server.execute("CREATE ROLE app LOGIN PASSWORD 'it''s: secret'").unwrap();
    let ask = |url: &str| {
        let psql = test_servers::find_postgres().unwrap().psql;
        std::process::Command::new(psql).args(["-X", "-w", "-At", "-c", "SELECT 1", url]).output().unwrap()
    };
    let right = ask(&database.url_as("app", "it's: secret"));
    assert!(right.status.success(), "{}", String::from_utf8_lossy(&right.stderr));
    assert!(!ask(&database.url_as("app", "wrong")).status.success());
}

#[test]
fn tls_is_checked_against_the_authority_and_the_name() {
    let server = Postgres::shared();
    let tls = server.tls().expect("the server of the tests has TLS");
    let psql = test_servers::find_postgres().unwrap().psql;
    let connects = |host: &str, ca: &std::path::Path| {
        let url = format!("host={host} port={} user=postgres dbname=postgres sslmode=verify-full", server.port());
        let url = format!("{url} sslrootcert={}", ca.display());
        std::process::Command::new(&psql).args(["-X", "-w", "-c", "SELECT 1", &url]).output().unwrap().status.success()
    };
    assert!(connects("127.0.0.1", &tls.ca()));
    assert!(connects("localhost", &tls.ca()));
    assert!(!connects("127.0.0.1", &tls.unrelated_ca()));
}

#[test]
fn data_survives_a_stop_and_a_kill() {
    let mut server = Postgres::start(&PostgresOptions::new()).unwrap();
    let port = server.port();
    let database = server.database().unwrap();
    database.execute("CREATE TABLE t AS SELECT 1 AS a").unwrap();

    server.stop().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "it must be gone");
    server.restart().unwrap();
    assert_eq!(database.query("INSERT INTO t VALUES (2); SELECT count(*) FROM t").unwrap(), "2");

    server.kill().unwrap();
    server.restart().unwrap();
    assert_eq!(server.port(), port);
    assert_eq!(database.query("SELECT count(*) FROM t").unwrap(), "2");
    assert!(server.log().unwrap().contains("database system was not properly shut down"), "it must have been a crash");
}

#[test]
fn options_change_one_server_only() {
    let options = PostgresOptions::new().setting("work_mem", "1MB").login("host all locked 127.0.0.1/32 reject");
    let server = Postgres::start(&options).unwrap();
    let database = server.database().unwrap();
    assert_eq!(database.query("SHOW work_mem").unwrap(), "1MB");
    assert_eq!(database.query("SELECT auth_method FROM pg_hba_file_rules LIMIT 1").unwrap(), "reject");
    assert_ne!(server.port(), Postgres::shared().port());
}

#[test]
fn a_setting_that_the_server_refuses_is_reported_with_its_log() {
    let error = Postgres::start(&PostgresOptions::new().setting("no_such_setting", "1")).unwrap_err();
    assert!(error.to_string().contains("unrecognized configuration parameter \"no_such_setting\""), "{error}");
}
