//! What a sync did, table by table.

use std::time::Duration;

use crate::{Error, HeldDeletes, TableId, TableProblem, WriteStats};

/// The result of one sync of everything.
#[non_exhaustive]
#[derive(Debug, Default)]
pub struct SyncReport {
    /// Every table that was tried, in the order of the plan.
    pub tables: Vec<TableReport>,
    /// Tables that could not be planned.
    pub problems: Vec<TableProblem>,
    /// Sources that could not be asked for their tables.
    pub sources: Vec<SourceFailure>,
}

/// A source that could not be asked.
#[non_exhaustive]
#[derive(Debug)]
pub struct SourceFailure {
    /// Its name in the configuration, if it has one.
    pub source: Option<String>,
    /// Why.
    pub error: Error,
}

/// What was done to one table.
#[non_exhaustive]
#[derive(Debug)]
pub struct TableReport {
    /// The table at the source.
    pub table: TableId,
    /// Its replica.
    pub replica: String,
    /// What kind of work it was; `None` when it failed before that was known.
    pub work: Option<Work>,
    /// Rows that the source gave.
    pub rows_read: u64,
    /// Rows that can't be represented and were kept aside.
    pub rows_failed: u64,
    /// What became of the others.
    pub written: WriteStats,
    /// How long it took.
    pub took: Duration,
    /// How long the sweep took, if there was one.
    pub swept: Option<Duration>,
    /// How long comparing keys took, if they were compared.
    pub reconciled: Option<Duration>,
    /// Deletes that were too many to be believed at once.
    pub held: Option<HeldDeletes>,
    /// Whether the replica holds a record of this run.
    pub stored: bool,
    /// Why it ended early.
    pub error: Option<Error>,
}

/// What kind of work a run was.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// The whole table.
    Copied,
    /// The rest of a copy that an earlier run began.
    Resumed,
    /// What changed.
    Followed,
    /// The whole table, compared in place.
    Repaired,
}

impl SyncReport {
    /// Whether every wanted table was synced.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.problems.is_empty() && self.sources.is_empty() && self.tables.iter().all(|table| table.error.is_none())
    }
}
