//! A way to read with a fault.

use std::sync::Arc;

use sync_core::{Checkpoint, CopyState, Op, Replica, ReplicaReader, ReplicaTable, Result, RowBatch, StreamId, Value};

use super::SinkFault;

#[derive(Debug)]
pub(super) struct BrokenReplica {
    pub(super) replica: Arc<dyn Replica>,
    pub(super) fault: SinkFault,
}

impl Replica for BrokenReplica {
    fn keys(&self, table: &ReplicaTable, state: CopyState) -> Result<Box<dyn ReplicaReader>> {
        Ok(Box::new(BrokenReader { reader: self.replica.keys(table, state)?, fault: self.fault }))
    }

    fn rows(&self, table: &ReplicaTable, state: CopyState) -> Result<Box<dyn ReplicaReader>> {
        Ok(Box::new(BrokenReader { reader: self.replica.rows(table, state)?, fault: self.fault }))
    }

    fn rows_of(&self, table: &ReplicaTable, keys: &RowBatch) -> Result<RowBatch> {
        self.replica.rows_of(table, keys)
    }

    fn checkpoint(&self, stream: &StreamId) -> Result<Option<Checkpoint>> {
        self.replica.checkpoint(stream)
    }
}

struct BrokenReader {
    reader: Box<dyn ReplicaReader>,
    fault: SinkFault,
}

impl ReplicaReader for BrokenReader {
    fn next(&mut self, rows: &mut RowBatch) -> Result<()> {
        self.reader.next(rows)?;
        match self.fault {
            SinkFault::LosesKeys => lose_a_key(rows),
            SinkFault::ReadsEmptyAsNull => empty_to_null(rows),
            _ => Ok(()),
        }
    }
}

/// A page of one row is let through: an empty one would be the end.
fn lose_a_key(rows: &mut RowBatch) -> Result<()> {
    let given = rows.clone();
    rows.clear();
    let lost = given.rows().rposition(|row| row.op() == Op::Delete).filter(|lost| *lost > 0);
    for (_, row) in given.rows().enumerate().filter(|(index, _)| Some(*index) != lost) {
        rows.push_row(row)?;
    }
    Ok(())
}

fn empty_to_null(rows: &mut RowBatch) -> Result<()> {
    let given = rows.clone();
    rows.clear();
    for row in given.rows() {
        for value in row.values() {
            rows.push(if value == Value::Text("") { Value::Null } else { value });
        }
        rows.end_row(row.op())?;
    }
    Ok(())
}
