//! A server that recovers from a crash may have lost commits, and gives their transaction numbers out again.

use test_servers::{Postgres, PostgresOptions};

use crate::case::Case;
use crate::compare::assert_same;
use crate::server::{OwnServer, Server, on_each_server};

on_each_server!(a_clean_restart_is_no_crash);

const ROWS: &str =
    "CREATE TABLE t (id int PRIMARY KEY, word text NOT NULL, updated_at timestamptz NOT NULL DEFAULT '2024-01-01');
INSERT INTO t (id, word) SELECT g, 'first' FROM generate_series(1, 50) g";

#[test]
fn commits_that_a_crash_undid_are_undone_in_the_replica_too() {
    let options = PostgresOptions::new().setting("synchronous_commit", "off").setting("wal_writer_delay", "10s");
    let server = Postgres::start(&options).unwrap();
    let case = Case::on(&server, ROWS);
    case.sql("CHECKPOINT; SET synchronous_commit = on; INSERT INTO t VALUES (51, 'kept')");
    case.configure("max_delete_fraction = 1.0\ntables = [\"t\"]");
    case.sync();
    // Committed, seen and stored here, and then undone by the crash. Each statement is a transaction.
    let doomed: String = (100..125).map(|id| format!("INSERT INTO t VALUES ({id}, 'doomed');\n")).collect();
    case.sql(&format!("{doomed} UPDATE t SET word = 'doomed' WHERE id <= 5; DELETE FROM t WHERE id = 10"));
    case.sync();
    assert_same(&case, "id, word", "t");
    server.crash().unwrap();
    assert_eq!(case.ask("SELECT count(*) FROM t WHERE word = 'doomed'"), "0", "the crash must undo them");

    // The same transaction numbers again, for other rows, with stamps that no poll looks at.
    let other: String = (200..225).map(|id| format!("INSERT INTO t VALUES ({id}, 'other');\n")).collect();
    case.sql(&other);
    case.sync();
    case.sync();
    assert_same(&case, "id, word", "t");
}

fn a_clean_restart_is_no_crash(server: Server) {
    let mut own = OwnServer::start(server);
    let case = Case::own(&own, ROWS);
    case.configure("tables = [\"t\"]");
    case.sync();
    own.restart();
    assert_eq!(case.changed_by_sync(), 0);
    case.sql("INSERT INTO t (id, word) VALUES (100, 'after')");
    assert_eq!(case.changed_by_sync(), 1, "nothing is copied again");
    assert_same(&case, "id, word", "t");
}
