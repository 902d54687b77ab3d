//! [`MemorySource`]: tables in memory that can be copied, polled, swept, reconciled and captured.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::cursor::MemoryCursor;
use super::{OwnedKey, OwnedRow, ReadyReader, push_key, push_row};
use crate::{
    Activity, Batch, BatchLimits, Capabilities, Column, Cursor, End, Error, Op, OwnedValue, Pulse, ReadRequest, Reader,
    Result, RowBatch, Scope, Source, SourceIdentity, SourceTable, StreamId, TableId, TableSchema,
};

/// Tables in memory. Clones share them, so that a test can change rows while an engine reads.
#[derive(Clone, Debug, Default)]
pub struct MemorySource(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    tables: BTreeMap<TableId, Table>,
    /// Counts transactions; each row knows the one that changed it last.
    version: u64,
    /// Transactions that nobody has acknowledged yet, oldest first.
    log: VecDeque<Transaction>,
}

#[derive(Clone, Debug)]
struct Table {
    schema: Arc<TableSchema>,
    rows: BTreeMap<OwnedKey, StoredRow>,
    /// The version of the last transaction that touched it.
    written: u64,
    /// How many rows were deleted.
    deletes: u64,
}

#[derive(Clone, Debug)]
struct StoredRow {
    version: u64,
    values: OwnedRow,
}

#[derive(Clone, Debug)]
struct Transaction {
    version: u64,
    changes: Vec<Change>,
}

/// One change within a transaction of a [`MemorySource`].
#[derive(Clone, Debug)]
pub struct Change {
    table: TableId,
    op: Op,
    row: OwnedRow,
}

impl Change {
    /// Inserts this row, or replaces the one with its key.
    #[must_use]
    pub fn upsert(table: TableId, row: OwnedRow) -> Self {
        Self { table, op: Op::Upsert, row }
    }

    /// Deletes the row with this row's key.
    #[must_use]
    pub fn delete(table: TableId, row: OwnedRow) -> Self {
        Self { table, op: Op::Delete, row }
    }
}

impl MemorySource {
    /// A source without tables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an empty table.
    pub fn create(&self, schema: TableSchema) {
        let table = Table { schema: Arc::new(schema), rows: BTreeMap::new(), written: 0, deletes: 0 };
        self.state().tables.insert(table.schema.id().clone(), table);
    }

    /// Carries out changes as one transaction.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) when a table does not exist or a row has not its width; nothing is changed then.
    pub fn commit(&self, changes: Vec<Change>) -> Result<()> {
        let mut state = self.state();
        for change in &changes {
            let table = state.table(&change.table)?;
            if change.row.len() != table.schema.columns().len() {
                return Err(Error::schema("a row of another width").at(format!("table {}", change.table)));
            }
        }
        state.version += 1;
        let version = state.version;
        for change in &changes {
            if let Some(table) = state.tables.get_mut(&change.table) {
                let key = table.schema.key().iter().map(|column| change.row[*column].clone()).collect();
                table.written = version;
                match change.op {
                    Op::Upsert => table.rows.insert(key, StoredRow { version, values: change.row.clone() }),
                    Op::Delete => {
                        table.deletes += 1;
                        table.rows.remove(&key)
                    }
                };
            }
        }
        state.log.push_back(Transaction { version, changes });
        Ok(())
    }

    /// How many transactions wait to be acknowledged by [`Source::committed`].
    #[must_use]
    pub fn unacknowledged(&self) -> usize {
        self.state().log.len()
    }

    /// A panic while the lock is held leaves no half change: rows are inserted after everything was checked.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Source for MemorySource {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new().default_schema("public").sweep().reconcile().changes()
    }

    async fn identity(&self) -> Result<SourceIdentity> {
        Ok(SourceIdentity::new(format!("memory-{:p}", Arc::as_ptr(&self.0)), "tables in memory"))
    }

    async fn discover(&self) -> Result<Vec<TableSchema>> {
        Ok(self.state().tables.values().map(|table| (*table.schema).clone()).collect())
    }

    async fn pulse(&self) -> Result<Pulse> {
        let identity = self.identity().await?;
        let state = self.state();
        let catalog: Vec<_> = state.tables.values().map(|table| format!("{:?}", table.schema)).collect();
        let activity = |table: &Table| Activity::new(table.written.to_string()).deletes(table.deletes.to_string());
        let pulse = Pulse::new(identity).catalog(catalog.join("\n")).quiet(Some(state.version.to_string()));
        Ok(state.tables.iter().fold(pulse, |pulse, (id, table)| pulse.table(id.clone(), activity(table))))
    }

    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let after = request.after.as_ref();
        let state = self.state();
        let (batches, end) = match &request.scope {
            Scope::Table(table) => state.copy_or_poll(table, after, request.limits)?,
            Scope::Sweep(table) => state.sweep(table, after, &request)?,
            Scope::Keys(table) => state.keys(table, request.limits)?,
            Scope::Rows(table, keys) => state.rows(table, keys)?,
            Scope::Changes(tables) => state.changes(tables, after)?,
        };
        Ok(Box::new(ReadyReader::new(batches, end)))
    }

    async fn committed(&self, _: &StreamId, cursor: &Cursor) -> Result<()> {
        let version = MemoryCursor::parse(cursor)?.horizon;
        self.state().log.retain(|transaction| transaction.version > version);
        Ok(())
    }
}

