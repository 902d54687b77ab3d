//! What is done to a sink, and what must come of it.

use std::sync::Arc;

use sync_core::memory::OwnedRow;
use sync_core::{
    Checkpoint, Column, CopyState, Cursor, DataType, Error, Op, OwnedValue, ReplicaTable, RowBatch, SchemaChange, Sink,
    SinkTransaction, TableId, TableSchema, WriteStats,
};

use super::fixture::SinkFixture;

/// One promise of every sink.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct SinkBehaviour {
    /// The name of its test.
    pub name: &'static str,
    /// The promise, as a sentence.
    pub promise: &'static str,
    check: fn(&dyn SinkFixture) -> Checked,
}

type Checked = Result<(), String>;

const SINK_BEHAVIOURS: &[SinkBehaviour] = &[
    SinkBehaviour {
        name: "a_dropped_transaction_leaves_no_trace",
        promise: "A transaction that is dropped without a commit changes nothing.",
        check: dropped,
    },
    SinkBehaviour {
        name: "rows_and_checkpoint_are_stored_together",
        promise: "A commit stores the rows and the checkpoints they lead to, for whoever opens the replica next.",
        check: together,
    },
    SinkBehaviour {
        name: "an_unchanged_row_is_not_written",
        promise: "A row that is already there as given is left alone, and counted so.",
        check: unchanged,
    },
    SinkBehaviour {
        name: "a_table_is_hidden_until_it_is_published",
        promise: "Readers see a table when it is published, whole, and the old one until then.",
        check: hidden,
    },
    SinkBehaviour {
        name: "a_delete_removes_its_row_and_no_other",
        promise: "A delete removes the row with its key; one whose row is gone does nothing.",
        check: deleted,
    },
];

/// All behaviours of a sink.
#[must_use]
pub fn sink_behaviours() -> &'static [SinkBehaviour] {
    SINK_BEHAVIOURS
}

impl SinkBehaviour {
    pub(super) fn check(&self, fixture: &dyn SinkFixture) -> Checked {
        (self.check)(fixture)
    }
}

const REPLICA: &str = "tmp_kit";

fn dropped(fixture: &dyn SinkFixture) -> Checked {
    let mut sink = open(fixture)?;
    publish(&mut *sink, &[row(1, "kept")])?;
    {
        let mut transaction = begin(&mut *sink)?;
        write(&mut *transaction, CopyState::Live, &batch(Op::Upsert, &[row(2, "dropped")])?)?;
    }
    drop(sink);
    expect(fixture, "after a dropped transaction", Some(&[row(1, "kept")]))
}

fn together(fixture: &dyn SinkFixture) -> Checked {
    let table = table()?;
    let mut sink = open(fixture)?;
    publish(&mut *sink, &[row(1, "first")])?;
    let cursor = Cursor::new("token é '\"").at_timestamp(Some(-1)).at_id(Some("0".into()));
    let checkpoint = Checkpoint::new(table.stream(), cursor, CopyState::Live, "fingerprint");
    let mut transaction = begin(&mut *sink)?;
    write(&mut *transaction, CopyState::Live, &batch(Op::Upsert, &[row(2, "second")])?)?;
    transaction.commit(std::slice::from_ref(&checkpoint)).map_err(failed("commit"))?;
    drop(sink);
    let stored = open(fixture)?.checkpoint(&table.stream()).map_err(failed("checkpoint"))?;
    if stored.as_ref() != Some(&checkpoint) {
        return Err(format!("stored {stored:?} instead of {checkpoint:?}"));
    }
    expect(fixture, "after a commit", Some(&[row(1, "first"), row(2, "second")]))
}

fn unchanged(fixture: &dyn SinkFixture) -> Checked {
    let mut sink = open(fixture)?;
    publish(&mut *sink, &[row(1, "same"), row(2, "old")])?;
    let mut transaction = begin(&mut *sink)?;
    let rows = batch(Op::Upsert, &[row(1, "same"), row(2, "new"), row(3, "more")])?;
    let stats = write(&mut *transaction, CopyState::Live, &rows)?;
    transaction.commit(&[]).map_err(failed("commit"))?;
    let expected = WriteStats::new(2, 0, 1);
    if stats != expected { Err(format!("{stats:?} instead of {expected:?}")) } else { Ok(()) }
}

