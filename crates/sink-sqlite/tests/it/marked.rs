//! Rows that are marked as deleted in place of being deleted.

use sink_sqlite::rusqlite::types::Value as Stored;
use sync_core::{CopyState, Op, ReplicaTable, RowBatch, Sink, Value, WriteStats};

use crate::fixture::{Replica, named, publish, rows, table, users, write};

const COLUMN: &str = "gone \"at\"";

fn marked() -> ReplicaTable {
    users().deleted_column(Some(COLUMN.to_owned()))
}

fn gone(id: i64) -> RowBatch {
    rows(&users(), &[(Op::Delete, &[Value::Integer(id), Value::Null])])
}

fn marks(replica: &Replica) -> Vec<Vec<Stored>> {
    replica
        .query("SELECT group_concat(id || name, ' ' ORDER BY id) FROM tmp_users WHERE \"gone \"\"at\"\"\" IS NOT NULL")
}

#[test]
fn a_delete_notes_the_time_and_an_upsert_takes_it_back() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = marked();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada"), (2, "Bob"), (3, "Eve")])).unwrap();
    assert_eq!(write(&mut sink, &users, &gone(2)).unwrap(), WriteStats::new(0, 1, 0));
    assert_eq!(marks(&replica), [[Stored::Text("2Bob".into())]]);
    let form = "SELECT count(*) FROM tmp_users WHERE \"gone \"\"at\"\"\" GLOB
                    '20[0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'
                AND abs(julianday('now') - julianday(\"gone \"\"at\"\"\")) < 1";
    assert_eq!(replica.number(form), 1);

    // Already marked, or never there.
    replica.execute("UPDATE tmp_users SET \"gone \"\"at\"\"\" = 'first' WHERE id = 2");
    assert_eq!(write(&mut sink, &users, &gone(2)).unwrap(), WriteStats::new(0, 0, 1));
    assert_eq!(write(&mut sink, &users, &gone(9)).unwrap(), WriteStats::new(0, 0, 1));
    assert_eq!(replica.number("SELECT count(*) FROM tmp_users WHERE \"gone \"\"at\"\"\" = 'first'"), 1);

    // The same row again is a change, as it is back.
    assert_eq!(write(&mut sink, &users, &named(&users, &[(2, "Bob"), (1, "Ada")])).unwrap(), WriteStats::new(1, 0, 1));
    assert_eq!(marks(&replica), [[Stored::Null]]);
}

#[test]
fn a_marked_row_is_not_read_back() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = marked();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada"), (2, "Bob"), (3, "Eve")])).unwrap();
    replica.execute("CREATE INDEX i ON tmp_users(\"gone \"\"at\"\"\")");
    write(&mut sink, &users, &gone(2)).unwrap();
    let read = sink.replica();
    let mut page = rows(&users, &[]);
    read.keys(&users, CopyState::Live).unwrap().next(&mut page).unwrap();
    assert_eq!(page.rows().map(|row| row.get(0)).collect::<Vec<_>>(), [Value::Integer(1), Value::Integer(3)]);
    read.rows(&users, CopyState::Live).unwrap().next(&mut page).unwrap();
    assert_eq!(page.rows().map(|row| row.get(1)).collect::<Vec<_>>(), [Value::Text("Ada"), Value::Text("Eve")]);
    let keys = rows(
        &users,
        &[1, 2]
            .map(|id| (Op::Delete, [Value::Integer(id), Value::Null]))
            .each_ref()
            .map(|(op, row)| (*op, row.as_slice())),
    );
    assert_eq!(read.rows_of(&users, &keys).unwrap().len(), 1);
}

