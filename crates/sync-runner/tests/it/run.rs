//! `data-sync run`: freshness, signals, and a changed configuration.

use std::net::TcpListener;

use sink_sqlite::SqliteReplica;
use tempfile::TempDir;
use test_servers::{Database, Postgres};

use crate::command::{folder, run};
use crate::daemon::{Daemon, number};

const USERS: &str = "CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'a');
    CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (7)";

fn database(sql: &str) -> Database {
    let database = Postgres::shared().database().unwrap();
    database.execute(sql).unwrap();
    database
}

fn config(database: &Database, top: &str) -> String {
    format!("sync_interval = 0.1\n{top}\n[http]\nenabled = false\n[source]\nurl = \"{}\"\n", database.url())
}

fn configured(database: &Database, top: &str) -> TempDir {
    folder(&config(database, top))
}

fn count(folder: &TempDir, table: &str) -> Option<i64> {
    number(folder.path(), &format!("SELECT count(*) FROM {table}"))
}

/// A table so long that its copy is under way for as long as it takes to notice that.
fn long(rows: u64) -> Database {
    database(&format!(
        "CREATE UNLOGGED TABLE long (id int PRIMARY KEY, filler text);
         INSERT INTO long SELECT n, repeat('x', 100) FROM generate_series(1, {rows}) n"
    ))
}

/// A daemon in the middle of a copy.
fn copying(folder: &TempDir) -> Daemon {
    // A first load is not in its place yet.
    let rows = || {
        let replica = SqliteReplica::open(folder.path().join("replica.db")).ok()?;
        let select = "SELECT max(id) FROM tmp_data_sync_build_tmp_long";
        replica.connection().query_row(select, [], |row| row.get::<_, i64>(0)).ok()
    };
    let before = rows();
    let daemon = Daemon::start(folder.path());
    daemon.wait_until("rows of the copy", || rows() > before);
    daemon
}

#[test]
fn tables_stay_fresh_by_themselves() {
    let database = database(USERS);
    let folder = configured(&database, "tables = [\"users\"]");
    let daemon = Daemon::start(folder.path());
    daemon.wait_until("the first copy", || count(&folder, "tmp_users") == Some(1));
    database.execute("INSERT INTO users VALUES (2, 'b')").unwrap();
    daemon.wait_until("a new row", || count(&folder, "tmp_users") == Some(2));
    daemon.signal("TERM");
    let (code, log) = daemon.wait();
    assert_eq!(code, Some(0), "{log:#?}");
    for part in ["data-sync runs", "the copy is complete", "data-sync stops", "data-sync has stopped"] {
        assert_eq!(log.iter().filter(|line| line.contains(part)).count(), 1, "{part}: {log:#?}");
    }
    assert!(log.len() < 10, "polls are not logged: {log:#?}");
}

