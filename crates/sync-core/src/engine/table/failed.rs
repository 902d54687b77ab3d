//! Another try at rows that were kept aside.

use std::sync::Arc;

use super::Attempt;
use crate::engine::job::Failure;
use crate::engine::writer::RETRIED_AT_ONCE;
use crate::{Batch, CopyState, Cursor, RowBatch, Scope};

impl Attempt<'_> {
    /// Reads failed rows again by their key. A row that is gone takes its old state in the replica along; one that fails again stays
    /// kept aside; all others are stored, and forgotten as failures.
    pub(super) async fn retry_failed(&mut self, cursor: &Cursor) -> Result<(), Failure> {
        if !self.run.source.capabilities().reconcile {
            return Ok(());
        }
        let schema = &self.run.plan.source.schema;
        let failed = std::mem::take(&mut self.failed);
        let mut keys = RowBatch::new(Arc::clone(schema));
        let mut unreadable = Vec::new();
        let all_at_once = failed.len() < RETRIED_AT_ONCE;
        for failed in failed {
            match failed.key_row(schema) {
                Some(key) => keys.push_row(key.row(0)).map_err(Failure::Own)?,
                None => unreadable.push(failed),
            }
        }
        if !all_at_once {
            // Those that can't be asked for must not stand before all others for ever: this counts as a try.
            let none = RowBatch::new(Arc::clone(schema));
            self.write_beside(Batch::new(none).with_failed(unreadable), cursor, CopyState::Live).await?;
        }
        if keys.is_empty() {
            return Ok(());
        }
        let scope = Scope::Rows(self.table(), keys);
        self.read_beside(scope, cursor, CopyState::Live).await
    }
}
