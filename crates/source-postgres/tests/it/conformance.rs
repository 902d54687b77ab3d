//! The promises of every source.

use std::sync::Arc;

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::{Error, Result, Source, async_trait};
use sync_testkit::{Conditions, OpenTransaction, SourceFixture, TestRow, source_tests};
use test_servers::{Database, Postgres};

source_tests!(Fixture::new());

const PASSWORD: &str = "hunter2-of-the-kit";

struct Fixture(Arc<Database>);

impl Fixture {
    fn new() -> Self {
        Self(Arc::new(Postgres::shared().database().unwrap()))
    }

    fn run(&self, sql: &str) -> Result<()> {
        execute(&self.0, sql)
    }
}

#[async_trait]
impl SourceFixture for Fixture {
    async fn connect(&self) -> Result<Box<dyn Source>> {
        // The server trusts whoever comes from here, so any password is right.
        let config = PostgresConfig::new(self.0.url_as("postgres", PASSWORD));
        Ok(Box::new(PostgresSource::new(&config)?))
    }

    async fn create(&self, table: &str) -> Result<()> {
        self.run(&format!("CREATE TABLE {table} (id bigint PRIMARY KEY, stamp timestamp, note text)"))
    }

    async fn put(&self, table: &str, rows: &[TestRow]) -> Result<()> {
        self.run(&upsert(table, rows))
    }

    /// A prepared transaction is open to everybody else, and needs no connection.
    async fn begin(&self, table: &str, rows: &[TestRow]) -> Result<Option<Box<dyn OpenTransaction>>> {
        let name = format!("{}-{}", self.0.name(), rows[0].id);
        self.run(&format!("BEGIN; {}; PREPARE TRANSACTION '{name}'", upsert(table, rows)))?;
        Ok(Some(Box::new(Prepared { database: Arc::clone(&self.0), name })))
    }

    fn conditions(&self) -> Option<Conditions> {
        Some(Conditions::new("id > 10", "no_such_column > 10"))
    }

    fn secrets(&self) -> Vec<String> {
        vec![PASSWORD.to_owned()]
    }
}

struct Prepared {
    database: Arc<Database>,
    name: String,
}

#[async_trait]
impl OpenTransaction for Prepared {
    async fn commit(self: Box<Self>) -> Result<()> {
        execute(&self.database, &format!("COMMIT PREPARED '{}'", self.name))
    }
}

fn execute(database: &Database, sql: &str) -> Result<()> {
    database.execute(sql).map_err(|error| Error::internal(error.to_string()))
}

fn upsert(table: &str, rows: &[TestRow]) -> String {
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let values: Vec<_> =
        rows.iter().map(|row| format!("({}, '{}', {})", row.id, row.stamp, literal(&row.note))).collect();
    format!(
        "INSERT INTO {table} VALUES {} ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp, note = excluded.note",
        values.join(", ")
    )
}
