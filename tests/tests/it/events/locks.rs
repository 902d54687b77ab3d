//! Reads that wait behind somebody who wants the table for himself.

use crate::case::Case;
use crate::compare::assert_same;
use crate::running::{Daemon, QUIET, count, wait_until};
use crate::server::{Server, on_each_server};

on_each_server!(
    a_copy_behind_an_alter_that_waits_copies_every_row,
    a_published_table_stays_whole_while_an_alter_holds_it
);

/// Who waits for a lock in this database.
fn waiting(case: &Case, whom: &str) -> bool {
    let waiting = match case.server() {
        Server::Postgres => {
            "SELECT count(*) FROM (SELECT query FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock') w"
        }
        Server::Mariadb(_) => {
            "SELECT count(*) FROM (SELECT info AS query FROM information_schema.processlist
             WHERE db = database() AND state = 'Waiting for table metadata lock') w"
        }
    };
    case.ask(&format!("{waiting} WHERE query {whom}")) != "0"
}

fn rewrite(server: Server) -> &'static str {
    match server {
        Server::Postgres => "ALTER TABLE t ALTER COLUMN n TYPE int USING n + 1",
        Server::Mariadb(_) => "ALTER TABLE t FORCE",
    }
}

/// A read that takes its snapshot before it has the lock finds no row at all when it comes through.
fn a_copy_behind_an_alter_that_waits_copies_every_row(server: Server) {
    let case = Case::new(
        server,
        "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); INSERT INTO t SELECT g, g FROM generate_series(1, 3000) g",
    );
    case.configure(&format!("sync_interval = 0.2\ntables = [\"t\"]\n{QUIET}"));
    let mut holder = case.connect();
    holder.execute("BEGIN; SELECT 1 FROM t LIMIT 1");
    let mut other = case.connect();
    let alter = std::thread::spawn(move || other.execute(rewrite(server)));
    let daemon = Daemon::start(&case);
    wait_until("the ALTER waiting", &daemon, || waiting(&case, "LIKE 'ALTER%'"));
    wait_until("the copy waiting behind it", &daemon, || waiting(&case, "NOT LIKE 'ALTER%'"));
    assert_eq!(count(&case, "tmp_t"), None);
    holder.execute("COMMIT");
    alter.join().unwrap();
    wait_until("the copy", &daemon, || count(&case, "tmp_t").is_some());
    assert_eq!(count(&case, "tmp_t"), Some(3000));
    assert_same(&case, "id, n", "t");
}

/// While a table is copied, an ALTER gets its turn, and all who wait behind the ALTER with it.
fn a_published_table_stays_whole_while_an_alter_holds_it(server: Server) {
    let case = Case::new(
        server,
        "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); INSERT INTO t SELECT g, g FROM generate_series(1, 3000) g",
    );
    case.configure(&format!("sync_interval = 0.1\nsweep_interval = 0.1\ntables = [\"t\"]\n{QUIET}"));
    case.sync();
    let mut alter = case.connect();
    let (hold, release) = match server {
        Server::Postgres => ("BEGIN; TRUNCATE t; INSERT INTO t SELECT g, -g FROM generate_series(1, 3000) g", "COMMIT"),
        Server::Mariadb(_) => ("LOCK TABLES t WRITE; UPDATE t SET n = -n", "UNLOCK TABLES"),
    };
    alter.execute(hold);
    let daemon = Daemon::start(&case);
    wait_until("a read waiting", &daemon, || waiting(&case, "IS NOT NULL"));
    assert_eq!(count(&case, "tmp_t"), Some(3000));
    alter.execute(release);
    let negative = || case.query("SELECT count(*) FROM tmp_t WHERE n < 0") == "3000";
    wait_until("the new rows", &daemon, negative);
    assert_same(&case, "id, n", "t");
}
