//! Somebody else writes to the file, for longer than anybody should.

use std::time::Duration;

use rusqlite::Connection;
use test_servers::long_test_length;

use crate::case::Case;
use crate::compare::assert_same;
use crate::running::{Daemon, QUIET, count, wait_until};
use crate::server::{Server, on_each_server};

on_each_server!(heavy_a_file_that_another_writer_holds_is_written_when_it_is_free_again);

fn heavy_a_file_that_another_writer_holds_is_written_when_it_is_free_again(server: Server) {
    let case = Case::new(
        server,
        "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); INSERT INTO t SELECT g, g FROM generate_series(1, 100) g",
    );
    // Where rows have no versions, changes of rows that were there before are found when all are compared.
    case.configure(&format!("sync_interval = 0.1\nreconcile_interval = 1\ntables = [\"t\"]\n{QUIET}"));
    let mut daemon = Daemon::start(&case);
    wait_until("the first copy", &daemon, || count(&case, "tmp_t") == Some(100));

    let other = Connection::open(case.replica_path()).unwrap();
    other.execute_batch("CREATE TABLE mine (n int); BEGIN IMMEDIATE; INSERT INTO mine VALUES (1)").unwrap();
    case.sql("UPDATE t SET n = -n; INSERT INTO t SELECT g, -g FROM generate_series(101, 200) g");
    // The time for which it is held is what is tested: longer than the writer's own patience.
    std::thread::sleep((long_test_length() * 3).min(Duration::from_secs(30)));
    assert_eq!(count(&case, "tmp_t"), Some(100), "readers are not held up");
    assert!(daemon.is_running(), "{:#?}", daemon.log());
    other.execute_batch("COMMIT").unwrap();

    wait_until("what came in the meantime", &daemon, || case.query("SELECT count(*) FROM tmp_t WHERE n < 0") == "200");
    drop(daemon);
    assert_same(&case, "id, n", "t");
    assert_eq!(case.query("SELECT n FROM mine"), "1");
}
