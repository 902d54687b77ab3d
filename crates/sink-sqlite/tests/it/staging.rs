//! A first load that is written beside its place.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use sink_sqlite::file::backup;
use sink_sqlite::query::QuerySession;
use sink_sqlite::{SqliteConfig, SqliteReplica, SqliteSink};
use sync_core::{
    Checkpoint, CopyState, Cursor, ErrorKind, Op, ReplicaTable, RowBatch, SchemaChange, Sink, SinkTransaction,
};

use crate::fixture::users;

/// Rows that fill more than the memory for pages.
const MANY: i64 = 100_000;

fn staged(path: &Path) -> SqliteSink {
    let sink = SqliteSink::open(SqliteConfig::new(path).cache_bytes(1 << 20).stage_first_load()).unwrap();
    assert!(sink.is_staged());
    sink
}

fn rows(table: &ReplicaTable, ids: std::ops::Range<i64>) -> RowBatch {
    let mut rows = RowBatch::new(std::sync::Arc::clone(&table.schema));
    for id in ids {
        rows.push_integer(id);
        rows.push_text("a name that takes some room in the file");
        rows.end_row(Op::Upsert).unwrap();
    }
    rows
}

/// Starts a build, and stores so many rows with their checkpoint.
fn build(sink: &mut SqliteSink, count: i64) -> ReplicaTable {
    let table = users();
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&table, &SchemaChange::StartBuild).unwrap();
    transaction.write(&table, CopyState::Building, &rows(&table, 0..count)).unwrap();
    commit(transaction, &table, &count.to_string(), CopyState::Building);
    table
}

fn commit(transaction: Box<dyn SinkTransaction + '_>, table: &ReplicaTable, cursor: &str, state: CopyState) {
    transaction.commit(&[Checkpoint::new(table.stream(), Cursor::new(cursor), state, "")]).unwrap();
}

fn load(sink: &mut SqliteSink, count: i64) {
    let table = build(sink, count);
    let mut transaction = sink.begin().unwrap();
    transaction.publish(&table).unwrap();
    commit(transaction, &table, "all", CopyState::Live);
}

fn count(path: &Path, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    Connection::open(path).unwrap().query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// The names of all files beside each other, in order.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn staged_file(folder: &Path) -> PathBuf {
    let is_staged = |name: &String| name.starts_with("replica.db.loading-") && !name.ends_with("-journal");
    folder.join(names(folder).into_iter().find(is_staged).unwrap())
}

#[test]
fn it_comes_to_its_place_whole_and_leaves_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let mut sink = staged(&path);
    load(&mut sink, 3);
    assert!(!path.exists());

    let replica = SqliteReplica::open(&path).unwrap();
    assert!(replica.is_staged() && replica.is_being_synced().unwrap());
    let status = replica.tables().unwrap().remove(0);
    assert_eq!((status.state, status.published), (Some(CopyState::Live), false), "no reader sees it");
    drop(replica);
    let under_way = "its first load is under way, and nothing in it can be read yet";
    for error in [QuerySession::open(&path).unwrap_err(), backup(&path, folder.path().join("copy.db")).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains(under_way), "{error}");
        let hint = "ask again when it is over; a sync goes on with one that was broken off";
        assert!(error.to_string().ends_with(hint), "{error}");
    }

    sink.unstage().unwrap();
    assert!(!sink.is_staged());
    assert_eq!(count(&path, "tmp_users"), 3);
    assert!(!SqliteReplica::open(&path).unwrap().is_staged());
    let mut transaction = sink.begin().unwrap();
    let table = users();
    transaction.write(&table, CopyState::Live, &rows(&table, 3..5)).unwrap();
    transaction.commit(&[]).unwrap();
    assert_eq!(count(&path, "tmp_users"), 5, "as after any commit");
    let mode: String = Connection::open(&path).unwrap().query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    drop(sink);
    assert_eq!(names(folder.path()), ["replica.db", "replica.db.lock"]);
}

#[test]
fn a_sink_that_is_dropped_leaves_what_was_stored_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let mut sink = staged(&path);
    let table = build(&mut sink, 10);
    drop(sink);
    assert_eq!(names(folder.path()), ["replica.db", "replica.db.lock"]);
    assert_eq!(fs::read(&path).unwrap()[18..20], [2, 2], "it has a log from its first moment on");
    let mut sink = SqliteSink::open(SqliteConfig::new(&path).stage_first_load()).unwrap();
    assert!(!sink.is_staged(), "there is a file by now");
    assert_eq!(sink.checkpoint(&table.stream()).unwrap().unwrap().cursor, Cursor::new("10"));
}

