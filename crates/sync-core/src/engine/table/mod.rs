//! One run of one table: copy it, or follow its changes, from the stored checkpoint to the next.
//!
//! Whatever is done to a table is done in one run after another, from taking the source's snapshot to the replica's commit: so a row
//! only ever moves forward.

mod attempt;
mod build;
mod failed;
mod follow;
mod read;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use attempt::Attempt;

use super::entry::RunOptions;
use super::job::{Failure, Job};
use super::report::Work;
use super::schedule::chance;
use super::writer::Writer;
use crate::status::{Phase, StatusBoard};
use crate::{Error, ErrorKind, HeldDeletes, Replica, Result, Source, TablePlan};

/// How often a run starts anew at once because of another table's failure, before it counts as failed itself.
const NEIGHBOUR_RETRIES: usize = 3;

/// How often a run starts anew at once when the server broke it off.
const INTERRUPTED_RETRIES: usize = 3;

/// What such a run waits before, at most.
const BREATH: Duration = Duration::from_millis(200);

/// What a run needs.
pub(crate) struct TableRun<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) plan: &'a TablePlan,
    pub(crate) writer: &'a Writer,
    pub(crate) replica: &'a Arc<dyn Replica>,
    pub(crate) status: &'a StatusBoard,
    pub(crate) options: RunOptions,
}

/// What a run did, as far as it came.
#[derive(Debug, Default)]
pub(crate) struct RunOutcome {
    pub(crate) work: Option<Work>,
    pub(crate) rows_read: u64,
    pub(crate) bytes_read: u64,
    pub(crate) rows_failed: u64,
    pub(crate) written: crate::WriteStats,
    /// How long a sweep took that left nothing out.
    pub(crate) swept: Option<Duration>,
    /// How long comparing keys took.
    pub(crate) reconciled: Option<Duration>,
    /// Deletes that wait to be believed.
    pub(crate) held: Option<HeldDeletes>,
    /// Whether the replica holds a record of the run.
    pub(crate) stored: bool,
}

impl TableRun<'_> {
    /// Runs to the end; `outcome` holds what was done also when it fails.
    pub(crate) async fn run(&self, started_ms: i64, outcome: &mut RunOutcome) -> Result<()> {
        let (mut because_of_others, mut interrupted) = (0, 0);
        loop {
            let job = Job::new(self.plan.replica.clone(), self.plan.fingerprint.clone());
            let result = Attempt::new(self, &job, started_ms, outcome).run().await;
            outcome.written += job.written();
            match result {
                Err(Failure::Neighbour(_)) if because_of_others < NEIGHBOUR_RETRIES => because_of_others += 1,
                Err(Failure::Neighbour(error)) => {
                    return Err(Error::unavailable(format!("another table's rows could not be stored: {error}")));
                }
                Err(Failure::Own(error))
                    if error.kind() == ErrorKind::Interrupted && interrupted < INTERRUPTED_RETRIES =>
                {
                    interrupted += 1;
                    tracing::debug!(table = %self.plan.id(), "once more: {error}");
                    tokio::time::sleep(BREATH.mul_f64(0.5 + chance() / 2.0)).await;
                }
                Err(Failure::Own(error)) => return Err(error),
                Ok(()) => return Ok(()),
            }
        }
    }

    fn enter(&self, phase: Phase) {
        self.status.update(&self.plan.replica.name, |table| table.phase = phase);
    }

    fn place(&self) -> String {
        format!("table {}", self.plan.id())
    }
}
