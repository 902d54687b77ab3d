use std::net::TcpStream;
use std::process::{Command, Stdio};

use test_servers::{Mysql, MysqlOptions, Transactions, find_mysql};

#[test]
fn each_database_is_fresh_and_dropped_with_its_value() {
    let server = Mysql::shared(Transactions::Visible);
    let (one, two) = (server.database().unwrap(), server.database().unwrap());
    one.execute("CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, NULL), (2, 'x\ty')").unwrap();
    assert_eq!(one.query("SELECT * FROM t ORDER BY a").unwrap(), "1|NULL\n2|x\\ty");
    assert_eq!(two.query("SHOW TABLES").unwrap(), "");
    assert_eq!(one.url(), format!("mysql://root@127.0.0.1:{}/{}", server.port(), one.name()));

    let name = one.name().to_owned();
    drop(one);
    let left = format!(
        "SELECT (SELECT count(*) FROM information_schema.schemata WHERE schema_name = '{name}') \
         + (SELECT count(*) FROM mysql.user WHERE user = '{name}')"
    );
    assert_eq!(two.query(&left).unwrap(), "0");
}

#[test]
fn a_database_goes_whoever_still_uses_it() {
    let server = Mysql::shared(Transactions::Visible);
    let database = server.database().unwrap();
    database.execute("CREATE TABLE t (a int) ENGINE = InnoDB; INSERT INTO t VALUES (1)").unwrap();
    let name = database.name().to_owned();
    let mut session = client_of(&database.url(), &["-e", "BEGIN; SELECT * FROM t; DO SLEEP(600)"]);
    let mut session = session.stdout(Stdio::null()).spawn().unwrap();
    let sleeping =
        format!("SELECT count(*) FROM information_schema.processlist WHERE db = '{name}' AND info LIKE 'DO SLEEP%'");
    while server.query("mysql", &sleeping).unwrap() != "1" {
        assert!(session.try_wait().unwrap().is_none(), "the session must live");
    }
    drop(database);
    assert!(!session.wait().unwrap().success(), "it was killed");
    let found = format!("SELECT count(*) FROM information_schema.schemata WHERE schema_name = '{name}'");
    assert_eq!(server.query("mysql", &found).unwrap(), "0");
}

#[test]
fn the_reader_reads_its_database_and_nothing_else() {
    let server = Mysql::shared(Transactions::Visible);
    let (database, other) = (server.database().unwrap(), server.database().unwrap());
    database.execute("CREATE TABLE t AS SELECT 1 AS a").unwrap();
    other.execute("CREATE TABLE t AS SELECT 1 AS a").unwrap();
    let may = |sql: &str| client_of(&database.reader_url(), &["-e", sql]).output().unwrap().status.success();
    assert!(may("SELECT * FROM t"));
    assert!(!may("INSERT INTO t VALUES (2)"));
    assert!(!may(&format!("SELECT * FROM {}.t", other.name())));
    let wrong = database.url_as(database.reader(), "wrong");
    assert!(!client_of(&wrong, &["-e", "SELECT 1"]).output().unwrap().status.success());
}

#[test]
fn a_statement_that_fails_is_an_error_with_the_servers_words() {
    let database = Mysql::shared(Transactions::Visible).database().unwrap();
    let error = database.execute("CREATE TABLE t (a int);\nSELECT nothing FROM t;\nDROP TABLE t").unwrap_err();
    assert!(error.to_string().contains("Unknown column 'nothing'"), "{error}");
    assert_eq!(database.query("SELECT count(*) FROM t").unwrap(), "0", "it must stop at the first error");
}

#[test]
fn settings_are_those_that_the_tests_rely_on() {
    let server = Mysql::shared(Transactions::Visible);
    let setting = |name: &str| server.query("mysql", &format!("SELECT @@{name}")).unwrap();
    assert_eq!(setting("binlog_format"), "ROW");
    assert_eq!(setting("binlog_row_metadata"), "FULL");
    assert_eq!(setting("character_set_server"), "utf8mb4");
    assert_eq!(setting("socket"), "", "nobody is to switch to a socket unnoticed");
    assert_ne!(setting("tmpdir"), "/tmp", "servers remove what is not theirs in a shared folder when they start");
}

