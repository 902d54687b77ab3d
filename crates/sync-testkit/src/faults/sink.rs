//! [`FaultySink`]: transactions that reject rows or fail.

use std::sync::Arc;

use sync_core::{
    Checkpoint, CopyState, Error, FailedRow, Replica, ReplicaTable, Result, RowBatch, RunRecord, SchemaChange, Sink,
    SinkTransaction, StreamId, WriteStats,
};

/// A sink whose transactions are disturbed. What is stored is stored by the sink that it wraps.
#[derive(Debug)]
pub struct FaultySink<S> {
    sink: S,
    fault: Fault,
}

#[derive(Debug)]
enum Fault {
    Reject { replica: String },
    Fail { left: usize },
}

impl<S: Sink> FaultySink<S> {
    /// Refuses every row for this replica table, as a trigger in the file might.
    #[must_use]
    pub fn rejecting(sink: S, replica: impl Into<String>) -> Self {
        Self { sink, fault: Fault::Reject { replica: replica.into() } }
    }

    /// Commits so many transactions; each later one fails at its end, as on a full disk, and nothing of it is stored.
    #[must_use]
    pub fn failing_after(sink: S, commits: usize) -> Self {
        Self { sink, fault: Fault::Fail { left: commits } }
    }
}

impl<S: Sink> Sink for FaultySink<S> {
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
        Ok(Box::new(FaultyTransaction { transaction: self.sink.begin()?, fault: &mut self.fault }))
    }

    fn is_staged(&self) -> bool {
        self.sink.is_staged()
    }

    fn unstage(&mut self) -> Result<()> {
        self.sink.unstage()
    }
}

struct FaultyTransaction<'a> {
    transaction: Box<dyn SinkTransaction + 'a>,
    fault: &'a mut Fault,
}

impl SinkTransaction for FaultyTransaction<'_> {
    fn apply_schema(&mut self, table: &ReplicaTable, change: &SchemaChange) -> Result<()> {
        self.transaction.apply_schema(table, change)
    }

    fn write(&mut self, table: &ReplicaTable, state: CopyState, rows: &RowBatch) -> Result<WriteStats> {
        match self.fault {
            Fault::Reject { replica } if table.name == *replica => Err(Error::value("a trigger refuses the row")),
            _ => self.transaction.write(table, state, rows),
        }
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
        if let Fault::Fail { left } = self.fault {
            match left.checked_sub(1) {
                Some(rest) => *left = rest,
                // Dropped without its end, the transaction leaves nothing.
                None => return Err(Error::unavailable("the disk is full")),
            }
        }
        self.transaction.commit(checkpoints)
    }
}
