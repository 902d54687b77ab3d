//! A shelf that is read beside its writer: by the engine, when it compares keys and rows with the source.

use std::sync::Arc;

use sync_core::{
    Checkpoint, CopyState, Op, OwnedValue, Replica, ReplicaReader, ReplicaTable, Result, RowBatch, StreamId,
};

use super::Shelf;
use super::table::Stored;

/// Rows that one call of [`ReplicaReader::next`] gives at most.
const ROWS_AT_ONCE: usize = 1000;

impl Replica for Shelf {
    fn keys(&self, table: &ReplicaTable, state: CopyState) -> Result<Box<dyn ReplicaReader>> {
        Ok(Box::new(Taken { rows: self.taken(table, state).into_iter(), op: Op::Delete }))
    }

    fn rows(&self, table: &ReplicaTable, state: CopyState) -> Result<Box<dyn ReplicaReader>> {
        Ok(Box::new(Taken { rows: self.taken(table, state).into_iter(), op: Op::Upsert }))
    }

    fn rows_of(&self, table: &ReplicaTable, keys: &RowBatch) -> Result<RowBatch> {
        let contents = self.contents();
        let stored = contents.tables.get(&table.name).and_then(|stored| stored.rows(CopyState::Live));
        let mut found = RowBatch::new(Arc::clone(&table.schema));
        for key in keys.rows().map(|row| row.key().map(OwnedValue::from).collect::<Vec<_>>()) {
            if let Some(row) = stored.and_then(|rows| rows.get(&key)).filter(|row| row.is_there()) {
                push(&mut found, &row.cells, Op::Upsert)?;
            }
        }
        Ok(found)
    }

    fn checkpoint(&self, stream: &StreamId) -> Result<Option<Checkpoint>> {
        Ok(self.contents().checkpoints.get(stream).cloned())
    }
}

impl Shelf {
    /// The rows of this moment that are not marked as deleted.
    fn taken(&self, table: &ReplicaTable, state: CopyState) -> Vec<Vec<OwnedValue>> {
        let contents = self.contents();
        let rows = contents.tables.get(&table.name).and_then(|stored| stored.rows(state));
        let there = rows.into_iter().flat_map(|rows| rows.values()).filter(|row| Stored::is_there(row));
        there.map(|row| row.cells.clone()).collect()
    }
}

struct Taken {
    rows: std::vec::IntoIter<Vec<OwnedValue>>,
    /// Whether they are given whole, or as deletes with nothing but their keys.
    op: Op,
}

impl ReplicaReader for Taken {
    fn next(&mut self, rows: &mut RowBatch) -> Result<()> {
        rows.clear();
        self.rows.by_ref().take(ROWS_AT_ONCE).try_for_each(|row| push(rows, &row, self.op))
    }
}

fn push(rows: &mut RowBatch, cells: &[OwnedValue], op: Op) -> Result<()> {
    let schema = Arc::clone(rows.schema());
    for (column, cell) in cells.iter().enumerate() {
        if op == Op::Upsert || schema.key().contains(&column) { rows.push(cell.as_value()) } else { rows.push_null() }
    }
    rows.end_row(op)
}
