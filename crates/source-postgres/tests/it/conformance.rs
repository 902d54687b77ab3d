//! The promises of every source.

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::{Error, Result, Source, async_trait};
use sync_testkit::{SourceFixture, TestRow, source_tests};
use test_servers::{Database, Postgres};

source_tests!(Fixture::new());

struct Fixture(Database);

impl Fixture {
    fn new() -> Self {
        Self(Postgres::shared().database().unwrap())
    }

    fn run(&self, sql: &str) -> Result<()> {
        self.0.execute(sql).map_err(|error| Error::internal(error.to_string()))
    }
}

#[async_trait]
impl SourceFixture for Fixture {
    async fn connect(&self) -> Result<Box<dyn Source>> {
        Ok(Box::new(PostgresSource::new(&PostgresConfig::new(self.0.url()))?))
    }

    async fn create(&self, table: &str) -> Result<()> {
        self.run(&format!("CREATE TABLE {table} (id bigint PRIMARY KEY, stamp timestamp, note text)"))
    }

    async fn put(&self, table: &str, rows: &[TestRow]) -> Result<()> {
        let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let values: Vec<_> =
            rows.iter().map(|row| format!("({}, '{}', {})", row.id, row.stamp, literal(&row.note))).collect();
        self.run(&format!(
            "INSERT INTO {table} VALUES {} ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp, note = excluded.note",
            values.join(", ")
        ))
    }
}
