//! Another try at rows that were kept aside.

use std::sync::Arc;

use super::Attempt;
use crate::engine::job::Failure;
use crate::{CopyState, Cursor, RowBatch, Scope};

impl Attempt<'_> {
    /// Reads failed rows again by their key. A row that is gone takes its old state in the replica along; one that fails again stays
    /// kept aside; all others are stored, and forgotten as failures.
    pub(super) async fn retry_failed(&mut self, cursor: &Cursor) -> Result<(), Failure> {
        if !self.run.source.capabilities().reconcile {
            return Ok(());
        }
        let schema = &self.run.plan.source.schema;
        let mut keys = RowBatch::new(Arc::clone(schema));
        for key in std::mem::take(&mut self.failed).iter().filter_map(|failed| failed.key_row(schema)) {
            keys.push_row(key.row(0)).map_err(Failure::Own)?;
        }
        if keys.is_empty() {
            return Ok(());
        }
        let scope = Scope::Rows(self.table(), keys);
        self.read_beside(scope, cursor, CopyState::Live).await
    }
}
