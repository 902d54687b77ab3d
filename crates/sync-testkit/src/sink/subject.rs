//! What is done to a sink, in short words.

use std::sync::Arc;

use sync_core::memory::OwnedRow;
use sync_core::{
    Checkpoint, Column, CopyState, Cursor, DataType, Error, Op, OwnedValue, ReplicaReader, ReplicaTable, RowBatch,
    SchemaChange, Sink, SinkTransaction, TableId, TableSchema, WriteStats,
};

use super::fixture::SinkFixture;

/// A check's answer: how the promise is broken.
pub(super) type Checked = Result<(), String>;

/// The replica table of most checks.
pub(super) const REPLICA: &str = "tmp_kit";

/// `id`, the key, and `note`.
pub(super) fn table() -> Result<ReplicaTable, String> {
    of_columns(&[("id", DataType::Integer), ("note", DataType::Text)], &["id"])
}

/// A table of these columns, under the one name.
pub(super) fn of_columns(columns: &[(&str, DataType)], key: &[&str]) -> Result<ReplicaTable, String> {
    let schema = TableSchema::builder(TableId::new("public", "kit"));
    let schema = columns.iter().fold(schema, |schema, (name, kind)| schema.column(Column::new(*name, *kind)));
    let schema = schema.key(key.iter().copied()).build().map_err(failed("the kit's own schema"))?;
    Ok(ReplicaTable::new(REPLICA, Arc::new(schema)))
}

pub(super) fn row(id: i64, note: &str) -> OwnedRow {
    vec![OwnedValue::from(id), OwnedValue::from(note)]
}

pub(super) fn batch(table: &ReplicaTable, op: Op, rows: &[OwnedRow]) -> Result<RowBatch, String> {
    let mut batch = RowBatch::new(Arc::clone(&table.schema));
    for row in rows {
        for value in row {
            batch.push(value.as_value());
        }
        batch.end_row(op).map_err(failed("the kit's own batch"))?;
    }
    Ok(batch)
}

pub(super) fn open(fixture: &dyn SinkFixture) -> Result<Box<dyn Sink>, String> {
    fixture.open().map_err(failed("open"))
}

pub(super) fn begin(sink: &mut dyn Sink) -> Result<Box<dyn SinkTransaction + '_>, String> {
    sink.begin().map_err(failed("begin"))
}

/// Builds a table of these rows and publishes it.
pub(super) fn publish(sink: &mut dyn Sink, table: &ReplicaTable, rows: &[OwnedRow]) -> Checked {
    build(sink, table, rows)?;
    finish(sink, table)
}

/// Commits a build table of these rows.
pub(super) fn build(sink: &mut dyn Sink, table: &ReplicaTable, rows: &[OwnedRow]) -> Checked {
    let mut transaction = begin(sink)?;
    transaction.apply_schema(table, &SchemaChange::StartBuild).map_err(failed("apply_schema"))?;
    write(&mut *transaction, table, CopyState::Building, &batch(table, Op::Upsert, rows)?)?;
    commit(transaction, table, CopyState::Building)
}

/// Publishes what was built.
pub(super) fn finish(sink: &mut dyn Sink, table: &ReplicaTable) -> Checked {
    let mut transaction = begin(sink)?;
    transaction.publish(table).map_err(failed("publish"))?;
    commit(transaction, table, CopyState::Live)?;
    // As the engine does when a table is complete.
    sink.unstage().map_err(failed("unstage"))
}

fn commit(transaction: Box<dyn SinkTransaction + '_>, table: &ReplicaTable, state: CopyState) -> Checked {
    let checkpoint = Checkpoint::new(table.stream(), Cursor::new("kit"), state, "");
    transaction.commit(&[checkpoint]).map_err(failed("commit"))
}

pub(super) fn write(
    transaction: &mut dyn SinkTransaction,
    table: &ReplicaTable,
    state: CopyState,
    rows: &RowBatch,
) -> Result<WriteStats, String> {
    transaction.write(table, state, rows).map_err(failed("write"))
}

/// Writes to the published table, in a transaction of its own.
pub(super) fn write_live(
    sink: &mut dyn Sink,
    table: &ReplicaTable,
    op: Op,
    rows: &[OwnedRow],
) -> Result<WriteStats, String> {
    let mut transaction = begin(sink)?;
    let stats = write(&mut *transaction, table, CopyState::Live, &batch(table, op, rows)?)?;
    transaction.commit(&[]).map_err(failed("commit"))?;
    Ok(stats)
}

/// Reads to the end: whole rows, whichever they are.
pub(super) fn read_all(
    mut reader: Box<dyn ReplicaReader>,
    table: &ReplicaTable,
) -> Result<Vec<(Op, OwnedRow)>, String> {
    let mut page = RowBatch::new(Arc::clone(&table.schema));
    let mut rows = Vec::new();
    loop {
        reader.next(&mut page).map_err(failed("the replica's reader"))?;
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page.rows().map(|row| (row.op(), row.values().map(OwnedValue::from).collect())));
        if rows.len() > MOST_ROWS {
            return Err("the reader gives rows without end".into());
        }
    }
}

/// More than any check stores.
const MOST_ROWS: usize = 100_000;

pub(super) fn expect(fixture: &dyn SinkFixture, when: &str, expected: Option<&[OwnedRow]>) -> Checked {
    let seen = fixture.read(REPLICA).map_err(failed("reading"))?;
    if seen.as_deref() == expected { Ok(()) } else { Err(format!("{when} a reader sees {seen:?}, not {expected:?}")) }
}

/// Compares what is to be equal.
pub(super) fn same<T: std::fmt::Debug + PartialEq>(what: &str, given: &T, expected: &T) -> Checked {
    if given == expected { Ok(()) } else { Err(format!("{what}: {given:?} instead of {expected:?}")) }
}

pub(super) fn failed(what: &str) -> impl Fn(Error) -> String {
    move |error| format!("{what} failed: {error}")
}
