//! The journals as a source.

use own_ends::{Entry, Journals};
use sync_core::{Result, Source, async_trait};
use sync_testkit::{SourceFixture, TestRow, source_tests};

struct Memory(Journals);

#[async_trait]
impl SourceFixture for Memory {
    async fn connect(&self) -> Result<Box<dyn Source>> {
        Ok(Box::new(self.0.clone()))
    }

    async fn create(&self, table: &str) -> Result<()> {
        self.0.begin(table);
        Ok(())
    }

    async fn put(&self, table: &str, rows: &[TestRow]) -> Result<()> {
        rows.iter().for_each(|row| self.0.write(table, Entry::new(row.id, &row.stamp, &row.note)));
        Ok(())
    }
}

source_tests!(Memory(Journals::new()));
