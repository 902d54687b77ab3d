//! A daemon that is asked to end while it can't: another program holds the replica.

use std::time::Duration;

use sink_sqlite::rusqlite::Connection;
use tempfile::TempDir;
use test_servers::{Database, Postgres};

use crate::command::{folder, run};
use crate::daemon::{Daemon, ask, number};

/// Everything of a case; the last closes the replica for the others.
struct Stuck {
    daemon: Daemon,
    database: Database,
    folder: TempDir,
    other: Connection,
}

/// A daemon that has read rows and waits for the replica.
fn stuck() -> Stuck {
    let database = Postgres::shared().database().unwrap();
    database.execute("CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1)").unwrap();
    let http = "[http]\nlisten = \"127.0.0.1:0\"";
    let url = database.url();
    // A sweep moves the horizon whatever happens in this database, so it would find the replica locked before the rows are read.
    let folder = folder(&format!(
        "sync_interval = 0.1\nsweep_interval = 3600\ntables = [\"users\"]\n{http}\n[source]\nurl = \"{url}\"\n"
    ));
    let daemon = Daemon::start(folder.path());
    let address = daemon.address();
    daemon.wait_until("the first copy", || number(folder.path(), "SELECT count(*) FROM tmp_users") == Some(1));
    // The first run that only follows sweeps too; a row that came with the one after it shows that it is over.
    for rows in 2..4 {
        database.execute(&format!("INSERT INTO users VALUES ({rows})")).unwrap();
        daemon.wait_until("a poll", || number(folder.path(), "SELECT count(*) FROM tmp_users") == Some(rows));
    }
    let other = Connection::open(folder.path().join("replica.db")).unwrap();
    other.busy_timeout(Duration::from_secs(20)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    database.execute("INSERT INTO users VALUES (4), (5), (6)").unwrap();
    // The poll gives all three, and a sweep may give them once more.
    daemon.wait_until("three rows on their way", || {
        let status: serde_json::Value = serde_json::from_str(&ask(&address, "GET", "/sync-status", "", "").1).unwrap();
        status["tables"][0]["rows_read"].as_u64().is_some_and(|rows| rows >= 3)
    });
    Stuck { daemon, database, folder, other }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for (signal, expected) in [("TERM", 143), ("INT", 130)] {
        let Stuck { daemon, other, database, folder } = stuck();
        daemon.signal(signal);
        daemon.wait_for_log("data-sync stops");
        daemon.signal(signal);
        let (code, log) = daemon.wait();
        assert_eq!(code, Some(expected), "{log:#?}");
        drop((other, database, folder));
    }
}

#[test]
fn an_end_that_takes_too_long_is_cut_short() {
    let Stuck { daemon, database, folder, other } = stuck();
    daemon.signal("TERM");
    let (code, log) = daemon.wait();
    assert_eq!(code, Some(0), "{log:#?}");
    let warning = log.iter().find(|line| line.contains("stopping takes longer")).unwrap();
    assert!(
        warning.ends_with("stopping takes longer than 4.5s, so what is not stored by now is given up"),
        "{warning}"
    );
    drop(other);
    assert_eq!(run(folder.path(), &["sync"]).code, 0);
    assert_eq!(number(folder.path(), "SELECT count(*) FROM tmp_users"), Some(6));
    drop(database);
}
