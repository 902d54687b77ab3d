//! Candidates are looked at once more, in a snapshot of the source that is as new as everything written before.

use std::sync::Arc;

use crate::engine::job::Failure;
use crate::engine::table::Attempt;
use crate::{Batch, CopyState, Cursor, Next, Op, ReadRequest, RowBatch, Scope, TableSchema};

/// Bytes of keys that wait for the decision whether so many deletes can be right.
const KEPT: usize = 8 << 20;

/// Rows that are gone for sure.
pub(super) struct Confirmed {
    pub(super) deletes: RowBatch,
    pub(super) count: u64,
    /// Whether they are deleted as they are found.
    at_once: bool,
}

impl Confirmed {
    /// Collects deletes.
    pub(super) fn later(schema: &Arc<TableSchema>) -> Self {
        Self { deletes: RowBatch::new(Arc::clone(schema)), count: 0, at_once: false }
    }

    /// Passes deletes on.
    pub(super) fn now(schema: &Arc<TableSchema>) -> Self {
        Self { at_once: true, ..Self::later(schema) }
    }

    /// Whether all that was found was kept.
    pub(super) fn is_whole(&self) -> bool {
        self.deletes.len() as u64 == self.count
    }

    pub(super) fn clear(&mut self) {
        self.deletes.clear();
        self.count = 0;
    }
}

impl Attempt<'_> {
    /// Reads the candidates by key: stores those that are there, and notes those that are not.
    pub(super) async fn confirm(
        &mut self,
        keys: RowBatch,
        cursor: &Cursor,
        state: CopyState,
        confirmed: &mut Confirmed,
    ) -> Result<(), Failure> {
        let request = ReadRequest::new(Scope::Rows(self.table(), keys), Some(cursor.clone()));
        let mut reader = self.open(request).await?;
        loop {
            let Next::Batch(batch) = reader.next().await.map_err(Failure::Own)? else { return Ok(()) };
            let mut present = RowBatch::new(Arc::clone(batch.rows.schema()));
            let mut gone = RowBatch::new(Arc::clone(batch.rows.schema()));
            for row in batch.rows.rows() {
                let side = if row.op() == Op::Delete { &mut gone } else { &mut present };
                side.push_row(row).map_err(Failure::Own)?;
            }
            self.write_beside(Batch::new(present).with_failed(batch.failed), cursor, state).await?;
            confirmed.count += gone.len() as u64;
            if confirmed.at_once {
                self.write_beside(Batch::new(gone), cursor, state).await?;
            } else if confirmed.deletes.size() < KEPT {
                for row in gone.rows() {
                    confirmed.deletes.push_row(row).map_err(Failure::Own)?;
                }
            }
        }
    }
}