impl State {
    fn table(&self, id: &TableId) -> Result<&Table> {
        self.tables.get(id).ok_or_else(|| Error::schema("the table is gone").at(format!("table {id}")))
    }

    /// A table with the columns that were planned.
    fn planned(&self, source: &SourceTable) -> Result<Cow<'_, Table>> {
        let table = self.table(source.schema.id())?;
        if table.schema.columns() == source.schema.columns() {
            return Ok(Cow::Borrowed(table));
        }
        let place = |column: &Column| {
            let gone = || Error::schema(format!("column {:?} is gone", column.name));
            table.schema.position(&column.name).ok_or_else(gone)
        };
        let places = source.schema.columns().iter().map(place).collect::<Result<Vec<_>>>()?;
        let values = |row: &OwnedRow| places.iter().map(|place| row[*place].clone()).collect();
        let stored = |row: &StoredRow| StoredRow { values: values(&row.values), ..row.clone() };
        let rows = table.rows.iter().map(|(key, row)| (key.clone(), stored(row))).collect();
        Ok(Cow::Owned(Table { schema: Arc::clone(&source.schema), rows, ..*table }))
    }

    fn copy_or_poll(
        &self,
        source: &SourceTable,
        after: Option<&Cursor>,
        limits: BatchLimits,
    ) -> Result<(Vec<Batch>, End)> {
        let table = &*self.planned(source)?;
        let Some(after) = after else {
            let last = table.rows.values().filter_map(|row| position(row, source)).max();
            return self.copy(table, MemoryCursor::start(self.version, last), limits);
        };
        let cursor = MemoryCursor::parse(after)?;
        if cursor.copied.is_some() {
            return self.copy(table, MemoryCursor { resumed: true, ..cursor }, limits);
        }
        let end = if cursor.resumed { End::CompleteAfterReconcile } else { End::Complete };
        Ok((self.poll(table, source, cursor, limits)?, end))
    }

    /// All rows in key order; each batch says how far the copy came.
    fn copy(&self, table: &Table, mut cursor: MemoryCursor, limits: BatchLimits) -> Result<(Vec<Batch>, End)> {
        let last = cursor.copied.take();
        let rows = table.rows.iter().filter(|(key, _)| last.as_ref().is_none_or(|last| *key > last));
        let mut batches = batches(&table.schema, rows.map(|(_, row)| &row.values), limits, |row| {
            let copied = Some(row.key().map(OwnedValue::from).collect());
            Some(MemoryCursor { copied, ..cursor.clone() })
        })?;
        batches.push(Batch::new(RowBatch::new(Arc::clone(&table.schema))).up_to(cursor.encode()));
        Ok((batches, if cursor.resumed { End::CompleteAfterReconcile } else { End::Complete }))
    }

    /// Rows past the position, in the order of the keyset: equal stamps are told apart by their key.
    fn poll(
        &self,
        table: &Table,
        source: &SourceTable,
        cursor: MemoryCursor,
        limits: BatchLimits,
    ) -> Result<Vec<Batch>> {
        let mut rows: Vec<_> = table.rows.values().filter_map(|row| Some((position(row, source)?, row))).collect();
        rows.retain(|(position, _)| cursor.position.as_ref().is_none_or(|last| position > last));
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        let keyset = source.keyset();
        batches(&table.schema, rows.iter().map(|(_, row)| &row.values), limits, |row| {
            let position = Some(keyset.iter().map(|column| row.get(*column).into()).collect());
            Some(MemoryCursor { position, ..cursor.clone() })
        })
    }

    /// Every row that changed since the horizon, by whatever kind of change.
    fn sweep(&self, source: &SourceTable, after: Option<&Cursor>, request: &ReadRequest) -> Result<(Vec<Batch>, End)> {
        let table = &*self.planned(source)?;
        let cursor = MemoryCursor::parse(after.ok_or_else(|| Error::expired("a sweep needs a horizon"))?)?;
        let written = request.activity.as_ref().and_then(|activity| activity.writes.parse::<u64>().ok());
        if written.is_some_and(|written| written <= cursor.horizon) {
            return Ok((Vec::new(), End::Unchanged));
        }
        let rows = table.rows.values().filter(|row| row.version > cursor.horizon);
        let mut batches =
            batches(&table.schema, rows.map(|row| &row.values), request.limits, |_| Some(cursor.clone()))?;
        let swept = MemoryCursor { horizon: self.version, ..cursor };
        batches.push(Batch::new(RowBatch::new(Arc::clone(&table.schema))).up_to(swept.encode()));
        Ok((batches, if swept.resumed { End::CompleteAfterReconcile } else { End::Complete }))
    }

    fn keys(&self, source: &SourceTable, limits: BatchLimits) -> Result<(Vec<Batch>, End)> {
        let table = &*self.planned(source)?;
        let mut keys = Vec::new();
        let mut rows = RowBatch::new(Arc::clone(&table.schema));
        for key in table.rows.keys() {
            push_key(&mut rows, key)?;
            if limits.reached(&rows) {
                let next = RowBatch::new(Arc::clone(&table.schema));
                keys.push(Batch::new(std::mem::replace(&mut rows, next)));
            }
        }
        keys.push(Batch::new(rows));
        Ok((keys, End::Complete))
    }

    fn rows(&self, source: &SourceTable, keys: &RowBatch) -> Result<(Vec<Batch>, End)> {
        let table = &*self.planned(source)?;
        let mut rows = RowBatch::new(Arc::clone(&table.schema));
        for wanted in keys.rows() {
            let key: OwnedKey = wanted.key().map(OwnedValue::from).collect();
            match table.rows.get(&key) {
                Some(row) => push_row(&mut rows, &row.values, Op::Upsert)?,
                None => push_key(&mut rows, &key)?,
            }
        }
        Ok((vec![Batch::new(rows)], End::Complete))
    }

    /// Whole transactions in their order; the rows of one form a group, whichever tables they belong to.
    fn changes(&self, tables: &[Arc<SourceTable>], after: Option<&Cursor>) -> Result<(Vec<Batch>, End)> {
        let start = after.map(MemoryCursor::parse).transpose()?.map_or(0, |cursor| cursor.horizon);
        let wanted = |change: &&Change| tables.iter().any(|table| *table.schema.id() == change.table);
        let mut batches = Vec::new();
        for transaction in self.log.iter().filter(|transaction| transaction.version > start) {
            for change in transaction.changes.iter().filter(wanted) {
                let mut rows = RowBatch::new(Arc::clone(&self.table(&change.table)?.schema));
                push_row(&mut rows, &change.row, change.op)?;
                batches.push(Batch::new(rows));
            }
            let cursor = MemoryCursor::start(transaction.version, None).encode();
            if let Some(last) = batches.pop() {
                batches.push(if last.watermark.is_none() { last.up_to(cursor) } else { last });
            }
        }
        Ok((batches, End::Complete))
    }
}

