//! A database of its own for each test, a source that reads it, and reads that end or fail in time.

use std::sync::{Arc, OnceLock};

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::{Cursor, Error, ReadRequest, Reader, Scope, Source, SourceTable, TableSchema};
use sync_testkit::reads::{self, request, table};
pub(crate) use sync_testkit::reads::{Given, next, next_batch, numbers, rows, text};
use test_servers::{Database, Postgres, PostgresOptions};
use tokio::sync::{Mutex, MutexGuard};

pub(crate) struct Place {
    pub(crate) database: Database,
    pub(crate) source: PostgresSource,
    /// Released last: dropping a database is a transaction too.
    #[expect(dead_code, reason = "it is kept for its drop")]
    pub(crate) alone: Option<MutexGuard<'static, ()>>,
}

impl Place {
    /// A new database in which `sql` was run.
    pub(crate) fn with(sql: &str) -> Self {
        Self::on(Postgres::shared(), sql)
    }

    /// The same on a server where nobody else is busy: any open transaction, in whatever database, holds the horizon back.
    pub(crate) async fn alone(sql: &str) -> Self {
        static ALONE: Mutex<()> = Mutex::const_new(());
        let guard = ALONE.lock().await;
        Self { alone: Some(guard), ..Self::on(Self::quiet(), sql) }
    }

    /// The server of [`Place::alone`].
    pub(crate) fn quiet() -> &'static Postgres {
        static SERVER: OnceLock<Postgres> = OnceLock::new();
        let options = PostgresOptions::new().setting("autovacuum", "off");
        SERVER.get_or_init(|| Postgres::start(&options).unwrap())
    }

    /// The same on a server of the test's own.
    pub(crate) fn on(server: &Postgres, sql: &str) -> Self {
        let database = server.database().unwrap();
        database.execute(sql).unwrap();
        let source = PostgresSource::new(&PostgresConfig::new(database.url())).unwrap();
        Self { database, source, alone: None }
    }

    pub(crate) async fn discover(&self) -> Vec<TableSchema> {
        self.source.discover().await.unwrap()
    }

    pub(crate) async fn schema(&self, name: &str) -> TableSchema {
        let found = self.discover().await.into_iter().find(|schema| schema.id().name() == name);
        found.unwrap_or_else(|| panic!("{name} is not listed"))
    }

    /// A table with these cursor columns.
    pub(crate) async fn table(&self, name: &str, timestamp: Option<&str>, id: Option<&str>) -> Arc<SourceTable> {
        table(self.schema(name).await, timestamp, id)
    }

    /// Reads a table from nothing or from a cursor.
    pub(crate) async fn read(&self, table: &Arc<SourceTable>, after: Option<&Cursor>, rows: usize) -> Given {
        self.give(Scope::Table(Arc::clone(table)), after, rows).await.unwrap()
    }

    pub(crate) async fn sweep(&self, table: &Arc<SourceTable>, after: &Cursor) -> Given {
        self.give(Scope::Sweep(Arc::clone(table)), Some(after), 1000).await.unwrap()
    }

    pub(crate) async fn give(&self, scope: Scope, after: Option<&Cursor>, rows: usize) -> Result<Given, Error> {
        self.give_all(request(scope, after, rows)).await
    }

    pub(crate) async fn give_all(&self, request: ReadRequest) -> Result<Given, Error> {
        reads::read(&self.source, request).await
    }

    pub(crate) async fn start(
        &self,
        scope: Scope,
        after: Option<&Cursor>,
        rows: usize,
    ) -> Result<Box<dyn Reader>, Error> {
        reads::start(&self.source, request(scope, after, rows)).await
    }
}
