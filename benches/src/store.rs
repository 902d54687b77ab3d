//! A batch into SQLite, through the sink.

use std::path::Path;
use std::sync::Arc;

use sink_sqlite::{SqliteConfig, SqliteSink};
use sync_core::{CopyState, ReplicaTable, Result, RowBatch, SchemaChange, Sink};

use crate::fill::orders;

/// A replica with an empty build table.
#[derive(Debug)]
pub struct Store {
    sink: SqliteSink,
    table: ReplicaTable,
}

impl Store {
    /// Opens a new replica.
    ///
    /// # Errors
    /// The sink's.
    pub fn open(file: &Path) -> Result<Self> {
        let mut sink = SqliteSink::open(SqliteConfig::new(file))?;
        let table = ReplicaTable::new("tmp_orders", orders()?);
        let mut transaction = sink.begin()?;
        transaction.apply_schema(&table, &SchemaChange::StartBuild)?;
        transaction.commit(&[])?;
        Ok(Self { sink, table })
    }

    /// An empty batch of its table.
    #[must_use]
    pub fn batch(&self) -> RowBatch {
        RowBatch::new(Arc::clone(&self.table.schema))
    }

    /// Writes the batch, and takes it back.
    ///
    /// # Errors
    /// The sink's.
    pub fn write(&mut self, rows: &RowBatch) -> Result<()> {
        let mut transaction = self.sink.begin()?;
        transaction.write(&self.table, CopyState::Building, rows)?;
        Ok(())
    }
}