#[test]
fn open_transactions_are_visible_or_hidden() {
    let open = "BEGIN; SELECT count(*) FROM mysql.user; SELECT count(*) FROM performance_schema.events_transactions_current \
                WHERE state = 'ACTIVE'";
    let visible = Mysql::shared(Transactions::Visible);
    let answer = visible.query("mysql", open).unwrap();
    assert_ne!(answer.lines().last(), Some("0"), "its own, at least");
    assert_eq!(visible.query("mysql", "SELECT @@performance_schema").unwrap(), "1");

    let hidden = Mysql::shared(Transactions::Hidden);
    assert_eq!(hidden.query("mysql", "SELECT @@performance_schema").unwrap(), "0");
    assert_ne!(hidden.port(), visible.port());
}

#[test]
fn tls_is_checked_against_the_authority() {
    let server = Mysql::shared(Transactions::Visible);
    let database = server.database().unwrap();
    let tls = server.tls().expect("the server of the tests has TLS");
    let cipher = |ca: &std::path::Path| {
        let ca = format!("--ssl-ca={}", ca.display());
        let verify = if server.family() == test_servers::MysqlFamily::Mariadb {
            "--ssl-verify-server-cert"
        } else {
            "--ssl-mode=VERIFY_IDENTITY"
        };
        let answer =
            client_of(&database.reader_url(), &[&ca, verify, "-N", "-e", "SHOW STATUS LIKE 'Ssl_cipher'"]).output();
        String::from_utf8_lossy(&answer.unwrap().stdout).trim().replace("Ssl_cipher\t", "")
    };
    assert!(cipher(&tls.ca()).starts_with("TLS_"), "{}", cipher(&tls.ca()));
    assert_eq!(cipher(&tls.unrelated_ca()), "");
}

#[test]
fn data_survives_a_stop_and_a_kill() {
    let mut server = Mysql::start(&MysqlOptions::new()).unwrap();
    let port = server.port();
    let database = server.database().unwrap();
    database.execute("CREATE TABLE t ENGINE = InnoDB AS SELECT 1 AS a").unwrap();

    server.stop().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "it must be gone");
    server.restart().unwrap();
    assert_eq!(database.query("INSERT INTO t VALUES (2); SELECT count(*) FROM t").unwrap(), "2");

    server.kill().unwrap();
    server.restart().unwrap();
    assert_eq!(server.port(), port);
    assert_eq!(database.query("SELECT count(*) FROM t").unwrap(), "2");
    let log = server.log().unwrap();
    assert!(log.to_lowercase().contains("crash recovery"), "it must have been a crash: {log}");
}

#[test]
fn options_change_one_server_only() {
    let server = Mysql::start(&MysqlOptions::new().setting("sql-mode", "ANSI_QUOTES")).unwrap();
    let database = server.database().unwrap();
    assert_eq!(database.query("SELECT @@sql_mode").unwrap(), "ANSI_QUOTES");
    assert_ne!(server.port(), Mysql::shared(Transactions::Visible).port());
}

#[test]
fn a_setting_that_the_server_refuses_is_reported_with_its_log() {
    let error = Mysql::start(&MysqlOptions::new().setting("no-such-setting", "1")).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("does not start: ") && text.contains("no-such-setting=1"), "{text}");
}

/// The server's client, at this address.
fn client_of(url: &str, arguments: &[&str]) -> Command {
    let decoded = |text: &str| text.replace("%27", "'").replace("%20", " ");
    let (login, place) = url.trim_start_matches("mysql://").split_once('@').unwrap();
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (address, database) = place.split_once('/').unwrap();
    let mut command = Command::new(find_mysql().unwrap().client);
    command.args(["--no-defaults", "-h", "127.0.0.1", "-P", address.rsplit(':').next().unwrap(), "-u", user, database]);
    command.args(arguments).env("MYSQL_PWD", decoded(password)).stderr(Stdio::null());
    command.stdin(Stdio::null());
    command
}
