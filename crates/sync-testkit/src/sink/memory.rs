//! The kit's own fixture: a replica in memory, with a rule that its reader could have made.

use std::sync::{Arc, Mutex, PoisonError};

use sync_core::memory::{MemorySink, OwnedRow};
use sync_core::{
    Checkpoint, CopyState, FailedRow, Op, Replica, ReplicaTable, Result, Row, RowBatch, RunRecord, SchemaChange, Sink,
    SinkTransaction, StreamId, Value, WriteStats,
};

use super::fixture::SinkFixture;

/// A [`MemorySink`].
#[derive(Clone, Debug, Default)]
pub struct MemorySinkFixture {
    sink: MemorySink,
    refused: Arc<Mutex<Option<Refused>>>,
}

/// Rows of this table with this note.
#[derive(Clone, Debug)]
struct Refused {
    replica: String,
    note: String,
}

impl MemorySinkFixture {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl SinkFixture for MemorySinkFixture {
    fn open(&self) -> Result<Box<dyn Sink>> {
        Ok(Box::new(RefusingSink { sink: self.sink.clone(), refused: Arc::clone(&self.refused) }))
    }

    fn read(&self, replica: &str) -> Result<Option<Vec<OwnedRow>>> {
        Ok(self.sink.rows(replica))
    }

    fn refuse(&self, replica: &str, note: &str) -> Result<()> {
        let rule = Refused { replica: replica.to_owned(), note: note.to_owned() };
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(rule);
        Ok(())
    }
}

struct RefusingSink {
    sink: MemorySink,
    refused: Arc<Mutex<Option<Refused>>>,
}

impl Sink for RefusingSink {
    fn checkpoint(&mut self, stream: &StreamId) -> Result<Option<Checkpoint>> {
        self.sink.checkpoint(stream)
    }

    fn replica(&self) -> Arc<dyn Replica> {
        self.sink.replica()
    }

    fn failed_rows(&mut self, table: &ReplicaTable, limit: usize) -> Result<Vec<FailedRow>> {
        self.sink.failed_rows(table, limit)
    }

    fn begin<'a>(&'a mut self) -> Result<Box<dyn SinkTransaction + 'a>> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Box::new(RefusingTransaction { transaction: self.sink.begin()?, refused }))
    }

    fn is_staged(&self) -> bool {
        self.sink.is_staged()
    }

    fn unstage(&mut self) -> Result<()> {
        self.sink.unstage()
    }
}

struct RefusingTransaction<'a> {
    transaction: Box<dyn SinkTransaction + 'a>,
    refused: Option<Refused>,
}

impl RefusingTransaction<'_> {
    fn refuses(&self, table: &ReplicaTable, state: CopyState, row: Row<'_>) -> bool {
        let Some(refused) = &self.refused else { return false };
        let note = table.schema.position("note").map(|position| row.get(position));
        let applies = state == CopyState::Live && row.op() == Op::Upsert && table.name == refused.replica;
        applies && note == Some(Value::Text(&refused.note))
    }
}

impl SinkTransaction for RefusingTransaction<'_> {
    fn apply_schema(&mut self, table: &ReplicaTable, change: &SchemaChange) -> Result<()> {
        self.transaction.apply_schema(table, change)
    }

    fn write(&mut self, table: &ReplicaTable, state: CopyState, rows: &RowBatch) -> Result<WriteStats> {
        let mut stats = WriteStats::default();
        for row in rows.rows() {
            if self.refuses(table, state, row) {
                let failed = FailedRow::of(row, &table.schema, "the reader's rule refuses it");
                self.transaction.fail(table, &failed)?;
                stats.failed += 1;
            } else {
                let mut one = RowBatch::new(Arc::clone(rows.schema()));
                one.push_row(row)?;
                stats += self.transaction.write(table, state, &one)?;
            }
        }
        Ok(stats)
    }

    fn fail(&mut self, table: &ReplicaTable, row: &FailedRow) -> Result<()> {
        self.transaction.fail(table, row)
    }

    fn publish(&mut self, table: &ReplicaTable) -> Result<()> {
        self.transaction.publish(table)
    }

    fn record(&mut self, stream: &StreamId, run: &RunRecord) -> Result<()> {
        self.transaction.record(stream, run)
    }

    fn commit(self: Box<Self>, checkpoints: &[Checkpoint]) -> Result<()> {
        self.transaction.commit(checkpoints)
    }
}
