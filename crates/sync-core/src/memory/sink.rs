//! [`MemorySink`]: a replica in memory, with transactions that work on a copy.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{OwnedKey, OwnedRow, push_key, push_row};
use crate::{
    Checkpoint, Column, CopyState, Error, FailedRow, Op, OwnedValue, Replica, ReplicaReader, ReplicaTable, Result, Row,
    RowBatch, RunRecord, SchemaChange, Sink, SinkTransaction, StreamId, TableSchema, WriteStats,
};

/// A replica in memory. Clones share it, so that a test can look into what an engine writes.
#[derive(Clone, Debug, Default)]
pub struct MemorySink(Arc<Mutex<Tables>>);

#[derive(Clone, Debug, Default)]
struct Tables {
    live: BTreeMap<String, Rows>,
    /// The tables that these rows are of, as they were published.
    published: BTreeMap<String, ReplicaTable>,
    building: BTreeMap<String, Rows>,
    /// By table, then by key.
    failed: BTreeMap<String, BTreeMap<String, FailedRow>>,
    checkpoints: BTreeMap<StreamId, Checkpoint>,
    errors: BTreeMap<StreamId, String>,
}

/// Rows by their key; those of a table without one by their number. A column for deletes comes after all others.
type Rows = BTreeMap<OwnedKey, OwnedRow>;

impl Tables {
    fn of(&self, state: CopyState) -> &BTreeMap<String, Rows> {
        match state {
            CopyState::Building => &self.building,
            CopyState::Live => &self.live,
        }
    }
}

impl MemorySink {
    /// An empty replica.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The rows of a published table, in key order; `None` where none is published.
    #[must_use]
    pub fn rows(&self, replica: &str) -> Option<Vec<OwnedRow>> {
        self.tables().live.get(replica).map(|rows| rows.values().cloned().collect())
    }

    /// The failed rows of a table.
    #[must_use]
    pub fn failed(&self, replica: &str) -> Vec<FailedRow> {
        self.tables().failed.get(replica).into_iter().flatten().map(|(_, row)| row.clone()).collect()
    }

    /// The rows of a published table that are not marked as deleted, without the mark.
    fn rows_there(&self, table: &ReplicaTable, state: CopyState) -> Rows {
        let rows = self.tables().of(state).get(&table.name).cloned().unwrap_or_default();
        let width = table.schema.columns().len();
        let there = rows.into_iter().filter(|(_, row)| is_there(table, row));
        there.map(|(key, row)| (key, row[..width].to_vec())).collect()
    }

    /// The error that the last run of a stream left.
    #[must_use]
    pub fn error(&self, stream: &StreamId) -> Option<String> {
        self.tables().errors.get(stream).cloned()
    }

    /// The tables are replaced whole, so a panic elsewhere leaves nothing half done.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for MemorySink {
    fn checkpoint(&mut self, stream: &StreamId) -> Result<Option<Checkpoint>> {
        Ok(self.tables().checkpoints.get(stream).cloned())
    }

    fn replica(&self) -> Arc<dyn Replica> {
        Arc::new(self.clone())
    }

    fn failed_rows(&mut self, table: &ReplicaTable, limit: usize) -> Result<Vec<FailedRow>> {
        let mut failed = self.failed(&table.name);
        failed.truncate(limit);
        Ok(failed)
    }

    fn begin<'a>(&'a mut self) -> Result<Box<dyn SinkTransaction + 'a>> {
        let changed = self.tables().clone();
        Ok(Box::new(MemoryTransaction { sink: self, changed }))
    }
}

#[derive(Debug)]
struct MemoryTransaction<'a> {
    sink: &'a MemorySink,
    changed: Tables,
}

impl SinkTransaction for MemoryTransaction<'_> {
    fn apply_schema(&mut self, table: &ReplicaTable, change: &SchemaChange) -> Result<()> {
        if *change == SchemaChange::Indexes {
            return Ok(());
        }
        self.changed.building.remove(&table.name);
        if *change == SchemaChange::StartBuild {
            self.changed.building.insert(table.name.clone(), Rows::new());
            self.changed.failed.remove(&table.name);
        }
        Ok(())
    }

    fn write(&mut self, table: &ReplicaTable, state: CopyState, rows: &RowBatch) -> Result<WriteStats> {
        let failed = self.changed.failed.entry(table.name.clone()).or_default();
        let tables = match state {
            CopyState::Building => &mut self.changed.building,
            CopyState::Live => &mut self.changed.live,
        };
        let stored = tables.get_mut(&table.name).ok_or_else(|| no_table(table))?;
        let mut stats = WriteStats::default();
        for row in rows.rows() {
            let done = match row.op() {
                Op::Delete => delete(stored, table, row),
                Op::Upsert => upsert(stored, table, row),
            };
            stats += done;
            failed.remove(&FailedRow::key_of(row));
        }
        Ok(stats)
    }

    fn fail(&mut self, table: &ReplicaTable, row: &FailedRow) -> Result<()> {
        self.changed.failed.entry(table.name.clone()).or_default().insert(row.key.clone(), row.clone());
        Ok(())
    }

    fn publish(&mut self, table: &ReplicaTable) -> Result<()> {
        let mut rows = self.changed.building.remove(&table.name).ok_or_else(|| no_table(table))?;
        let former = self.changed.live.remove(&table.name).unwrap_or_default();
        if let Some(made) = self.changed.published.insert(table.name.clone(), table.clone()) {
            take_over(&mut rows, table, former, &made);
        }
        self.changed.live.insert(table.name.clone(), rows);
        Ok(())
    }

    fn record(&mut self, stream: &StreamId, run: &RunRecord) -> Result<()> {
        match &run.error {
            Some(error) => self.changed.errors.insert(stream.clone(), error.clone()),
            None => self.changed.errors.remove(stream),
        };
        Ok(())
    }

    fn commit(mut self: Box<Self>, checkpoints: &[Checkpoint]) -> Result<()> {
        for checkpoint in checkpoints {
            self.changed.checkpoints.insert(checkpoint.stream.clone(), checkpoint.clone());
        }
        *self.sink.tables() = self.changed;
        Ok(())
    }
}

