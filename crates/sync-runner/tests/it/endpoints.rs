//! The endpoints of a daemon.

use std::net::TcpListener;

use test_servers::{Database, Postgres};

use crate::command::{folder, run};
use crate::daemon::{Daemon, ask, number};

/// A table that would not be looked at again by itself within the time of the test.
fn hourly(database: &Database, http: &str) -> String {
    format!(
        "sync_interval = \"1h\"\ntables = [\"users\"]\n[http]\n{http}\n[source]\nurl = \"{}\"\npassword = \"hunter2\"\n",
        database.url()
    )
}

fn users() -> Database {
    let database = Postgres::shared().database().unwrap();
    database.execute("CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1)").unwrap();
    database
}

#[test]
fn a_daemon_answers_and_obeys() {
    let database = users();
    let config = hourly(&database, "listen = \"127.0.0.1:0\"");
    let folder = folder(&config);
    let daemon = Daemon::start(folder.path());
    let address = daemon.address();
    let rows = || number(folder.path(), "SELECT count(*) FROM tmp_users");
    daemon.wait_until("the first copy", || ask(&address, "GET", "/readyz", "", "").0 == 200);
    assert_eq!(rows(), Some(1));
    assert_eq!(ask(&address, "GET", "/healthz", "", "").0, 200);
    let query = || ask(&address, "POST", "/query", "", "{\"sql\": \"SELECT count(*) AS n FROM users\"}");
    assert_eq!(query(), (200, "{\"result\":[{\"n\":1}]}".to_owned()));

    database.execute("INSERT INTO users VALUES (2)").unwrap();
    assert_eq!(ask(&address, "POST", "/force-sync", "", "{}").0, 200);
    daemon.wait_until("the row that was asked for", || rows() == Some(2));

    let (code, debug) = ask(&address, "GET", "/debug", "", "");
    let debug: serde_json::Value = serde_json::from_str(&debug).unwrap();
    assert_eq!((code, &debug["data_sync_config"]["sync_interval"]), (200, &"1h".into()));
    assert!(!debug.to_string().contains("hunter2"), "{debug}");

    // The endpoints and their commands outlive a change of the configuration.
    std::fs::write(folder.path().join("data-sync.toml"), config.replace("1h", "2h")).unwrap();
    daemon.signal("HUP");
    daemon.wait_for_log("the configuration was read again");
    // The change itself makes every table due once, so the first of these rows may come by itself.
    for expected in [3, 4] {
        database.execute(&format!("INSERT INTO users VALUES ({expected})")).unwrap();
        assert_eq!(ask(&address, "POST", "/force-sync", "", "{}").0, 200);
        daemon.wait_until("a row after the change", || rows() == Some(expected));
    }
    daemon.signal("TERM");
    assert_eq!(daemon.wait().0, Some(0));
}

#[test]
fn a_token_keeps_others_out() {
    let database = users();
    let folder = folder(&hourly(&database, "listen = \"127.0.0.1:0\"\ntoken_file = \"token\""));
    std::fs::write(folder.path().join("token"), "letmein\n").unwrap();
    let daemon = Daemon::start(folder.path());
    let address = daemon.address();
    assert_eq!(ask(&address, "GET", "/sync-status", "", "").0, 401);
    let (code, status) = ask(&address, "GET", "/sync-status", "Authorization: Bearer letmein\r\n", "");
    assert_eq!(code, 200, "{status}");
    assert!(!daemon.log().concat().contains("letmein"));
}

#[test]
fn an_address_that_can_not_be_had_is_a_wrong_configuration() {
    let database = users();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let folder = folder(&hourly(&database, &format!("listen = \"{address}\"")));
    let ran = run(folder.path(), &["run", "--log-level", "error"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert_eq!(
        ran.stderr,
        format!("error: http.listen: {address} is in use; stop the program that listens there, or set another port\n")
    );
    assert_eq!(number(folder.path(), "SELECT count(*) FROM tmp_users"), None, "nothing is synced");

    let text = hourly(&database, "token_file = \"absent\"");
    std::fs::write(folder.path().join("data-sync.toml"), text).unwrap();
    let ran = run(folder.path(), &["run", "--log-level", "error"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            2,
            "error: data-sync.toml:4: http.token_file: the file absent can't be read: No such file or directory (os error 2)\n"
        )
    );
}