fn hidden(fixture: &dyn SinkFixture) -> Checked {
    let mut sink = open(fixture)?;
    build(&mut *sink, &[row(1, "first")])?;
    expect(fixture, "while the first copy is under way", None)?;
    finish(&mut *sink)?;
    expect(fixture, "after it was published", Some(&[row(1, "first")]))?;
    build(&mut *sink, &[row(7, "anew")])?;
    expect(fixture, "while another copy is under way", Some(&[row(1, "first")]))?;
    finish(&mut *sink)?;
    expect(fixture, "after the other was published", Some(&[row(7, "anew")]))
}

fn deleted(fixture: &dyn SinkFixture) -> Checked {
    let mut sink = open(fixture)?;
    publish(&mut *sink, &[row(1, "a"), row(2, "b"), row(3, "c")])?;
    let mut transaction = begin(&mut *sink)?;
    let stats = write(&mut *transaction, CopyState::Live, &batch(Op::Delete, &[row(2, ""), row(9, "")])?)?;
    transaction.commit(&[]).map_err(failed("commit"))?;
    expect(fixture, "after a delete", Some(&[row(1, "a"), row(3, "c")]))?;
    let expected = WriteStats::new(0, 1, 1);
    if stats != expected { Err(format!("{stats:?} instead of {expected:?}")) } else { Ok(()) }
}

fn publish(sink: &mut dyn Sink, rows: &[OwnedRow]) -> Checked {
    build(sink, rows)?;
    finish(sink)
}

/// Commits a build table of these rows.
fn build(sink: &mut dyn Sink, rows: &[OwnedRow]) -> Checked {
    let mut transaction = begin(sink)?;
    transaction.apply_schema(&table()?, &SchemaChange::StartBuild).map_err(failed("apply_schema"))?;
    write(&mut *transaction, CopyState::Building, &batch(Op::Upsert, rows)?)?;
    commit(transaction, CopyState::Building)
}

fn finish(sink: &mut dyn Sink) -> Checked {
    let mut transaction = begin(sink)?;
    transaction.publish(&table()?).map_err(failed("publish"))?;
    commit(transaction, CopyState::Live)
}

fn commit(transaction: Box<dyn SinkTransaction + '_>, state: CopyState) -> Checked {
    let checkpoint = Checkpoint::new(table()?.stream(), Cursor::new("kit"), state, "");
    transaction.commit(&[checkpoint]).map_err(failed("commit"))
}

fn open(fixture: &dyn SinkFixture) -> Result<Box<dyn Sink>, String> {
    fixture.open().map_err(failed("open"))
}

fn begin(sink: &mut dyn Sink) -> Result<Box<dyn SinkTransaction + '_>, String> {
    sink.begin().map_err(failed("begin"))
}

fn write(transaction: &mut dyn SinkTransaction, state: CopyState, rows: &RowBatch) -> Result<WriteStats, String> {
    transaction.write(&table()?, state, rows).map_err(failed("write"))
}

fn expect(fixture: &dyn SinkFixture, when: &str, expected: Option<&[OwnedRow]>) -> Checked {
    let seen = fixture.read(REPLICA).map_err(failed("reading"))?;
    if seen.as_deref() == expected { Ok(()) } else { Err(format!("{when} a reader sees {seen:?}, not {expected:?}")) }
}

fn table() -> Result<ReplicaTable, String> {
    let schema = TableSchema::builder(TableId::new("public", "kit"))
        .column(Column::new("id", DataType::Integer).not_null())
        .column(Column::new("note", DataType::Text))
        .key(["id"])
        .build()
        .map_err(failed("the kit's own schema"))?;
    Ok(ReplicaTable::new(REPLICA, Arc::new(schema)))
}

fn row(id: i64, note: &str) -> OwnedRow {
    vec![OwnedValue::from(id), OwnedValue::from(note)]
}

fn batch(op: Op, rows: &[OwnedRow]) -> Result<RowBatch, String> {
    let mut batch = RowBatch::new(table()?.schema);
    for row in rows {
        for value in row {
            batch.push(value.as_value());
        }
        batch.end_row(op).map_err(failed("the kit's own batch"))?;
    }
    Ok(batch)
}

fn failed(what: &str) -> impl Fn(Error) -> String {
    move |error| format!("{what} failed: {error}")
}
