//! Sinks that break one promise each: the twins of the behaviours.

mod replica;
mod transaction;

use std::sync::Arc;

use sync_core::memory::OwnedRow;
use sync_core::{Checkpoint, FailedRow, Replica, ReplicaTable, Result, Sink, SinkTransaction, StreamId};

use super::fixture::SinkFixture;
use replica::BrokenReplica;
use transaction::BrokenTransaction;

/// How a sink is broken.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkFault {
    /// Commits what was dropped: breaks `a_dropped_transaction_leaves_no_trace`.
    CommitsOnDrop,
    /// Stores rows without their checkpoint: breaks `rows_and_checkpoint_are_stored_together`.
    ForgetsCheckpoints,
    /// Never stops being staged: breaks `what_was_staged_is_shown_when_it_is_asked_for`.
    StaysStaged,
    /// Counts every row as changed: breaks `an_unchanged_row_is_not_written`.
    WritesEverything,
    /// Shows the table that most checks use while it is copied: breaks `a_table_is_hidden_until_it_is_published`.
    PublishesEarly,
    /// Ignores deletes where several come at once, unless they only mark their rows: breaks `a_delete_removes_its_row_and_no_other`.
    IgnoresDeletes,
    /// Leaves out rows that equal another where there is no key: breaks `a_table_without_a_key_takes_equal_rows_twice`.
    DropsEqualRows,
    /// Stores checkpoints without their notes: breaks `notes_are_stored_with_the_checkpoint`.
    ForgetsNotes,
    /// Stores no checkpoint of another copy before that copy has a table: breaks `a_copy_that_was_asked_for_is_not_forgotten`.
    ForgetsWhatIsAskedFor,
    /// Stores nothing of a batch with a refused row: breaks `a_refused_row_is_kept_aside_and_the_rest_is_stored`.
    StopsAtRefusedRows,
    /// Never makes an end of a failed row: breaks `a_failed_row_is_forgotten_when_it_is_stored`.
    KeepsFailedRows,
    /// Leaves out a key of each page: breaks `keys_are_complete_and_each_once`.
    LosesKeys,
    /// Reads empty texts as NULL: breaks `rows_are_read_back_as_they_were_written`.
    ReadsEmptyAsNull,
    /// Deletes rows in place of marking them, unless they are to stay through another copy: breaks `a_marked_row_stays_and_can_come_back`.
    DeletesForGood,
    /// Takes nothing over into another copy: breaks `rows_that_are_gone_stay_through_another_copy`.
    DropsGoneRows,
}

impl SinkFault {
    /// Every fault with the one behaviour that it breaks.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::CommitsOnDrop, "a_dropped_transaction_leaves_no_trace"),
        (Self::ForgetsCheckpoints, "rows_and_checkpoint_are_stored_together"),
        (Self::StaysStaged, "what_was_staged_is_shown_when_it_is_asked_for"),
        (Self::WritesEverything, "an_unchanged_row_is_not_written"),
        (Self::PublishesEarly, "a_table_is_hidden_until_it_is_published"),
        (Self::IgnoresDeletes, "a_delete_removes_its_row_and_no_other"),
        (Self::DropsEqualRows, "a_table_without_a_key_takes_equal_rows_twice"),
        (Self::ForgetsNotes, "notes_are_stored_with_the_checkpoint"),
        (Self::ForgetsWhatIsAskedFor, "a_copy_that_was_asked_for_is_not_forgotten"),
        (Self::StopsAtRefusedRows, "a_refused_row_is_kept_aside_and_the_rest_is_stored"),
        (Self::KeepsFailedRows, "a_failed_row_is_forgotten_when_it_is_stored"),
        (Self::LosesKeys, "keys_are_complete_and_each_once"),
        (Self::ReadsEmptyAsNull, "rows_are_read_back_as_they_were_written"),
        (Self::DeletesForGood, "a_marked_row_stays_and_can_come_back"),
        (Self::DropsGoneRows, "rows_that_are_gone_stay_through_another_copy"),
    ];
}

/// A fixture whose sinks have a fault.
#[derive(Debug)]
pub struct BrokenSinks<F> {
    fixture: F,
    fault: SinkFault,
}

impl<F: SinkFixture> BrokenSinks<F> {
    /// Breaks the sinks of a fixture.
    #[must_use]
    pub fn new(fixture: F, fault: SinkFault) -> Self {
        Self { fixture, fault }
    }
}

impl<F: SinkFixture> SinkFixture for BrokenSinks<F> {
    fn open(&self) -> Result<Box<dyn Sink>> {
        Ok(Box::new(BrokenSink { sink: self.fixture.open()?, fault: self.fault, failed: Vec::new() }))
    }

    fn refuse(&self, replica: &str, note: &str) -> Result<()> {
        self.fixture.refuse(replica, note)
    }

    fn read(&self, replica: &str) -> Result<Option<Vec<OwnedRow>>> {
        self.fixture.read(replica)
    }
}

struct BrokenSink {
    sink: Box<dyn Sink>,
    fault: SinkFault,
    /// All rows that were ever kept aside.
    failed: Vec<FailedRow>,
}

impl Sink for BrokenSink {
    fn checkpoint(&mut self, stream: &StreamId) -> Result<Option<Checkpoint>> {
        self.sink.checkpoint(stream)
    }

    fn replica(&self) -> Arc<dyn Replica> {
        Arc::new(BrokenReplica { replica: self.sink.replica(), fault: self.fault })
    }

    fn failed_rows(&mut self, table: &ReplicaTable, limit: usize) -> Result<Vec<FailedRow>> {
        self.sink.failed_rows(table, limit)
    }

    fn begin<'a>(&'a mut self) -> Result<Box<dyn SinkTransaction + 'a>> {
        Ok(Box::new(BrokenTransaction::new(self.sink.begin()?, self.fault, &mut self.failed)))
    }

    fn is_staged(&self) -> bool {
        self.fault == SinkFault::StaysStaged || self.sink.is_staged()
    }

    fn unstage(&mut self) -> Result<()> {
        self.sink.unstage()
    }
}