#[test]
fn a_table_that_was_made_without_the_column_gets_it_with_the_first_write() {
    for state in [CopyState::Live, CopyState::Building] {
        let replica = Replica::new();
        let mut sink = replica.open();
        publish(&mut sink, &users(), &named(&users(), &[(1, "Ada"), (2, "Bob")])).unwrap();
        write(&mut sink, &users(), &named(&users(), &[(1, "Ada L.")])).unwrap();
        replica.execute("CREATE VIEW people AS SELECT name FROM tmp_users; CREATE VIEW broken AS SELECT * FROM absent");
        let mut transaction = sink.begin().unwrap();
        transaction.apply_schema(&users(), &sync_core::SchemaChange::StartBuild).unwrap();
        transaction.write(&users(), CopyState::Building, &named(&users(), &[(1, "Ada"), (2, "Bob")])).unwrap();
        transaction.commit(&[]).unwrap();

        // Until then, nothing is left out.
        let mut page = rows(&users(), &[]);
        sink.replica().keys(&marked(), state).unwrap().next(&mut page).unwrap();
        assert_eq!(page.len(), 2);
        let mut transaction = sink.begin().unwrap();
        assert_eq!(transaction.write(&marked(), state, &gone(2)).unwrap(), WriteStats::new(0, 1, 0));
        drop(transaction);
        let columns =
            "SELECT count(*) FROM pragma_table_info('tmp_users'), pragma_table_info('tmp_data_sync_build_tmp_users')";
        assert_eq!(replica.number(columns), 4);

        let mut transaction = sink.begin().unwrap();
        assert_eq!(transaction.write(&marked(), state, &gone(2)).unwrap(), WriteStats::new(0, 1, 0));
        transaction.commit(&[]).unwrap();
        assert_eq!(replica.number(columns), 6);
        sink.replica().keys(&marked(), state).unwrap().next(&mut page).unwrap();
        assert_eq!(page.len(), 1);
    }
}

#[test]
fn the_column_stays_untouched_when_deletes_are_deletes_again() {
    let replica = Replica::new();
    let mut sink = replica.open();
    publish(&mut sink, &marked(), &named(&users(), &[(1, "Ada"), (2, "Bob"), (3, "Eve")])).unwrap();
    write(&mut sink, &marked(), &gone(2)).unwrap();
    assert_eq!(write(&mut sink, &users(), &named(&users(), &[(2, "Bob")])).unwrap(), WriteStats::new(0, 0, 1));
    assert_eq!(write(&mut sink, &users(), &gone(3)).unwrap(), WriteStats::new(0, 1, 0));
    assert_eq!(marks(&replica), [[Stored::Text("2Bob".into())]]);
    assert_eq!(replica.number("SELECT count(*) FROM tmp_users"), 2);
}

#[test]
fn a_table_that_is_all_key_is_marked_too() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let tags = table("tmp_tags", &[("tag", sync_core::DataType::Text)], &["tag"]);
    let tags = tags.deleted_column(Some("gone".to_owned()));
    let tag: (Op, &[Value<'_>]) = (Op::Upsert, &[Value::Text("a")]);
    let no_tag: (Op, &[Value<'_>]) = (Op::Delete, &[Value::Text("a")]);
    publish(&mut sink, &tags, &rows(&tags, &[tag])).unwrap();
    let batch = rows(&tags, &[tag, no_tag, no_tag, tag, tag]);
    assert_eq!(write(&mut sink, &tags, &batch).unwrap(), WriteStats::new(1, 1, 3));
    assert_eq!(replica.number("SELECT count(*) FROM tmp_tags WHERE gone IS NULL"), 1);
}

#[test]
fn a_marked_row_counts_among_triggers_too() {
    let replica = Replica::new();
    let mut sink = replica.open();
    publish(&mut sink, &marked(), &named(&users(), &[(1, "Ada")])).unwrap();
    replica.execute(
        "CREATE TABLE log(id); CREATE TRIGGER t AFTER UPDATE ON tmp_users BEGIN INSERT INTO log VALUES (new.id); END",
    );
    for expected in [WriteStats::new(0, 1, 0), WriteStats::new(0, 0, 1)] {
        assert_eq!(write(&mut sink, &marked(), &gone(1)).unwrap(), expected);
    }
    for expected in [WriteStats::new(1, 0, 0), WriteStats::new(0, 0, 1)] {
        assert_eq!(write(&mut sink, &marked(), &named(&users(), &[(1, "Ada")])).unwrap(), expected);
    }
    assert_eq!(replica.number("SELECT count(*) FROM log"), 2);
}
