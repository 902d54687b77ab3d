//! The sink: tables in memory, with transactions.

mod gone;
mod reading;
mod table;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sync_core::{
    Checkpoint, CopyState, Error, FailedRow, OwnedValue, Replica, ReplicaTable, Result, RowBatch, RunRecord,
    SchemaChange, Sink, SinkTransaction, StreamId, WriteStats,
};
use table::Table;

/// Tables in memory. Clones share them, so the application reads what the engine writes.
#[derive(Clone, Debug, Default)]
pub struct Shelf(Arc<Mutex<Contents>>);

#[derive(Clone, Debug, Default)]
struct Contents {
    tables: BTreeMap<String, Table>,
    checkpoints: BTreeMap<StreamId, Checkpoint>,
    /// How the last run of each stream ended.
    runs: BTreeMap<StreamId, RunRecord>,
}

impl Shelf {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The rows that readers see, in the order of their keys; nothing where no table was published yet.
    #[must_use]
    pub fn rows(&self, replica: &str) -> Option<Vec<Vec<OwnedValue>>> {
        self.contents().tables.get(replica).and_then(Table::shown)
    }

    /// Why the last run of a table ended early, if it did.
    #[must_use]
    pub fn error(&self, replica: &str) -> Option<String> {
        self.contents().runs.get(&StreamId::new(replica)).and_then(|run| run.error.clone())
    }

    /// From now on, the published table takes no row with this text in a cell.
    pub fn forbid(&self, replica: &str, text: &str) {
        self.contents().tables.entry(replica.to_owned()).or_default().forbid(text);
    }

    /// The contents are replaced whole, so a panic elsewhere leaves nothing half done.
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Shelf {
    fn checkpoint(&mut self, stream: &StreamId) -> Result<Option<Checkpoint>> {
        Ok(self.contents().checkpoints.get(stream).cloned())
    }

    fn replica(&self) -> Arc<dyn Replica> {
        Arc::new(self.clone())
    }

    fn failed_rows(&mut self, table: &ReplicaTable, limit: usize) -> Result<Vec<FailedRow>> {
        Ok(self.contents().tables.get(&table.name).map(|table| table.aside(limit)).unwrap_or_default())
    }

    fn begin<'a>(&'a mut self) -> Result<Box<dyn SinkTransaction + 'a>> {
        // All work is done on a copy, which takes the place of the contents or is dropped.
        let contents = self.contents().clone();
        Ok(Box::new(Transaction { shelf: self, contents }))
    }
}

struct Transaction<'a> {
    shelf: &'a Shelf,
    contents: Contents,
}

impl Transaction<'_> {
    fn table(&mut self, table: &ReplicaTable) -> &mut Table {
        self.contents.tables.entry(table.name.clone()).or_default()
    }
}

impl SinkTransaction for Transaction<'_> {
    fn apply_schema(&mut self, table: &ReplicaTable, change: &SchemaChange) -> Result<()> {
        match change {
            SchemaChange::StartBuild => self.table(table).start_build(),
            SchemaChange::DropBuild => self.table(table).drop_build(),
            // A map needs none.
            SchemaChange::Indexes => {}
            other => return Err(Error::unsupported(format!("a shelf can't do {other:?}"))),
        }
        Ok(())
    }

    fn write(&mut self, table: &ReplicaTable, state: CopyState, rows: &RowBatch) -> Result<WriteStats> {
        self.table(table).write(table, state, rows)
    }

    fn fail(&mut self, table: &ReplicaTable, row: &FailedRow) -> Result<()> {
        self.table(table).fail(row);
        Ok(())
    }

    fn publish(&mut self, table: &ReplicaTable) -> Result<()> {
        self.table(table).publish(table).map_err(|error| error.at(table.name.as_str()))
    }

    fn record(&mut self, stream: &StreamId, run: &RunRecord) -> Result<()> {
        self.contents.runs.insert(stream.clone(), run.clone());
        Ok(())
    }

    fn commit(mut self: Box<Self>, checkpoints: &[Checkpoint]) -> Result<()> {
        let stored = checkpoints.iter().map(|checkpoint| (checkpoint.stream.clone(), checkpoint.clone()));
        self.contents.checkpoints.extend(stored);
        *self.shelf.contents() = self.contents;
        Ok(())
    }
}