impl Replica for MemorySink {
    fn keys(&self, table: &ReplicaTable, state: CopyState) -> Result<Box<dyn ReplicaReader>> {
        let tables = self.tables();
        let rows = tables.of(state).get(&table.name);
        let keys = rows.into_iter().flatten().filter(|(_, row)| is_there(table, row)).map(|(key, _)| key.clone());
        Ok(Box::new(MemoryRows { rows: keys.collect::<Vec<_>>().into_iter(), op: Op::Delete }))
    }

    fn rows(&self, table: &ReplicaTable, state: CopyState) -> Result<Box<dyn ReplicaReader>> {
        let rows = self.rows_there(table, state);
        Ok(Box::new(MemoryRows { rows: rows.into_values().collect::<Vec<_>>().into_iter(), op: Op::Upsert }))
    }

    fn rows_of(&self, table: &ReplicaTable, keys: &RowBatch) -> Result<RowBatch> {
        let there = self.rows_there(table, CopyState::Live);
        let mut found = RowBatch::new(Arc::clone(&table.schema));
        for key in keys.rows().map(|row| row.key().map(OwnedValue::from).collect::<OwnedKey>()) {
            if let Some(row) = there.get(&key) {
                push_row(&mut found, row, Op::Upsert)?;
            }
        }
        Ok(found)
    }

    fn checkpoint(&self, stream: &StreamId) -> Result<Option<Checkpoint>> {
        Ok(self.tables().checkpoints.get(stream).cloned())
    }
}

#[derive(Debug)]
struct MemoryRows {
    /// Whole rows of upserts, keys of deletes.
    rows: std::vec::IntoIter<OwnedRow>,
    op: Op,
}

/// Rows that one call of [`ReplicaReader::next`] gives at most.
const ROWS_AT_ONCE: usize = 1000;

impl ReplicaReader for MemoryRows {
    fn next(&mut self, rows: &mut RowBatch) -> Result<()> {
        rows.clear();
        for row in self.rows.by_ref().take(ROWS_AT_ONCE) {
            match self.op {
                Op::Upsert => push_row(rows, &row, Op::Upsert)?,
                Op::Delete => push_key(rows, &row)?,
            }
        }
        Ok(())
    }
}

fn upsert(stored: &mut Rows, table: &ReplicaTable, row: Row<'_>) -> WriteStats {
    let mut values: OwnedRow = row.values().map(OwnedValue::from).collect();
    if table.deleted_column.is_some() {
        values.push(OwnedValue::Null);
    }
    let key = if table.schema.key().is_empty() {
        vec![OwnedValue::Integer(i64::try_from(stored.len()).unwrap_or(i64::MAX))]
    } else {
        row.key().map(OwnedValue::from).collect()
    };
    if stored.get(&key) == Some(&values) {
        return WriteStats::new(0, 0, 1);
    }
    stored.insert(key, values);
    WriteStats::new(1, 0, 0)
}

fn delete(stored: &mut Rows, table: &ReplicaTable, row: Row<'_>) -> WriteStats {
    let key: OwnedKey = row.key().map(OwnedValue::from).collect();
    let deleted = match stored.get_mut(&key) {
        Some(values) if table.deleted_column.is_some() => {
            let there = is_there(table, values);
            if let (true, Some(mark)) = (there, values.last_mut()) {
                *mark = OwnedValue::from(GONE);
            }
            there
        }
        Some(_) => stored.remove(&key).is_some(),
        None => false,
    };
    if deleted { WriteStats::new(0, 1, 0) } else { WriteStats::new(0, 0, 1) }
}

/// Adds what stays of the rows of the `former` table, which was made as `made` says.
fn take_over(rows: &mut Rows, table: &ReplicaTable, former: Rows, made: &ReplicaTable) {
    let Some(kept) = &table.kept_of_gone else { return };
    let key = |schema: &TableSchema| -> Vec<String> {
        schema.key().iter().map(|position| schema.columns()[*position].name.clone()).collect()
    };
    if key(&table.schema) != key(&made.schema) || table.schema.key().is_empty() {
        return;
    }
    for (key, row) in former {
        let cell = |column: &Column| {
            let position = made.schema.position(&column.name).filter(|_| kept.contains(&column.name));
            position.map_or(OwnedValue::Null, |position| row[position].clone())
        };
        let mark = table.deleted_column.iter().map(|_| match row.last() {
            Some(mark) if !is_there(made, &row) => mark.clone(),
            _ => OwnedValue::from(GONE),
        });
        let taken = table.schema.columns().iter().map(cell).chain(mark).collect();
        rows.entry(key).or_insert(taken);
    }
}

/// A reference keeps no clock: any text says that a row is gone.
const GONE: &str = "1970-01-01 00:00:00.000000Z";

/// Whether a stored row is not marked as deleted.
fn is_there(table: &ReplicaTable, row: &OwnedRow) -> bool {
    table.deleted_column.is_none() || row.last() == Some(&OwnedValue::Null)
}

fn no_table(table: &ReplicaTable) -> Error {
    Error::internal("the replica has no such table").at(table.name.clone())
}
