//! Reads that wait behind somebody who wants the table for himself.

use postgres::{Client, NoTls};

use crate::case::Case;
use crate::compare::assert_same;
use crate::running::{Daemon, QUIET, count, wait_until};

/// A read that takes its snapshot before it has the lock finds no row at all when it comes through.
#[test]
fn a_copy_behind_an_alter_that_waits_copies_every_row() {
    let case = Case::new(
        "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); INSERT INTO t SELECT g, g FROM generate_series(1, 3000) g",
    );
    case.configure(&format!("sync_interval = 0.2\ntables = [\"t\"]\n{QUIET}"));
    let mut holder = Client::connect(&case.database.url(), NoTls).unwrap();
    holder.batch_execute("BEGIN; SELECT FROM t LIMIT 1").unwrap();
    let url = case.database.url();
    let alter = std::thread::spawn(move || {
        let sql = "ALTER TABLE t ALTER COLUMN n TYPE int USING n + 1";
        Client::connect(&url, NoTls).unwrap().batch_execute(sql).unwrap();
    });
    let waiting = |whom: &str| {
        case.ask(&format!("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND {whom}"))
            != "0"
    };
    let daemon = Daemon::start(&case);
    wait_until("the ALTER waiting", &daemon, || waiting("query LIKE 'ALTER%'"));
    wait_until("the copy waiting behind it", &daemon, || waiting("query LIKE '%LOCK%'"));
    assert_eq!(count(&case, "tmp_t"), None);
    holder.batch_execute("COMMIT").unwrap();
    alter.join().unwrap();
    wait_until("the copy", &daemon, || count(&case, "tmp_t").is_some());
    assert_eq!(count(&case, "tmp_t"), Some(3000));
    assert_same(&case, "id, n", "t");
}

/// While a table is copied, an ALTER gets its turn, and all who wait behind the ALTER with it.
#[test]
fn a_published_table_stays_whole_while_an_alter_holds_it() {
    let case = Case::new(
        "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); INSERT INTO t SELECT g, g FROM generate_series(1, 3000) g",
    );
    case.configure(&format!("sync_interval = 0.1\nsweep_interval = 0.1\ntables = [\"t\"]\n{QUIET}"));
    case.sync();
    let mut alter = Client::connect(&case.database.url(), NoTls).unwrap();
    alter.batch_execute("BEGIN; TRUNCATE t; INSERT INTO t SELECT g, -g FROM generate_series(1, 3000) g").unwrap();
    let daemon = Daemon::start(&case);
    wait_until("a read waiting", &daemon, || {
        case.ask(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        ) != "0"
    });
    assert_eq!(count(&case, "tmp_t"), Some(3000));
    alter.batch_execute("COMMIT").unwrap();
    let negative = || case.query("SELECT count(*) FROM tmp_t WHERE n < 0") == "3000";
    wait_until("the new rows", &daemon, negative);
    assert_same(&case, "id, n", "t");
}
