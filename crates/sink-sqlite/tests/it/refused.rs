//! Files that are refused, each with an error that says what is wrong, where, and what to do; and left as they were.

use std::path::Path;
use std::time::Duration;

use sink_sqlite::{SqliteConfig, SqliteReplica, SqliteSink};
use sync_core::{Error, ErrorKind};

use crate::fixture::Replica;

fn refused(path: &Path) -> Error {
    SqliteSink::open(SqliteConfig::new(path).busy_timeout(Duration::from_millis(10))).unwrap_err()
}

#[track_caller]
fn assert_config(error: &Error, path: &Path, words: &str) {
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert!(error.place().unwrap().contains(path.to_str().unwrap()), "{error}");
    assert!(error.hint_text().is_some(), "{error}");
}

#[test]
fn a_file_that_is_not_sqlite() {
    let replica = Replica::new();
    for content in ["short", &"a letter to a friend ".repeat(1000)] {
        std::fs::write(replica.path(), content).unwrap();
        assert_config(&refused(&replica.path()), &replica.path(), "it is not an SQLite file");
        assert_config(&SqliteReplica::open(replica.path()).unwrap_err(), &replica.path(), "it is not an SQLite file");
        assert_eq!(std::fs::read_to_string(replica.path()).unwrap(), content);
    }
}

#[test]
fn a_folder_or_something_in_a_folder_that_is_not_there() {
    let replica = Replica::new();
    assert_config(&refused(replica.folder.path()), replica.folder.path(), "it is a folder; name a file in it");
    let lost = replica.folder.path().join("absent/replica.db");
    let error = refused(&lost);
    assert_config(&error, &lost, "the folder");
    assert!(error.to_string().contains("does not exist; create it, or choose another path"), "{error}");
}

#[test]
fn a_path_that_names_no_file() {
    for path in ["", ":memory:", "/", ".."] {
        let error = refused(Path::new(path));
        assert_eq!(error.kind(), ErrorKind::Config, "{path:?}: {error}");
    }
    let error = refused(Path::new(":memory:")).to_string();
    assert_eq!(error, "replica :memory:: the replica must be a file; set its path, such as replica.db");
}

#[test]
fn a_path_through_a_file() {
    let replica = Replica::new();
    std::fs::write(replica.path(), "a file").unwrap();
    let below = replica.path().join("replica.db");
    let error = refused(&below);
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("it can't be looked at: "), "{error}");
}

#[cfg(unix)]
#[test]
fn a_lock_that_can_not_be_had_at_all() {
    let replica = Replica::new();
    drop(replica.open());
    let lock = format!("{}.lock", replica.path().canonicalize().unwrap().display());
    std::fs::remove_file(&lock).unwrap();
    std::os::unix::fs::symlink(&lock, &lock).unwrap();
    let error = refused(&replica.path()).to_string();
    let used = format!("its lock file {lock} can't be used: ");
    let hint = "; let this user write to the folder, on a file system that knows locks";
    assert!(error.contains(&used) && error.ends_with(hint), "{error}");
    let error = SqliteReplica::open(replica.path()).unwrap().is_being_synced().unwrap_err().to_string();
    let looked = format!("its lock file {lock} can't be looked at: ");
    assert!(error.contains(&looked) && error.ends_with("; let this user read it"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_and_a_thing_that_is_no_file() {
    let replica = Replica::new();
    std::os::unix::fs::symlink(replica.folder.path().join("absent"), replica.path()).unwrap();
    assert_config(
        &refused(&replica.path()),
        &replica.path(),
        "it is a link to nothing; remove the link, or make what it points to",
    );
    assert_config(
        &refused(Path::new("/dev/null")),
        Path::new("/dev/null"),
        "it is no regular file; choose another path",
    );
}

#[test]
fn a_newer_format() {
    let replica = Replica::new();
    drop(replica.open());
    replica.execute("UPDATE tmp_data_sync_format SET version = 3; PRAGMA journal_mode = DELETE;");
    let before = std::fs::read(replica.path()).unwrap();
    assert_config(
        &refused(&replica.path()),
        &replica.path(),
        "its format is 3, and this program knows formats up to 2: a newer release wrote it; use that release, or choose another path",
    );
    assert_config(&SqliteReplica::open(replica.path()).unwrap_err(), &replica.path(), "its format is 3");
    assert_eq!(std::fs::read(replica.path()).unwrap(), before);
}

#[test]
fn a_format_without_a_version() {
    let replica = Replica::new();
    drop(replica.open());
    replica.execute("DELETE FROM tmp_data_sync_format");
    assert_config(
        &refused(&replica.path()),
        &replica.path(),
        "its table tmp_data_sync_format holds no version; choose another path, or drop all tables whose names begin with tmp_data_sync_",
    );
}

#[test]
fn the_state_of_another_program() {
    let replica = Replica::new();
    replica.execute("CREATE TABLE tmp_data_sync_metadata(table_name TEXT PRIMARY KEY, last_sync_id TEXT)");
    assert_config(
        &refused(&replica.path()),
        &replica.path(),
        "tmp_data_sync_metadata, which another program made; choose another path, or drop what begins with tmp_data_sync_",
    );
}

#[test]
fn a_file_that_is_no_replica_is_not_shown_as_an_empty_one() {
    let replica = Replica::new();
    replica.execute("CREATE TABLE mine(x)");
    assert_config(
        &SqliteReplica::open(replica.path()).unwrap_err(),
        &replica.path(),
        "it is no replica: nothing was ever synced into it; check the path",
    );
}

#[test]
fn a_file_that_is_being_synced_into() {
    let replica = Replica::new();
    let sink = replica.open();
    let error = refused(&replica.path());
    assert_config(&error, &replica.path().canonicalize().unwrap(), "is syncing into it");
    let holder = format!("process {} is syncing into it; stop that one, or choose another path", std::process::id());
    assert!(error.to_string().ends_with(&holder), "{error}");
    drop(sink);
    assert!(SqliteSink::open(SqliteConfig::new(replica.path())).is_ok());
}

#[cfg(unix)]
#[test]
fn a_file_that_is_being_synced_into_by_another_name() {
    let replica = Replica::new();
    let _sink = replica.open();
    let link = replica.folder.path().join("link.db");
    std::os::unix::fs::symlink(replica.path(), &link).unwrap();
    assert!(refused(&link).to_string().contains("is syncing into it"));
}

#[test]
fn a_file_that_another_program_holds_can_be_had_later() {
    let replica = Replica::new();
    replica.execute("CREATE TABLE mine(x)");
    let holder = replica.user();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = refused(&replica.path());
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("another program holds the file"), "{error}");
}

#[test]
fn a_damaged_file() {
    let replica = Replica::new();
    drop(replica.open());
    let mut bytes = std::fs::read(replica.path()).unwrap();
    bytes[100..4096].fill(0xaa);
    std::fs::write(replica.path(), bytes).unwrap();
    assert_config(&refused(&replica.path()), &replica.path(), "damaged");
}
