//! Files of an older format: read as they are, and brought to the present one when they are written to.
//!
//! Each format has a file here, `format_N.sql`, which is made before the next one takes its place, from a small replica that the release
//! before wrote: `data-sync sync && sqlite3 replica.db .dump > crates/sink-sqlite/tests/it/format_N.sql`.

use sink_sqlite::rusqlite::types::Value as Stored;
use sink_sqlite::{SqliteConfig, SqliteReplica, SqliteSink};
use sync_core::{CopyState, ErrorKind, RunRecord, Sink, StreamId, Upkeep, WriteStats};

use crate::fixture::{Replica, checkpoint, named, users, write};

fn old() -> Replica {
    let replica = Replica::new();
    replica.execute(include_str!("format_1.sql"));
    replica
}

#[test]
fn a_file_of_format_1_can_be_looked_at_and_stays_as_it_is() {
    let replica = old();
    let before = std::fs::read(replica.path()).unwrap();
    let look = SqliteReplica::open(replica.path()).unwrap();
    let tables = look.tables().unwrap();
    let users = tables.iter().find(|table| table.name == "tmp_users").unwrap();
    assert_eq!((users.published, users.failed_rows, &users.upkeep), (true, 1, &Upkeep::default()));
    assert_eq!(users.last_run.unwrap().written, WriteStats::new(1, 2, 3));
    assert_eq!(look.failed_rows(None, 10).unwrap()[0].attempts, 2);
    drop(look);
    assert_eq!(std::fs::read(replica.path()).unwrap(), before);
    assert_eq!(replica.number("SELECT version FROM tmp_data_sync_format"), 1);
}

#[test]
fn a_file_of_format_1_goes_on_in_format_2() {
    let replica = old();
    let look = SqliteReplica::open(replica.path()).unwrap();
    assert_eq!(look.tables().unwrap().len(), 3);
    let mut sink = replica.open();
    assert_eq!(replica.number("SELECT version FROM tmp_data_sync_format"), 2);
    let found = sink.checkpoint(&users().stream()).unwrap().unwrap();
    assert_eq!((found.cursor.token(), found.state, &found.upkeep), ("published", CopyState::Live, &Upkeep::default()));
    assert_eq!(sink.checkpoint(&StreamId::new("tmp_orders")).unwrap().unwrap().state, CopyState::Building);
    assert!(sink.checkpoint(&StreamId::new("changes of shop")).unwrap().is_some());

    let mut transaction = sink.begin().unwrap();
    transaction.write(&users(), CopyState::Live, &named(&users(), &[(2, "Bob"), (9, "Eve")])).unwrap();
    transaction.record(&users().stream(), &RunRecord::new(200, 205)).unwrap();
    let mut upkeep = Upkeep::default();
    upkeep.swept_ms = Some(7);
    transaction.commit(&[checkpoint(&users(), CopyState::Live, "next").upkeep(upkeep.clone())]).unwrap();
    // Whoever looked before the file was brought up to date sees it too.
    let tables = look.tables().unwrap();
    let users = tables.iter().find(|table| table.name == "tmp_users").unwrap();
    assert_eq!((users.failed_rows, &users.upkeep), (0, &upkeep));
    drop(sink);
    assert_eq!(replica.open().checkpoint(&StreamId::new("tmp_users")).unwrap().unwrap().upkeep, upkeep);
}

#[test]
fn a_migrated_file_is_as_a_new_one() {
    let (old, new) = (old(), Replica::new());
    drop(old.open());
    drop(new.open());
    let expected = columns_of_the_state(&new);
    assert!(expected.len() > 30);
    assert_eq!(columns_of_the_state(&old), expected);
}

/// Else the format changed and its number did not: a file of the former release would not be migrated.
#[test]
fn the_file_of_the_present_format_is_as_a_new_one() {
    let (kept, new) = (Replica::new(), Replica::new());
    kept.execute(include_str!("format_2.sql"));
    drop(new.open());
    let version = "SELECT version FROM tmp_data_sync_format";
    assert_eq!(kept.number(version), new.number(version), "keep a file of the new format here too");
    assert_eq!(columns_of_the_state(&kept), columns_of_the_state(&new));
}

fn columns_of_the_state(replica: &Replica) -> Vec<Vec<Stored>> {
    let columns = "SELECT tables.name, columns.name, columns.type, columns.\"notnull\", columns.pk
                   FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
                   WHERE tables.name IN ('tmp_data_sync_format', 'tmp_data_sync_metadata', 'tmp_data_sync_columns',
                       'tmp_data_sync_failed_rows', 'tmp_data_sync_log')
                   ORDER BY tables.name, columns.name";
    replica.query(columns)
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let replica = old();
    // A column of that name can't be added.
    replica.execute("ALTER TABLE tmp_data_sync_log ADD COLUMN rows_failed");
    let error = SqliteSink::open(SqliteConfig::new(replica.path())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal, "{error}");
    assert!(error.to_string().contains("rows_failed"), "{error}");
    assert_eq!(replica.number("SELECT version FROM tmp_data_sync_format"), 1);
    assert_eq!(
        replica.number("SELECT count(*) FROM pragma_table_info('tmp_data_sync_metadata') WHERE name = 'upkeep'"),
        0
    );
    replica.execute("ALTER TABLE tmp_data_sync_log DROP COLUMN rows_failed");
    assert_eq!(write(&mut replica.open(), &users(), &named(&users(), &[(3, "Eve")])).unwrap().changed, 1);
}

#[test]
fn a_file_of_format_2_goes_on_as_it_is() {
    let replica = Replica::new();
    replica.execute(include_str!("format_2.sql"));
    let mut sink = replica.open();
    assert_eq!(replica.number("SELECT version FROM tmp_data_sync_format"), 2);
    let found = sink.checkpoint(&users().stream()).unwrap().unwrap();
    assert_eq!((found.cursor.token(), found.state), ("published", CopyState::Live));
    assert_eq!((found.upkeep.rows, found.upkeep.swept_ms), (Some(2), Some(1_795_406_150_443)));
    assert_eq!(
        write(&mut sink, &users(), &named(&users(), &[(2, "Eve"), (3, "Bob")])).unwrap(),
        WriteStats::new(1, 0, 1)
    );
}
