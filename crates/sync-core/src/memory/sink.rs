//! [`MemorySink`]: a replica in memory, with transactions that work on a copy.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{OwnedKey, OwnedRow};
use crate::{
    Checkpoint, CopyState, Error, FailedRow, KeyReader, Op, OwnedValue, ReplicaTable, Result, RowBatch, RunRecord,
    SchemaChange, Sink, SinkTransaction, StreamId, WriteStats,
};

/// A replica in memory. Clones share it, so that a test can look into what an engine writes.
#[derive(Clone, Debug, Default)]
pub struct MemorySink(Arc<Mutex<Replica>>);

#[derive(Clone, Debug, Default)]
struct Replica {
    live: BTreeMap<String, Rows>,
    building: BTreeMap<String, Rows>,
    failed: BTreeMap<String, Vec<FailedRow>>,
    checkpoints: BTreeMap<StreamId, Checkpoint>,
    errors: BTreeMap<StreamId, String>,
}

type Rows = BTreeMap<OwnedKey, OwnedRow>;

impl MemorySink {
    /// An empty replica.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The rows of a published table, in key order; `None` where none is published.
    #[must_use]
    pub fn rows(&self, replica: &str) -> Option<Vec<OwnedRow>> {
        self.replica().live.get(replica).map(|rows| rows.values().cloned().collect())
    }

    /// The failed rows of a table.
    #[must_use]
    pub fn failed(&self, replica: &str) -> Vec<FailedRow> {
        self.replica().failed.get(replica).cloned().unwrap_or_default()
    }

    /// The error that the last run of a stream left.
    #[must_use]
    pub fn error(&self, stream: &StreamId) -> Option<String> {
        self.replica().errors.get(stream).cloned()
    }

    /// The replica is replaced whole, so a panic elsewhere leaves nothing half done.
    fn replica(&self) -> MutexGuard<'_, Replica> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for MemorySink {
    fn checkpoint(&mut self, stream: &StreamId) -> Result<Option<Checkpoint>> {
        Ok(self.replica().checkpoints.get(stream).cloned())
    }

    fn keys(&self, table: &ReplicaTable) -> Result<Box<dyn KeyReader>> {
        let keys: Vec<_> =
            self.replica().live.get(&table.name).map(|rows| rows.keys().cloned().collect()).unwrap_or_default();
        Ok(Box::new(MemoryKeys(keys.into_iter())))
    }

    fn begin<'a>(&'a mut self) -> Result<Box<dyn SinkTransaction + 'a>> {
        let changed = self.replica().clone();
        Ok(Box::new(MemoryTransaction { sink: self, changed }))
    }
}

#[derive(Debug)]
struct MemoryTransaction<'a> {
    sink: &'a MemorySink,
    changed: Replica,
}

impl SinkTransaction for MemoryTransaction<'_> {
    fn apply_schema(&mut self, table: &ReplicaTable, change: &SchemaChange) -> Result<()> {
        self.changed.building.remove(&table.name);
        if *change == SchemaChange::StartBuild {
            self.changed.building.insert(table.name.clone(), Rows::new());
        }
        Ok(())
    }

    fn write(&mut self, table: &ReplicaTable, state: CopyState, rows: &RowBatch) -> Result<WriteStats> {
        let tables = match state {
            CopyState::Building => &mut self.changed.building,
            CopyState::Live => &mut self.changed.live,
        };
        let stored = tables.get_mut(&table.name).ok_or_else(|| no_table(table))?;
        let mut stats = WriteStats::default();
        for row in rows.rows() {
            let key: OwnedKey = row.key().map(OwnedValue::from).collect();
            match row.op() {
                Op::Delete if stored.remove(&key).is_some() => stats.deleted += 1,
                Op::Delete => stats.unchanged += 1,
                Op::Upsert => {
                    let values: OwnedRow = row.values().map(OwnedValue::from).collect();
                    if stored.get(&key) == Some(&values) {
                        stats.unchanged += 1;
                    } else {
                        stored.insert(key, values);
                        stats.changed += 1;
                    }
                }
            }
        }
        Ok(stats)
    }

    fn fail(&mut self, table: &ReplicaTable, row: &FailedRow) -> Result<()> {
        self.changed.failed.entry(table.name.clone()).or_default().push(row.clone());
        Ok(())
    }

    fn publish(&mut self, table: &ReplicaTable) -> Result<()> {
        let rows = self.changed.building.remove(&table.name).ok_or_else(|| no_table(table))?;
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
        *self.sink.replica() = self.changed;
        Ok(())
    }
}

#[derive(Debug)]
struct MemoryKeys(std::vec::IntoIter<OwnedKey>);

/// Keys that one call of [`KeyReader::next`] gives at most.
const KEYS_AT_ONCE: usize = 1000;

impl KeyReader for MemoryKeys {
    fn next(&mut self, keys: &mut RowBatch) -> Result<()> {
        keys.clear();
        for key in self.0.by_ref().take(KEYS_AT_ONCE) {
            let mut row = vec![OwnedValue::Null; keys.schema().columns().len()];
            for (column, value) in keys.schema().key().iter().zip(key) {
                row[*column] = value;
            }
            for value in &row {
                keys.push(value.as_value());
            }
            keys.end_row(Op::Delete)?;
        }
        Ok(())
    }
}

fn no_table(table: &ReplicaTable) -> Error {
    Error::internal("the replica has no such table").at(table.name.clone())
}
