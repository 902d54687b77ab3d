//! Clocks that are off: what was noted in the future says nothing, and `check` tells of the server's.

use rusqlite::Connection;

use crate::case::Case;
use crate::compare::assert_same;
use crate::server::{Server, on_each_server};

on_each_server!(times_noted_in_the_future_delay_nothing, check_tells_how_far_the_clock_of_the_server_is);

fn times_noted_in_the_future_delay_nothing(server: Server) {
    let case = Case::new(
        server,
        "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT g, g FROM generate_series(1, 50) g",
    );
    case.configure("tables = [\"t\"]");
    case.sync();
    // As the clock was an hour later, or years, when these were noted.
    let notes = Connection::open(case.replica_path()).unwrap();
    let later = "UPDATE tmp_data_sync_metadata SET upkeep = json_set(upkeep,
        '$.swept_ms', json_extract(upkeep, '$.reconciled_ms') + ?1, '$.reconciled_ms', json_extract(upkeep, '$.reconciled_ms') + ?1)";
    for hours in [1_i64, 100_000] {
        let noted = "SELECT json_extract(upkeep, '$.reconciled_ms') > 0 FROM tmp_data_sync_metadata";
        assert_eq!(case.query(noted), "1", "{}", case.query("SELECT upkeep FROM tmp_data_sync_metadata"));
        assert_eq!(notes.execute(later, [hours * 3_600_000]).unwrap(), 1);
        // A key that moves is no delete to the server's counters: only the time says that keys are due to be compared.
        case.sql("UPDATE t SET id = -id WHERE id IN (SELECT max(id) FROM t); UPDATE t SET n = n + 1");
        case.sync();
        assert_same(&case, "id, n", "t");
    }
}

/// Both run on this machine, and so have one clock.
fn check_tells_how_far_the_clock_of_the_server_is(server: Server) {
    let case = Case::new(server, "CREATE TABLE t (id int PRIMARY KEY)");
    case.configure("tables = [\"t\"]");
    let ran = case.run(&["check", "--json"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let ahead = &report["sources"][0]["clock_ahead_seconds"];
    assert!(ahead.as_f64().is_some_and(|seconds| seconds.abs() < 60.0), "{ahead}: {report}");
}
