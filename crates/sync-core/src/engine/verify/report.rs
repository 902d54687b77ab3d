//! What verifying found.

use crate::{FailedRow, Row, TableId, TablePlan};

/// How a table of the replica differs from its source.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// The table at the source.
    pub table: TableId,
    /// Its replica.
    pub replica: String,
    /// Rows at the source.
    pub source_rows: u64,
    /// Rows in the replica, without those that are marked as deleted.
    pub replica_rows: u64,
    /// Rows that were read to find out, over both sides and all passes.
    pub rows_checked: u64,
    /// Rows of the source that the replica lacks.
    pub missing: Differences,
    /// Rows of the replica that the source lacks.
    pub extra: Differences,
    /// Rows of both whose contents differ.
    pub different: Differences,
}

/// Rows that differ in one way.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// How many.
    pub count: u64,
    /// Keys of the first few, each as a JSON array of texts. None for a table without a key.
    pub examples: Vec<String>,
}

/// In what way a row differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    Missing,
    Extra,
    Content,
}

/// Keys that are shown.
const EXAMPLES: usize = 10;

impl VerifyReport {
    pub(super) fn new(plan: &TablePlan, source_rows: u64, replica_rows: u64) -> Self {
        Self {
            table: plan.id().clone(),
            replica: plan.replica.name.clone(),
            source_rows,
            replica_rows,
            rows_checked: source_rows + replica_rows,
            missing: Differences::default(),
            extra: Differences::default(),
            different: Differences::default(),
        }
    }

    /// Whether the replica is as the source.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.missing.count + self.extra.count + self.different.count == 0
    }

    pub(super) fn add(&mut self, row: Row<'_>, difference: Difference) {
        let side = match difference {
            Difference::Missing => &mut self.missing,
            Difference::Extra => &mut self.extra,
            Difference::Content => &mut self.different,
        };
        side.count += 1;
        if side.examples.len() < EXAMPLES {
            side.examples.push(FailedRow::key_of(row));
        }
    }
}
