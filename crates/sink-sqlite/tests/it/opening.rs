//! What opening a file does, and what it leaves behind.

use sink_sqlite::{SqliteConfig, SqliteReplica};
use sync_core::{CopyState, ErrorKind};

use crate::fixture::{Replica, named, publish, users, write};

#[test]
fn a_new_file_is_an_ordinary_one_with_a_log() {
    let replica = Replica::new();
    let _sink = replica.open();
    assert_eq!(replica.number("SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    assert_eq!(replica.number("PRAGMA page_size"), 8192);
    assert_eq!(replica.number("PRAGMA user_version"), 0);
    assert_eq!(replica.number("SELECT version FROM tmp_data_sync_format"), 2);
}

#[test]
fn a_closed_replica_is_one_plain_file() {
    let replica = Replica::new();
    let mut sink = replica.open();
    publish(&mut sink, &users(), &named(&users(), &[(1, "Ada")])).unwrap();
    assert!(replica.files().contains(&"replica.db-wal".to_owned()));
    drop(sink);
    assert_eq!(replica.files(), ["replica.db", "replica.db.lock"]);
    assert_eq!(replica.number("SELECT count(*) FROM tmp_users"), 1);
}

#[test]
fn a_log_is_emptied_even_while_somebody_has_the_file_open() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let reader = replica.user();
    reader.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(())).unwrap();
    publish(&mut sink, &users(), &named(&users(), &[(1, "Ada")])).unwrap();
    drop(sink);
    let log = std::fs::metadata(replica.folder.path().join("replica.db-wal")).unwrap();
    assert_eq!(log.len(), 0);
}

#[test]
fn a_log_that_had_to_grow_is_cut_back() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[])).unwrap();
    let log = || std::fs::metadata(replica.folder.path().join("replica.db-wal")).unwrap().len();
    let long = "x".repeat(1 << 20);
    let large: Vec<_> = (0..24).map(|id| (id, long.as_str())).collect();
    write(&mut sink, &users, &named(&users, &large)).unwrap();
    assert!(log() > 24 << 20);
    // The next commit moves what the thread beside it has not, and the one after begins the log anew.
    write(&mut sink, &users, &named(&users, &[(100, "small")])).unwrap();
    write(&mut sink, &users, &named(&users, &[(101, "small")])).unwrap();
    assert!(log() <= 16 << 20, "{}", log());
}

#[test]
fn opening_again_keeps_everything() {
    let replica = Replica::new();
    publish(&mut replica.open(), &users(), &named(&users(), &[(1, "Ada")])).unwrap();
    replica.execute("CREATE TABLE mine(x); INSERT INTO mine VALUES (7); PRAGMA user_version = 42;");
    drop(replica.open());
    assert_eq!(replica.number("SELECT x FROM mine"), 7);
    assert_eq!(replica.number("PRAGMA user_version"), 42);
    assert_eq!(replica.number("SELECT count(*) FROM tmp_users"), 1);
}

#[test]
fn a_file_of_the_user_is_taken_as_it_is() {
    let replica = Replica::new();
    replica.execute(
        "PRAGMA page_size = 4096; PRAGMA auto_vacuum = FULL; CREATE TABLE mine(x); INSERT INTO mine VALUES (7);",
    );
    drop(replica.open());
    assert_eq!(replica.number("SELECT x FROM mine"), 7);
    assert_eq!(replica.number("PRAGMA page_size"), 4096);
    assert_eq!(replica.number("PRAGMA auto_vacuum"), 1);
}

#[test]
fn an_odd_path_is_just_a_path() {
    let replica = Replica::new();
    let path = replica.folder.path().join("file:odd name?mode=ro&x=%20'.db");
    let sink = sink_sqlite::SqliteSink::open(SqliteConfig::new(&path)).unwrap();
    assert_eq!(sink.path(), path.canonicalize().unwrap());
    drop(sink);
    assert!(SqliteReplica::open(&path).is_ok());
}

#[test]
fn looking_at_a_replica_leaves_no_files_and_makes_none() {
    let replica = Replica::new();
    let absent = SqliteReplica::open(replica.path()).unwrap_err();
    assert_eq!(absent.kind(), ErrorKind::Config);
    assert!(absent.to_string().contains("there is no such file"), "{absent}");
    assert_eq!(replica.files(), Vec::<String>::new());

    publish(&mut replica.open(), &users(), &named(&users(), &[(1, "Ada")])).unwrap();
    let before = replica.files();
    let look = SqliteReplica::open(replica.path()).unwrap();
    assert_eq!(look.count_rows("tmp_users").unwrap(), Some(1));
    drop(look);
    assert_eq!(replica.files(), before);
}

#[test]
fn a_look_works_while_a_sync_writes_and_cannot_write() {
    let replica = Replica::new();
    let mut sink = replica.open();
    publish(&mut sink, &users(), &named(&users(), &[(1, "Ada")])).unwrap();
    let look = SqliteReplica::open(replica.path()).unwrap();
    let mut transaction = sync_core::Sink::begin(&mut sink).unwrap();
    transaction.write(&users(), CopyState::Live, &named(&users(), &[(2, "Bob")])).unwrap();
    assert_eq!(look.count_rows("tmp_users").unwrap(), Some(1));
    transaction.commit(&[]).unwrap();
    assert_eq!(look.count_rows("tmp_users").unwrap(), Some(2));
    assert_eq!(look.count_rows("tmp_absent").unwrap(), None);
    let refused = look.connection().execute_batch("DELETE FROM tmp_users").unwrap_err();
    assert!(refused.to_string().contains("readonly"), "{refused}");
}

#[test]
fn a_look_tells_whether_somebody_syncs() {
    let replica = Replica::new();
    let mut sink = replica.open();
    publish(&mut sink, &users(), &named(&users(), &[(1, "Ada")])).unwrap();
    let look = SqliteReplica::open(replica.path()).unwrap();
    assert!(look.is_being_synced().unwrap());
    drop(sink);
    assert!(!look.is_being_synced().unwrap());
    std::fs::remove_file(format!("{}.lock", replica.path().display())).unwrap();
    assert!(!look.is_being_synced().unwrap());
    let mut rows = sync_core::RowBatch::new(std::sync::Arc::clone(&users().schema));
    look.contents().rows(&users(), CopyState::Live).unwrap().next(&mut rows).unwrap();
    assert_eq!(rows.len(), 1);
}
