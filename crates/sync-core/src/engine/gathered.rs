//! Changes of one table that wait within the transaction, so that the sink gets many at once and can write them in its own order.

use std::sync::Arc;

use super::job::Job;
use crate::{Result, RowBatch, SinkTransaction, WriteStats};

/// Bytes that wait at most.
const GATHERED_BYTES: usize = 2 << 20;

/// Rows for the published table of one job.
pub(super) struct Gathered {
    pub(super) job: Arc<Job>,
    /// The job's place in the transaction.
    pub(super) run: usize,
    rows: RowBatch,
}

impl Gathered {
    /// Begins with these rows.
    pub(super) fn new(job: &Arc<Job>, run: usize, rows: RowBatch) -> Self {
        Self { job: Arc::clone(job), run, rows }
    }

    /// Whether rows of this job and shape can be added.
    pub(super) fn takes(&self, run: usize, rows: &RowBatch) -> bool {
        self.run == run && (Arc::ptr_eq(self.rows.schema(), rows.schema()) || self.rows.schema() == rows.schema())
    }

    /// Adds rows; tells whether that is enough.
    ///
    /// # Errors
    /// When a row has another width.
    pub(super) fn add(&mut self, rows: &RowBatch) -> Result<bool> {
        rows.rows().try_for_each(|row| self.rows.push_row(row))?;
        Ok(self.rows.size() >= GATHERED_BYTES)
    }

    /// Hands them to the sink.
    ///
    /// # Errors
    /// The sink's.
    pub(super) fn write(&self, transaction: &mut dyn SinkTransaction) -> Result<WriteStats> {
        transaction.write(&self.job.table, crate::CopyState::Live, &self.rows)
    }
}
