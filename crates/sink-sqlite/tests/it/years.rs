//! The file over the years: its log, free pages, copies, and who has it open.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use sink_sqlite::file::{FileFacts, backup, damages, log_state, open_by, shorten_log, tidy};
use sink_sqlite::rusqlite::Connection;
use sink_sqlite::{SqliteConfig, SqliteReplica, SqliteSink};

fn writer(path: &std::path::Path) -> Connection {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch("CREATE TABLE own (id INTEGER PRIMARY KEY, text TEXT)").unwrap();
    conn
}

fn fill(conn: &Connection, rows: u32) {
    let sql = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
        INSERT INTO own (text) SELECT hex(randomblob(500)) FROM n";
    conn.execute(sql, [rows]).unwrap();
}

#[test]
fn a_reader_that_pins_the_log_is_noticed_and_the_log_shrinks_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let _sink = SqliteSink::open(SqliteConfig::new(&path)).unwrap();
    let conn = writer(&path);
    let reader = Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM own").unwrap();
    fill(&conn, 1000);
    let pinned = shorten_log(&path).unwrap();
    assert!(pinned.pinned && pinned.bytes > 1_000_000, "{pinned:?}");
    reader.execute_batch("COMMIT").unwrap();
    let free = shorten_log(&path).unwrap();
    assert_eq!((free.pinned, free.bytes), (false, 0));
    assert_eq!(log_state(&path).unwrap().bytes, 0);
}

#[test]
fn free_pages_go_back_to_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let _sink = SqliteSink::open(SqliteConfig::new(&path)).unwrap();
    let conn = writer(&path);
    fill(&conn, 5000);
    assert_eq!(tidy(&path).unwrap(), 0, "nothing is free");
    conn.execute_batch("DELETE FROM own").unwrap();
    shorten_log(&path).unwrap();
    let before = FileFacts::of(&path).unwrap().bytes;
    assert!(tidy(&path).unwrap() > 500);
    shorten_log(&path).unwrap();
    let after = FileFacts::of(&path).unwrap().bytes;
    assert!(after < before / 2, "{before} {after}");
    assert_eq!(damages(&conn, 10).unwrap(), [""; 0]);
}

#[test]
fn a_copy_has_the_mode_of_the_replica_and_stands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("replica.db"), folder.path().join("copy.db"));
    let sink = SqliteSink::open(SqliteConfig::new(&path).mode(0o640)).unwrap();
    let conn = writer(&path);
    fill(&conn, 10);
    conn.execute_batch("BEGIN IMMEDIATE; DELETE FROM own").unwrap();
    let taken = backup(&path, &copy).unwrap();
    assert_eq!(taken.bytes, std::fs::metadata(&copy).unwrap().len());
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o640);
    let rows: i64 =
        Connection::open(&copy).unwrap().query_row("SELECT count(*) FROM own", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 10, "what is not committed is in no copy");
    assert!(SqliteReplica::open(&copy).unwrap().tables().unwrap().is_empty());
    assert!(!folder.path().join("copy.db.partial").exists());
    let nowhere = backup(&path, folder.path().join("absent/copy.db")).unwrap_err().to_string();
    assert!(nowhere.contains("it can't be written: ") && nowhere.ends_with("choose another folder"), "{nowhere}");
    let odd = folder.path().join(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff.db"));
    assert!(backup(&path, odd).unwrap_err().to_string().ends_with("its name is not UTF-8; choose another name"));
    drop(sink);
}

#[test]
fn an_end_in_disorder_is_noticed_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let open = || SqliteSink::open(SqliteConfig::new(&path)).unwrap().was_left_open();
    assert!(!open());
    assert!(!open(), "it was closed in order");
    // As a process leaves it that is killed.
    std::fs::write(folder.path().join("replica.db.lock"), "4000000\n").unwrap();
    assert!(open());
    assert!(!open());
}

#[test]
fn who_has_the_file_open_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let facts = FileFacts::of(&path).unwrap();
    assert_eq!((facts.exists, facts.mode, facts.is_being_synced), (false, None, false));
    assert!(facts.free_bytes.unwrap() > 0);
    let _sink = SqliteSink::open(SqliteConfig::new(&path)).unwrap();
    let facts = FileFacts::of(&path).unwrap();
    assert_eq!((facts.writer, facts.readable_by()), (Some(std::process::id()), Some("its owner alone")));
    assert_eq!(open_by(&path), []);
    let mut holder = Command::new("sleep").arg("600").stdin(std::fs::File::open(&path).unwrap()).spawn().unwrap();
    let found = open_by(&path);
    assert!(
        found.iter().any(|open| open.process == holder.id() && open.to_string().contains("(process ")),
        "{found:?}"
    );
    holder.kill().unwrap();
    holder.wait().unwrap();
}