/// Five million rows where long tests take a minute.
#[test]
fn heavy_a_signal_in_the_middle_of_a_copy_ends_it_in_good_order() {
    let rows = (test_servers::long_test_length().as_secs() * 100_000).clamp(1_000_000, 5_000_000);
    let database = long(rows);
    let folder = configured(&database, "tables = [\"long\"]");
    for signal in ["TERM", "INT"] {
        let daemon = copying(&folder);
        daemon.signal(signal);
        let (code, log) = daemon.wait();
        assert_eq!(code, Some(0), "{log:#?}");
        // Else it would have been cut short after 4.5 seconds, with a word about it.
        assert!(log.iter().any(|line| line.contains("data-sync has stopped")), "{log:#?}");
        assert_eq!(count(&folder, "tmp_long"), None, "half a table is not to be seen");
    }
    let ran = run(folder.path(), &["sync", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["tables"][0]["work"], "resumed", "{}", ran.stdout);
    assert_eq!(count(&folder, "tmp_long"), i64::try_from(rows).ok());
}

#[test]
fn a_changed_configuration_is_taken_over() {
    let database = database(USERS);
    let folder = configured(&database, "tables = [\"users\"]");
    let daemon = Daemon::start(folder.path());
    daemon.wait_until("the first copy", || count(&folder, "tmp_users") == Some(1));
    let more = config(&database, "tables = [\"users\", \"orders\"]") + "[sink]\npath = \"other.db\"\n";
    std::fs::write(folder.path().join("data-sync.toml"), more).unwrap();
    daemon.signal("HUP");
    daemon.wait_until("the table that was added", || count(&folder, "tmp_orders") == Some(1));
    let warning = daemon.wait_for_log("takes a restart");
    assert!(
        warning.ends_with("sink.path is another now, which takes a restart; until then the replica is replica.db"),
        "{warning}"
    );
    database.execute("INSERT INTO users VALUES (2, 'b')").unwrap();
    daemon.wait_until("a new row of the table that stayed", || count(&folder, "tmp_users") == Some(2));
    assert!(!daemon.log().iter().any(|line| line.contains("copying again")), "{:#?}", daemon.log());
}

#[test]
fn a_bad_configuration_changes_nothing() {
    let database = database(USERS);
    let folder = configured(&database, "tables = [\"users\"]");
    let mut daemon = Daemon::start(folder.path());
    daemon.wait_until("the first copy", || count(&folder, "tmp_users") == Some(1));
    for (bad, expected) in [
        ("tabels = []", "data-sync.toml:2: tabels: there is no such setting; did you mean `tables`?"),
        ("tables = [", "data-sync.toml:4: the list goes on without a comma, or is not closed"),
        ("", "data-sync.toml:5: source: it names no tables; below [source] add tables = [\"orders\", \"users\"]"),
    ] {
        std::fs::write(folder.path().join("data-sync.toml"), config(&database, bad)).unwrap();
        let refused = |daemon: &Daemon| daemon.log().iter().filter(|line| line.contains("is not taken over")).count();
        let before = refused(&daemon);
        daemon.signal("HUP");
        daemon.wait_until("a word about it", || refused(&daemon) > before);
        daemon.wait_for_log(expected);
    }
    database.execute("INSERT INTO users VALUES (2, 'b')").unwrap();
    daemon.wait_until("a new row all the same", || count(&folder, "tmp_users") == Some(2));
    assert!(daemon.is_running());
}

#[test]
fn a_source_that_comes_later_is_waited_for() {
    // Nobody answers at this address: its listener is gone.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = folder(&format!(
        "tables = [\"users\"]\n[http]\nenabled = false\n[source]\nurl = \"postgres://app:hunter2@127.0.0.1:{port}/shop\"\n"
    ));
    let mut daemon = Daemon::start(folder.path());
    daemon.wait_for_log("the source can't be asked");
    assert!(daemon.is_running());
    daemon.signal("INT");
    let (code, log) = daemon.wait();
    assert_eq!(code, Some(0), "{log:#?}");
    assert!(!log.concat().contains("hunter2"), "{log:#?}");
}

#[test]
fn what_no_waiting_mends_ends_it() {
    for (text, code, expected) in [
        (
            "",
            2,
            "error: data-sync.toml: there is no source; add [source] and below it url = \"postgres://user@host/database\"\n",
        ),
        (
            "[source]\nurl = \"oracle://app@127.0.0.1/shop\"\ntables = [\"a\"]\n",
            2,
            "error: data-sync.toml:2: source.url: no driver serves \"oracle\"; known schemes: mariadb, mysql, postgres, postgresql\n",
        ),
        (
            "[source]\nurl = \"postgres://app@127.0.0.1:1/shop\"\n",
            2,
            "error: data-sync.toml:1: source: it names no tables; below [source] add tables = [\"…\"]; `data-sync check` lists \
             what there is\n",
        ),
        (
            "[source]\nurl = \"postgres://app@127.0.0.1:1/shop\"\ntables = [\"a\"]\n[sink]\npath = \"absent/r.db\"\n",
            4,
            "error: replica absent/r.db: the folder absent does not exist",
        ),
    ] {
        let folder = folder(text);
        let ran = run(folder.path(), &["run", "--log-level", "error"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{}", ran.stderr);
        assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
    }
}

#[test]
fn a_replica_that_is_being_synced_by_another_is_left_alone() {
    let database = database(USERS);
    let folder = configured(&database, "tables = [\"users\"]");
    let daemon = Daemon::start(folder.path());
    daemon.wait_until("the first copy", || count(&folder, "tmp_users") == Some(1));
    let ran = run(folder.path(), &["run", "--log-level", "error"]);
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains("is syncing into it; stop that one, or choose another path"), "{}", ran.stderr);
}