/// A process that is killed leaves its files as they stand at that moment.
#[test]
fn after_a_kill_what_was_committed_is_gone_on_with_and_the_rest_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let killed = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let mut sink = staged(&path);
    let table = build(&mut sink, 10);
    let mut transaction = sink.begin().unwrap();
    transaction.write(&table, CopyState::Building, &rows(&table, 10..MANY)).unwrap();
    transaction.write(&table, CopyState::Building, &rows(&table, 0..5)).unwrap();
    for name in names(folder.path()) {
        fs::copy(folder.path().join(&name), killed.path().join(&name)).unwrap();
    }
    drop(transaction);
    assert!(fs::metadata(staged_file(killed.path())).unwrap().len() > 2 << 20, "pages were written before the commit");

    let path = killed.path().join("replica.db");
    let mut sink = SqliteSink::open(SqliteConfig::new(&path).stage_first_load()).unwrap();
    assert!(sink.was_left_open() && !sink.is_staged());
    assert_eq!(sink.checkpoint(&table.stream()).unwrap().unwrap().cursor, Cursor::new("10"));
    assert_eq!(count(&path, "tmp_data_sync_build_tmp_users"), 10);
    assert_eq!(sink_sqlite::file::damages(&Connection::open(&path).unwrap(), 1).unwrap(), Vec::<String>::new());
    drop(sink);
    assert_eq!(names(killed.path()), ["replica.db", "replica.db.lock"]);
}

#[test]
fn what_was_staged_before_the_machine_started_is_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let before = "replica.db.loading-0a0a0a0a-0000-4000-8000-000000000000";
    for name in [before.to_owned(), format!("{before}-journal")] {
        fs::write(folder.path().join(name), "torn").unwrap();
    }
    fs::write(folder.path().join("replica.db.loadings"), "somebody's own").unwrap();
    let mut sink = staged(&path);
    assert_eq!(sink.checkpoint(&users().stream()).unwrap(), None);
    drop(sink);
    assert_eq!(names(folder.path()), ["replica.db", "replica.db.loadings", "replica.db.lock"]);
}

#[test]
fn what_is_left_of_a_load_and_can_not_be_read_is_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let left = {
        let _sink = staged(&path);
        staged_file(folder.path())
    };
    fs::remove_file(&path).unwrap();
    fs::write(&left, "no file of SQLite's, and long enough to be seen as none: ".repeat(30)).unwrap();
    let mut sink = staged(&path);
    load(&mut sink, 3);
    drop(sink);
    assert_eq!(count(&path, "tmp_users"), 3);
}

#[test]
fn what_was_staged_is_thrown_away_where_a_replica_came_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let mut sink = staged(&path);
    load(&mut sink, 3);
    let left = staged_file(folder.path());
    let beside = folder.path().join("copy");
    fs::copy(&left, &beside).unwrap();
    drop(sink);
    fs::rename(&beside, &left).unwrap();
    drop(SqliteSink::open(SqliteConfig::new(&path).stage_first_load()).unwrap());
    assert_eq!(names(folder.path()), ["replica.db", "replica.db.lock"]);
    assert_eq!(count(&path, "tmp_users"), 3);
}

#[test]
fn a_file_that_came_meanwhile_is_not_replaced_unless_it_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let mut sink = staged(&path);
    load(&mut sink, 3);
    fs::write(&path, "somebody's own").unwrap();
    let error = sink.unstage().unwrap_err();
    assert!(error.to_string().contains("another program made a file of this name during the first load"), "{error}");
    assert!(error.to_string().ends_with("move that file away, or choose another path"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "somebody's own");
    assert!(sink.is_staged());

    fs::write(&path, "").unwrap();
    sink.unstage().unwrap();
    assert_eq!(count(&path, "tmp_users"), 3);
}

#[test]
fn a_file_that_can_not_be_put_in_its_place_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let mut sink = staged(&path);
    load(&mut sink, 3);
    std::os::unix::fs::symlink(&path, &path).unwrap();
    let error = sink.unstage().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("what was loaded can't be put in its place: "), "{error}");
    let hint = "give this user the right to write to the folder, and the disk some room";
    assert!(error.to_string().ends_with(hint), "{error}");
    fs::remove_file(&path).unwrap();
    sink.unstage().unwrap();
    assert_eq!(count(&path, "tmp_users"), 3);
}
