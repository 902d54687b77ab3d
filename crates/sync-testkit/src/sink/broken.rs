//! Sinks that break one promise each: the twins of the behaviours.

use sync_core::memory::OwnedRow;
use sync_core::{
    Checkpoint, CopyState, FailedRow, Op, Replica, ReplicaTable, Result, RowBatch, RunRecord, SchemaChange, Sink,
    SinkTransaction, StreamId, WriteStats,
};

use super::fixture::SinkFixture;

/// How a sink is broken.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkFault {
    /// Commits what was dropped: breaks `a_dropped_transaction_leaves_no_trace`.
    CommitsOnDrop,
    /// Stores rows without their checkpoint: breaks `rows_and_checkpoint_are_stored_together`.
    ForgetsCheckpoints,
    /// Counts every row as changed: breaks `an_unchanged_row_is_not_written`.
    WritesEverything,
    /// Shows a table while it is copied: breaks `a_table_is_hidden_until_it_is_published`.
    PublishesEarly,
    /// Ignores deletes: breaks `a_delete_removes_its_row_and_no_other`.
    IgnoresDeletes,
}

impl SinkFault {
    /// Every fault with the one behaviour that it breaks.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::CommitsOnDrop, "a_dropped_transaction_leaves_no_trace"),
        (Self::ForgetsCheckpoints, "rows_and_checkpoint_are_stored_together"),
        (Self::WritesEverything, "an_unchanged_row_is_not_written"),
        (Self::PublishesEarly, "a_table_is_hidden_until_it_is_published"),
        (Self::IgnoresDeletes, "a_delete_removes_its_row_and_no_other"),
    ];
}

/// A fixture whose sinks have a fault.
#[derive(Debug)]
pub struct BrokenSinks<F> {
    fixture: F,
    fault: SinkFault,
}

impl<F: SinkFixture> BrokenSinks<F> {
    /// Breaks the sinks of a fixture.
    #[must_use]
    pub fn new(fixture: F, fault: SinkFault) -> Self {
        Self { fixture, fault }
    }
}

impl<F: SinkFixture> SinkFixture for BrokenSinks<F> {
    fn open(&self) -> Result<Box<dyn Sink>> {
        Ok(Box::new(BrokenSink { sink: self.fixture.open()?, fault: self.fault }))
    }

    fn read(&self, replica: &str) -> Result<Option<Vec<OwnedRow>>> {
        self.fixture.read(replica)
    }
}

struct BrokenSink {
    sink: Box<dyn Sink>,
    fault: SinkFault,
}

impl Sink for BrokenSink {
    fn checkpoint(&mut self, stream: &StreamId) -> Result<Option<Checkpoint>> {
        self.sink.checkpoint(stream)
    }

    fn replica(&self) -> std::sync::Arc<dyn Replica> {
        self.sink.replica()
    }

    fn failed_rows(&mut self, table: &ReplicaTable, limit: usize) -> Result<Vec<FailedRow>> {
        self.sink.failed_rows(table, limit)
    }

    fn begin<'a>(&'a mut self) -> Result<Box<dyn SinkTransaction + 'a>> {
        Ok(Box::new(BrokenTransaction { transaction: Some(self.sink.begin()?), fault: self.fault }))
    }
}

struct BrokenTransaction<'a> {
    /// Taken by the commit.
    transaction: Option<Box<dyn SinkTransaction + 'a>>,
    fault: SinkFault,
}

impl<'a> BrokenTransaction<'a> {
    fn open(&mut self) -> Result<&mut (dyn SinkTransaction + 'a)> {
        self.transaction.as_deref_mut().ok_or_else(|| sync_core::Error::internal("the transaction is over"))
    }
}

impl SinkTransaction for BrokenTransaction<'_> {
    fn apply_schema(&mut self, table: &ReplicaTable, change: &SchemaChange) -> Result<()> {
        let early = self.fault == SinkFault::PublishesEarly && *change == SchemaChange::StartBuild;
        let transaction = self.open()?;
        transaction.apply_schema(table, change)?;
        if early { transaction.publish(table) } else { Ok(()) }
    }

    fn write(&mut self, table: &ReplicaTable, state: CopyState, rows: &RowBatch) -> Result<WriteStats> {
        let fault = self.fault;
        let state = if fault == SinkFault::PublishesEarly { CopyState::Live } else { state };
        let transaction = self.open()?;
        let deletes = rows.rows().any(|row| row.op() == Op::Delete);
        if fault == SinkFault::IgnoresDeletes && deletes {
            return Ok(WriteStats::new(0, 0, rows.len() as u64));
        }
        let mut stats = transaction.write(table, state, rows)?;
        if fault == SinkFault::WritesEverything && !deletes {
            stats.changed += std::mem::take(&mut stats.unchanged);
        }
        Ok(stats)
    }

    fn fail(&mut self, table: &ReplicaTable, row: &FailedRow) -> Result<()> {
        self.open()?.fail(table, row)
    }

    fn publish(&mut self, table: &ReplicaTable) -> Result<()> {
        if self.fault == SinkFault::PublishesEarly { Ok(()) } else { self.open()?.publish(table) }
    }

    fn record(&mut self, stream: &StreamId, run: &RunRecord) -> Result<()> {
        self.open()?.record(stream, run)
    }

    fn commit(mut self: Box<Self>, checkpoints: &[Checkpoint]) -> Result<()> {
        let building = checkpoints.iter().any(|checkpoint| checkpoint.state == CopyState::Building);
        // A copy without any checkpoint would not be found again at all, which is another promise.
        let forgets = self.fault == SinkFault::ForgetsCheckpoints && !building;
        match self.transaction.take() {
            Some(transaction) => transaction.commit(if forgets { &[] } else { checkpoints }),
            None => Ok(()),
        }
    }
}

impl Drop for BrokenTransaction<'_> {
    fn drop(&mut self) {
        if let (SinkFault::CommitsOnDrop, Some(transaction)) = (self.fault, self.transaction.take()) {
            // Nobody is there to hear of an error.
            let _ = transaction.commit(&[]);
        }
    }
}
