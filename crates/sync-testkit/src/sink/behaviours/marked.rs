//! Rows that are marked as deleted.

use sync_core::memory::OwnedRow;
use sync_core::{CopyState, DataType, Op, OwnedValue, ReplicaTable, Sink, WriteStats};

use crate::sink::fixture::SinkFixture;
use crate::sink::subject::{
    Checked, REPLICA, batch, expect, failed, of_columns, open, publish, read_all, row, same, table, write_live,
};

pub(super) fn marked(fixture: &dyn SinkFixture) -> Checked {
    let table = table()?.deleted_column(Some("gone at".to_owned()));
    let mut sink = open(fixture)?;
    publish(&mut *sink, &table, &[row(1, "a"), row(2, "b"), row(3, "c")])?;
    same("marks after a copy", &marks(fixture)?, &vec![false; 3])?;

    let delete = write_live(&mut *sink, &table, Op::Delete, &[row(2, ""), row(9, "")])?;
    same("counted for a delete", &delete, &WriteStats::new(0, 1, 1))?;
    same("marks after a delete", &marks(fixture)?, &vec![false, true, false])?;
    is_absent(&*sink, &table, 2)?;
    let again = write_live(&mut *sink, &table, Op::Delete, &[row(2, "")])?;
    same("counted for a delete of a marked row", &again, &WriteStats::new(0, 0, 1))?;

    let back = write_live(&mut *sink, &table, Op::Upsert, &[row(2, "b")])?;
    same("counted for a row that is back", &back, &WriteStats::new(1, 0, 0))?;
    same("marks after the row is back", &marks(fixture)?, &vec![false; 3])
}

pub(super) fn taken_over(fixture: &dyn SinkFixture) -> Checked {
    let mut sink = open(fixture)?;
    let kept = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let table = table()?.deleted_column(Some("gone at".to_owned())).kept_of_gone(kept(&["id", "note"]));
    publish(&mut *sink, &table, &[row(1, "a"), row(2, "b"), row(3, "c")])?;
    write_live(&mut *sink, &table, Op::Delete, &[row(2, "")])?;
    let before = fixture.read(REPLICA).map_err(failed("reading"))?.unwrap_or_default();

    // The third row vanished while the table was copied.
    let columns = [("id", DataType::Integer), ("more", DataType::Text), ("note", DataType::Text)];
    let wider = of_columns(&columns, &["id"])?.deleted_column(table.deleted_column.clone());
    let wider = wider.kept_of_gone(kept(&["id", "more", "note"]));
    publish(&mut *sink, &wider, &[vec![1.into(), "x".into(), "a".into()]])?;
    let after = fixture.read(REPLICA).map_err(failed("reading"))?.unwrap_or_default();
    let seen: Vec<Vec<OwnedValue>> = after.iter().map(|row| row.iter().take(3).cloned().collect()).collect();
    let gone = |id: i64, note: &str| vec![OwnedValue::from(id), OwnedValue::Null, OwnedValue::from(note)];
    same("rows after another copy", &seen, &vec![vec![1.into(), "x".into(), "a".into()], gone(2, "b"), gone(3, "c")])?;
    same("the mark from before", &after[1].last(), &before[1].last())?;
    let is_marked = after.iter().map(|row| matches!(row.last(), Some(OwnedValue::Text(_)))).collect();
    same("marks after another copy", &is_marked, &vec![false, true, true])?;

    let secret = of_columns(&[("id", DataType::Integer), ("note", DataType::Text)], &["id"])?;
    publish(&mut *sink, &secret.clone().kept_of_gone(kept(&["id"])), &[row(1, "masked")])?;
    let only_keys = [row(1, "masked"), vec![2.into(), OwnedValue::Null], vec![3.into(), OwnedValue::Null]];
    expect(fixture, "where only the key may come along", Some(&only_keys))?;
    publish(&mut *sink, &secret, &[row(1, "last")])?;
    expect(fixture, "where nothing is to stay", Some(&[row(1, "last")]))
}

/// For each row in the order of ids, whether it is marked.
fn marks(fixture: &dyn SinkFixture) -> Result<Vec<bool>, String> {
    let rows = fixture.read(REPLICA).map_err(failed("reading"))?.unwrap_or_default();
    let mark = |row: &OwnedRow| match row.as_slice() {
        [_, _, OwnedValue::Null] => Ok(false),
        [_, _, OwnedValue::Text(_)] => Ok(true),
        _ => Err(format!("{row:?} has no third cell with a time or NULL")),
    };
    rows.iter().map(mark).collect()
}

fn is_absent(sink: &dyn Sink, table: &ReplicaTable, id: i64) -> Checked {
    let replica = sink.replica();
    let mut given = read_all(replica.keys(table, CopyState::Live).map_err(failed("keys"))?, table)?;
    given.extend(read_all(replica.rows(table, CopyState::Live).map_err(failed("rows"))?, table)?);
    let found = replica.rows_of(table, &batch(table, Op::Delete, &[row(id, "")])?).map_err(failed("rows_of"))?;
    given.extend(found.rows().map(|row| (row.op(), row.values().map(OwnedValue::from).collect())));
    match given.iter().find(|(_, row)| row[0] == OwnedValue::Integer(id)) {
        Some(found) => Err(format!("{found:?} is read back though it is marked as deleted")),
        None => Ok(()),
    }
}
