//! The promises of every source.

use source_mysql::{MysqlConfig, MysqlSource};
use sync_core::{Result, Source, async_trait};
use sync_testkit::{Conditions, SourceFixture, TestRow, source_tests};

use crate::place::Place;

source_tests!(Fixture::new());

struct Fixture(Place);

impl Fixture {
    fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        Self(runtime.block_on(Place::with("SET @made = 1")))
    }
}

#[async_trait]
impl SourceFixture for Fixture {
    async fn connect(&self) -> Result<Box<dyn Source>> {
        Ok(Box::new(MysqlSource::new(&MysqlConfig::new(self.0.database.reader_url()))?))
    }

    async fn create(&self, table: &str) -> Result<()> {
        let columns = "id bigint PRIMARY KEY, stamp datetime(6), note text";
        self.0.run(&format!("CREATE TABLE `{table}` ({columns}) CHARSET utf8mb4")).await;
        Ok(())
    }

    async fn put(&self, table: &str, rows: &[TestRow]) -> Result<()> {
        let literal = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
        let values: Vec<_> =
            rows.iter().map(|row| format!("({}, '{}', {})", row.id, row.stamp, literal(&row.note))).collect();
        self.0.run(&format!("REPLACE INTO `{table}` VALUES {}", values.join(", "))).await;
        Ok(())
    }

    fn conditions(&self) -> Option<Conditions> {
        Some(Conditions::new("id > 10", "no_such_column > 10"))
    }
}
