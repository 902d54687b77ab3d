//! The kit's own fixture: tables in memory.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sync_core::memory::{Change, MemorySource, ReadyReader};
use sync_core::{
    Batch, Capabilities, Column, Cursor, DataType, Error, OwnedValue, Pulse, ReadRequest, Reader, Result, RowBatch,
    Scope, Source, SourceIdentity, SourceTable, StreamId, TableId, TableSchema, Value, async_trait,
};

use crate::fixture::{Conditions, OpenTransaction, SourceFixture, TestRow};
use crate::reading::read_all;

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
        Ok(Box::new(Filtered { source: self.0.clone(), password: PASSWORD.to_owned() }))
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
        self.0.commit(changes(table, rows))
    }

    async fn begin(&self, table: &str, rows: &[TestRow]) -> Result<Option<Box<dyn OpenTransaction>>> {
        Ok(Some(Box::new(Open { source: self.0.clone(), changes: changes(table, rows) })))
    }

    fn conditions(&self) -> Option<Conditions> {
        Some(Conditions::new("id > 10", "nonsense > 10"))
    }

    fn secrets(&self) -> Vec<String> {
        vec![PASSWORD.to_owned()]
    }

    fn counts_within(&self) -> Duration {
        Duration::from_millis(100)
    }
}

/// Tables in memory ask for none, but a source that has one must not show it.
const PASSWORD: &str = "hunter2 of the kit";

fn changes(table: &str, rows: &[TestRow]) -> Vec<Change> {
    let change = |row: &TestRow| {
        let values = vec![OwnedValue::from(row.id), row.stamp.as_str().into(), row.note.as_str().into()];
        Change::upsert(TableId::new("public", table), values)
    };
    rows.iter().map(change).collect()
}

/// Changes that nobody sees yet.
struct Open {
    source: MemorySource,
    changes: Vec<Change>,
}

#[async_trait]
impl OpenTransaction for Open {
    async fn commit(self: Box<Self>) -> Result<()> {
        self.source.commit(self.changes)
    }
}

/// Tables in memory that understand one kind of condition, `id > NUMBER`, and have a password to keep.
struct Filtered {
    source: MemorySource,
    password: String,
}

impl fmt::Debug for Filtered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filtered").field("password", &"*".repeat(self.password.len().min(3))).finish_non_exhaustive()
    }
}

#[async_trait]
impl Source for Filtered {
    fn capabilities(&self) -> Capabilities {
        self.source.capabilities().filter()
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

    async fn try_out(&self, table: &SourceTable) -> Result<()> {
        least(table).map(|_| ())
    }

    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let (Scope::Table(table) | Scope::Sweep(table) | Scope::Keys(table) | Scope::Rows(table, _)) = &request.scope
        else {
            return self.source.read(request).await;
        };
        let Some(least) = least(table)? else { return self.source.read(request).await };
        // A copy and a list of keys leave rows out; whoever follows changes must hear of them.
        let silent = matches!(request.scope, Scope::Keys(_)) || request.after.is_none() && !is_by_key(&request.scope);
        let (batches, end) = read_all(self.source.read(request).await?).await?;
        let batches = batches.into_iter().map(|batch| without(batch, least, silent)).collect::<Result<Vec<_>>>()?;
        Ok(Box::new(ReadyReader::new(batches, end)))
    }

    async fn committed(&self, stream: &StreamId, cursor: &Cursor) -> Result<()> {
        self.source.committed(stream, cursor).await
    }
}

fn is_by_key(scope: &Scope) -> bool {
    matches!(scope, Scope::Rows(..))
}

/// The number that ids must exceed.
fn least(table: &SourceTable) -> Result<Option<i64>> {
    let Some(condition) = &table.filter else { return Ok(None) };
    let number = condition.strip_prefix("id > ").and_then(|number| number.parse().ok());
    number.map(Some).ok_or_else(|| Error::config(format!("{condition:?} is no condition")).at("where"))
}

fn without(mut batch: Batch, least: i64, silent: bool) -> Result<Batch> {
    let mut rows = RowBatch::new(Arc::clone(batch.rows.schema()));
    for row in batch.rows.rows() {
        let met = matches!(row.key().next(), Some(Value::Integer(id)) if id > least);
        match (met, silent) {
            (true, _) => rows.push_row(row)?,
            (false, false) => rows.push_key_of(row)?,
            (false, true) => {}
        }
    }
    batch.rows = rows;
    Ok(batch)
}
