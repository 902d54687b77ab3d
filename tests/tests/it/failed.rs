//! Rows that can't be stored: told, kept aside, and stored as soon as they can be; the others arrive.

use rusqlite::Connection;

use crate::case::Case;
use crate::server::{Server, on_each_server};

on_each_server!(
    a_row_that_is_too_large_is_kept_aside_until_it_is_not,
    a_row_that_the_replica_refuses_is_kept_aside_until_it_is_taken,
    a_failed_row_that_is_deleted_is_forgotten,
);

const NOTES: &str =
    "CREATE TABLE notes (id int PRIMARY KEY, body text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
    CREATE INDEX notes_by_time ON notes (updated_at, id);
    INSERT INTO notes (id, body) SELECT g, 'short' FROM generate_series(1, 20) g";

const SETTINGS: &str = "tables = [\"notes\"]\nmax_row_bytes = 20000";

/// Keys of rows that are kept aside, in order, with the reasons.
fn failed(case: &Case) -> Vec<(String, String)> {
    let ran = case.run(&["failed", "notes", "--json"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let rows = report["failed_rows"].as_array().unwrap();
    let mut failed: Vec<_> = rows.iter().map(|row| (text(&row["key"][0]), text(&row["error"]))).collect();
    failed.sort();
    failed
}

fn assert_equal(case: &Case) {
    let rows = "SELECT id, body FROM notes ORDER BY id";
    assert_eq!(case.query(&rows.replace("notes", "tmp_notes")), case.ask(rows));
    assert_eq!(failed(case), []);
    let verified = case.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
}

fn a_row_that_is_too_large_is_kept_aside_until_it_is_not(server: Server) {
    let case = Case::new(server, NOTES);
    case.sql("UPDATE notes SET body = repeat('x', 30000) WHERE id = 7");
    case.configure(SETTINGS);
    let told = case.sync().stderr;
    assert!(told.contains("1 rows can't be stored as they are; they are kept aside and tried again"), "{told}");
    let rows = failed(&case);
    assert_eq!((rows.len(), rows[0].0.as_str()), (1, "7"), "{rows:?}");
    assert!(rows[0].1.ends_with("and max_row_bytes is 20000; raise it"), "{rows:?}");
    assert_eq!(case.query("SELECT count(*), count(CASE id WHEN 7 THEN 1 END) FROM tmp_notes"), "19|0");

    // Others go on, and one that was there becomes too large.
    case.sql("UPDATE notes SET body = 'late', updated_at = clock_timestamp() WHERE id = 8");
    case.sql("UPDATE notes SET body = repeat('y', 30000), updated_at = clock_timestamp() WHERE id = 9");
    case.sync();
    assert_eq!(case.query("SELECT body FROM tmp_notes WHERE id = 8"), "late");
    assert_eq!(failed(&case).into_iter().map(|(key, _)| key).collect::<Vec<_>>(), ["7", "9"]);

    case.sql("UPDATE notes SET body = 'short again', updated_at = clock_timestamp() WHERE id = 7");
    case.sync();
    assert_eq!(case.query("SELECT body FROM tmp_notes WHERE id = 7"), "short again");
    case.configure("tables = [\"notes\"]");
    case.sync();
    assert_equal(&case);
}

fn a_row_that_the_replica_refuses_is_kept_aside_until_it_is_taken(server: Server) {
    let case = Case::new(server, NOTES);
    case.configure(SETTINGS);
    case.sync();
    let replica = Connection::open(case.replica_path()).unwrap();
    let picky =
        "CREATE TRIGGER picky BEFORE INSERT ON tmp_notes WHEN NEW.id > 100 BEGIN SELECT RAISE(ABORT, 'no'); END";
    replica.execute_batch(picky).unwrap();
    case.sql("INSERT INTO notes (id, body) VALUES (50, 'taken'), (101, 'refused'), (102, 'refused')");
    case.sync();
    assert_eq!(case.query("SELECT count(*), max(id) FROM tmp_notes"), "21|50");
    let rows = failed(&case);
    assert_eq!(rows.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["101", "102"]);
    assert!(rows.iter().all(|(_, error)| error.contains("no")), "{rows:?}");
    replica.execute_batch("DROP TRIGGER picky").unwrap();
    case.sync();
    assert_equal(&case);
}

fn a_failed_row_that_is_deleted_is_forgotten(server: Server) {
    let case = Case::new(server, NOTES);
    case.sql("UPDATE notes SET body = repeat('x', 30000) WHERE id = 7");
    case.configure(SETTINGS);
    case.sync();
    assert_eq!(failed(&case).len(), 1);
    case.sql("DELETE FROM notes WHERE id = 7");
    case.sync();
    assert_equal(&case);
}