/// The row's place in the order of the keyset; nothing when its first column is NULL, as no poll can see it then.
fn position(row: &StoredRow, source: &SourceTable) -> Option<Vec<OwnedValue>> {
    let position: Vec<_> = source.keyset().into_iter().map(|column| row.values[column].clone()).collect();
    position.first().is_some_and(|first| *first != OwnedValue::Null).then_some(position)
}

/// Rows in batches within the limits, each with the watermark that its last row earns.
fn batches<'a>(
    schema: &Arc<TableSchema>,
    rows: impl Iterator<Item = &'a OwnedRow>,
    limits: BatchLimits,
    watermark: impl Fn(crate::Row<'_>) -> Option<MemoryCursor>,
) -> Result<Vec<Batch>> {
    let mut batches = Vec::new();
    let mut rows = rows.peekable();
    let mut batch = RowBatch::new(Arc::clone(schema));
    while let Some(row) = rows.next() {
        push_row(&mut batch, row, Op::Upsert)?;
        if limits.reached(&batch) || rows.peek().is_none() {
            let full = std::mem::replace(&mut batch, RowBatch::new(Arc::clone(schema)));
            let cursor = watermark(full.row(full.len() - 1)).map(|cursor| cursor.encode());
            batches.push(Batch { watermark: cursor, ..Batch::new(full) });
        }
    }
    Ok(batches)
}
