//! The kit's own fixture: tables in memory.

use std::time::Duration;

use sync_core::memory::{Change, MemorySource};
use sync_core::{Column, DataType, OwnedValue, Result, Source, TableId, TableSchema, async_trait};

use crate::fixture::{SourceFixture, TestRow};

/// Tables of a [`MemorySource`].
#[derive(Clone, Debug, Default)]
pub struct MemoryFixture(MemorySource);

impl MemoryFixture {
    /// A place without tables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl SourceFixture for MemoryFixture {
    async fn connect(&self) -> Result<Box<dyn Source>> {
        Ok(Box::new(self.0.clone()))
    }

    async fn create(&self, table: &str) -> Result<()> {
        let schema = TableSchema::builder(TableId::new("public", table))
            .column(Column::new("id", DataType::Integer).not_null())
            .column(Column::new("stamp", DataType::Timestamp))
            .column(Column::new("note", DataType::Text))
            .key(["id"])
            .build()?;
        self.0.create(schema);
        Ok(())
    }

    async fn put(&self, table: &str, rows: &[TestRow]) -> Result<()> {
        let change = |row: &TestRow| {
            let values = vec![OwnedValue::from(row.id), row.stamp.as_str().into(), row.note.as_str().into()];
            Change::upsert(TableId::new("public", table), values)
        };
        self.0.commit(rows.iter().map(change).collect())
    }

    fn counts_within(&self) -> Duration {
        Duration::from_millis(100)
    }
}
