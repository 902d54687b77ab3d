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
    /// Rows of its table.
    rows: i64,
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
    let rows_read = || {
        let status: serde_json::Value = serde_json::from_str(&ask(&address, "GET", "/sync-status", "", "").1).unwrap();
        status["tables"][0]["rows_read"].as_u64().unwrap_or_default()
    };
    let other = Connection::open(folder.path().join("replica.db")).unwrap();
    other.busy_timeout(Duration::from_secs(20)).unwrap();
    let mut rows = 3;
    // So many more each time that no earlier run read them.
    for more in [3_i64, 30, 300, 3000] {
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        database.execute(&format!("INSERT INTO users SELECT {rows} + n FROM generate_series(1, {more}) AS n")).unwrap();
        rows += more;
        let is_stuck = daemon.is_so_soon(|| rows_read() >= more.unsigned_abs());
        if is_stuck {
            return Stuck { daemon, database, folder, other, rows };
        }
        // A run was there before that has something else to store, and waits with it.
        other.execute_batch("ROLLBACK").unwrap();
        daemon.wait_until("the run before", || number(folder.path(), "SELECT count(*) FROM tmp_users") == Some(rows));
    }
    panic!("rows never came while the replica was held\n{:#?}", daemon.log());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for (signal, expected) in [("TERM", 143), ("INT", 130)] {
        let Stuck { daemon, other, database, folder, .. } = stuck();
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
    let Stuck { daemon, database, folder, other, rows } = stuck();
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
    assert_eq!(number(folder.path(), "SELECT count(*) FROM tmp_users"), Some(rows));
    drop(database);
}
