//! A database of its own for each test, a source that reads it, and reads that end or fail in time.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::{
    Batch, BatchLimits, Cursor, End, Error, Next, ReadRequest, Reader, Scope, Source, SourceTable, TableSchema, Value,
};
use test_servers::{Database, Postgres, PostgresOptions};
use tokio::sync::{Mutex, MutexGuard};

/// No step of a read takes longer, whatever the load.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Place {
    pub(crate) database: Database,
    pub(crate) source: PostgresSource,
    /// Released last: dropping a database is a transaction too.
    #[expect(dead_code, reason = "it is kept for its drop")]
    pub(crate) alone: Option<MutexGuard<'static, ()>>,
}

/// What a read gave.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) batches: Vec<Batch>,
    pub(crate) end: End,
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
        let schema = Arc::new(self.schema(name).await);
        let position = |column: &str| schema.position(column).unwrap();
        let (timestamp, id) = (timestamp.map(position), id.map(position));
        Arc::new(SourceTable::new(schema).cursor_columns(timestamp, id))
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
        let mut reader = self.begin(request).await?;
        let mut batches = Vec::new();
        loop {
            match next(reader.as_mut()).await? {
                Next::Batch(batch) => batches.push(batch),
                Next::End(end) => return Ok(Given { batches, end }),
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) async fn start(
        &self,
        scope: Scope,
        after: Option<&Cursor>,
        rows: usize,
    ) -> Result<Box<dyn Reader>, Error> {
        self.begin(request(scope, after, rows)).await
    }

    async fn begin(&self, request: ReadRequest) -> Result<Box<dyn Reader>, Error> {
        tokio::time::timeout(PATIENCE, self.source.read(request)).await.expect("the read did not start in time")
    }
}

fn request(scope: Scope, after: Option<&Cursor>, rows: usize) -> ReadRequest {
    ReadRequest::new(scope, after.cloned()).limits(BatchLimits::new(rows, usize::MAX))
}

pub(crate) async fn next(reader: &mut dyn Reader) -> Result<Next, Error> {
    tokio::time::timeout(PATIENCE, reader.next()).await.expect("the reader did not answer in time")
}

pub(crate) async fn next_batch(reader: &mut dyn Reader) -> Batch {
    match next(reader).await.unwrap() {
        Next::Batch(batch) => batch,
        other => panic!("{other:?}"),
    }
}

impl Given {
    /// All rows, each cell as text, NULL as `∅`.
    pub(crate) fn rows(&self) -> Vec<Vec<String>> {
        self.batches.iter().flat_map(rows).collect()
    }

    /// The cells of one column.
    pub(crate) fn column(&self, index: usize) -> Vec<String> {
        self.rows().into_iter().map(|row| row[index].clone()).collect()
    }

    pub(crate) fn watermark(&self) -> Cursor {
        self.batches.iter().rev().find_map(|batch| batch.watermark.clone()).expect("a watermark")
    }
}

pub(crate) fn rows(batch: &Batch) -> Vec<Vec<String>> {
    batch.rows.rows().map(|row| row.values().map(text).collect()).collect()
}

pub(crate) fn text(value: Value<'_>) -> String {
    match value {
        Value::Null => "∅".to_owned(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => format!("{value:?}"),
        Value::Text(value) => value.to_owned(),
        Value::Bytes(value) => value.iter().map(|byte| format!("{byte:02x}")).collect(),
        other => panic!("{other:?}"),
    }
}

/// Numbers as the texts of cells.
pub(crate) fn numbers(range: impl IntoIterator<Item = i64>) -> Vec<String> {
    range.into_iter().map(|number| number.to_string()).collect()
}
