//! Wrappers that make a good source or sink fail when a test wants it to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sync_core::{
    Capabilities, Checkpoint, CopyState, Cursor, Error, FailedRow, Next, Pulse, ReadRequest, Reader, Replica,
    ReplicaTable, Result, RowBatch, RunRecord, SchemaChange, Sink, SinkTransaction, Source, SourceIdentity, StreamId,
    TableSchema, WriteStats, async_trait,
};

/// A source whose connection is cut after some batches.
#[derive(Debug)]
pub struct CutSource<S> {
    source: S,
    left: Arc<AtomicUsize>,
}

impl<S: Source> CutSource<S> {
    /// Lets so many batches through, over all reads; then every read fails as if the connection was lost.
    #[must_use]
    pub fn after(source: S, batches: usize) -> Self {
        Self { source, left: Arc::new(AtomicUsize::new(batches)) }
    }
}

#[async_trait]
impl<S: Source> Source for CutSource<S> {
    fn capabilities(&self) -> Capabilities {
        self.source.capabilities()
    }

    async fn identity(&self) -> Result<SourceIdentity> {
        self.source.identity().await
    }

    async fn discover(&self) -> Result<Vec<TableSchema>> {
        self.source.discover().await
    }

    async fn pulse(&self) -> Result<Pulse> {
        self.source.pulse().await
    }

    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let reader = self.source.read(request).await?;
        Ok(Box::new(CutReader { reader, left: Arc::clone(&self.left) }))
    }

    async fn committed(&self, stream: &StreamId, cursor: &Cursor) -> Result<()> {
        self.source.committed(stream, cursor).await
    }
}

struct CutReader {
    reader: Box<dyn Reader>,
    left: Arc<AtomicUsize>,
}

#[async_trait]
impl Reader for CutReader {
    async fn next(&mut self) -> Result<Next> {
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)) {
            Ok(_) => self.reader.next().await,
            Err(_) => Err(Error::unavailable("the connection was cut")),
        }
    }
}

/// A sink that refuses the rows of one table.
#[derive(Debug)]
pub struct RejectingSink<S> {
    sink: S,
    replica: String,
}

impl<S: Sink> RejectingSink<S> {
    /// Refuses rows for this replica table.
    #[must_use]
    pub fn new(sink: S, replica: impl Into<String>) -> Self {
        Self { sink, replica: replica.into() }
    }
}

impl<S: Sink> Sink for RejectingSink<S> {
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
        let transaction = self.sink.begin()?;
        Ok(Box::new(RejectingTransaction { transaction, replica: &self.replica }))
    }
}

struct RejectingTransaction<'a> {
    transaction: Box<dyn SinkTransaction + 'a>,
    replica: &'a str,
}

impl SinkTransaction for RejectingTransaction<'_> {
    fn apply_schema(&mut self, table: &ReplicaTable, change: &SchemaChange) -> Result<()> {
        self.transaction.apply_schema(table, change)
    }

    fn write(&mut self, table: &ReplicaTable, state: CopyState, rows: &RowBatch) -> Result<WriteStats> {
        if table.name == self.replica {
            return Err(Error::value("a trigger refuses the row"));
        }
        self.transaction.write(table, state, rows)
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
