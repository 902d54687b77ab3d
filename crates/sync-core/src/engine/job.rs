//! One run of one table, as the reading side and the writer thread share it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Cursor, Error, ReplicaTable, StreamId, WriteStats};

/// What both sides know of a run.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) table: ReplicaTable,
    pub(crate) stream: StreamId,
    pub(crate) fingerprint: String,
    shared: Mutex<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    failure: Option<Failure>,
    written: WriteStats,
    committed: Option<Cursor>,
    used: bool,
}

/// Why the writer gave up on a run.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// What this table asked for could not be stored.
    Own(Error),
    /// Its rows shared a transaction with another table's that could not be stored. They can be read again at once.
    Neighbour(Error),
}

impl Job {
    pub(crate) fn new(table: ReplicaTable, fingerprint: String) -> Arc<Self> {
        let stream = table.stream();
        Arc::new(Self { table, stream, fingerprint, shared: Mutex::default() })
    }

    /// The first failure stays: what comes after it follows from it.
    pub(crate) fn fail(&self, failure: Failure) {
        self.shared().failure.get_or_insert(failure);
    }

    pub(crate) fn failure(&self) -> Option<Failure> {
        self.shared().failure.clone()
    }

    /// Adds what a commit stored for good.
    pub(crate) fn committed(&self, written: WriteStats, cursor: Option<Cursor>) {
        let mut shared = self.shared();
        shared.written += written;
        if cursor.is_some() {
            shared.committed = cursor;
        }
    }

    pub(crate) fn written(&self) -> WriteStats {
        self.shared().written
    }

    /// Notes that something was sent to the writer.
    pub(crate) fn mark_used(&self) {
        self.shared().used = true;
    }

    /// Whether anything was sent to the writer.
    pub(crate) fn is_used(&self) -> bool {
        self.shared().used
    }

    /// The newest cursor that was stored since this was asked last.
    pub(crate) fn take_committed(&self) -> Option<Cursor> {
        self.shared().committed.take()
    }

    /// The fields are independent of each other, so a panic elsewhere leaves nothing half done here.
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
