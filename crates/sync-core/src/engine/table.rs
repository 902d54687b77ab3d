//! One run of one table: copy it, or follow its changes, from the stored checkpoint to the next.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::entry::RunOptions;
use super::group::GroupSender;
use super::job::{Failure, Job};
use super::report::Work;
use super::writer::{Step, Writer};
use crate::fingerprint::difference;
use crate::status::{Phase, StatusBoard};
use crate::{
    Checkpoint, CopyState, Cursor, End, Error, ErrorKind, Next, ReadRequest, Result, RunRecord, SchemaChange, Scope,
    Source, TablePlan,
};

/// How often a run starts anew at once because of another table's failure, before it counts as failed itself.
const NEIGHBOUR_RETRIES: usize = 3;

/// A server is kept waiting for the replica no longer than this: it would hold a snapshot, and in the end cut the connection.
const STALL: Duration = Duration::from_secs(20);

/// What a run needs.
pub(crate) struct TableRun<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) plan: &'a TablePlan,
    pub(crate) writer: &'a Writer,
    pub(crate) status: &'a StatusBoard,
    pub(crate) options: RunOptions,
}

/// What a run did, as far as it came.
#[derive(Debug, Default)]
pub(crate) struct RunOutcome {
    pub(crate) work: Option<Work>,
    pub(crate) rows_read: u64,
    pub(crate) rows_failed: u64,
    pub(crate) written: crate::WriteStats,
    pub(crate) swept: Option<Duration>,
    /// Whether the replica holds a record of the run.
    pub(crate) stored: bool,
}

/// What to do with the checkpoint that was found.
enum Start {
    Copy { because: Option<String> },
    Resume(Cursor),
    Follow(Cursor),
}

impl TableRun<'_> {
    /// Runs to the end; `outcome` holds what was done also when it fails.
    pub(crate) async fn run(&self, started_ms: i64, outcome: &mut RunOutcome) -> Result<()> {
        let mut retries = 0;
        loop {
            let job = Job::new(self.plan.replica.clone(), self.plan.fingerprint.clone());
            let result = self.attempt(&job, started_ms, outcome).await;
            outcome.written += job.written();
            match result {
                Err(Failure::Neighbour(_)) if retries < NEIGHBOUR_RETRIES => retries += 1,
                Err(Failure::Neighbour(error)) => {
                    return Err(Error::unavailable(format!("another table's rows could not be stored: {error}")));
                }
                Err(Failure::Own(error)) => return Err(error),
                Ok(()) => return Ok(()),
            }
        }
    }

    async fn attempt(&self, job: &Arc<Job>, started_ms: i64, outcome: &mut RunOutcome) -> Result<(), Failure> {
        let stored = self.writer.checkpoint(&job.stream).await.map_err(Failure::Own)?;
        let mut start = Start::from(stored, &self.plan.fingerprint);
        loop {
            let result = match start {
                Start::Copy { because } => self.copy(job, because, outcome).await,
                Start::Resume(cursor) => self.resume(job, cursor, outcome).await,
                Start::Follow(cursor) => self.follow(job, cursor, outcome).await,
            };
            match result {
                // A cursor that can't be continued is no failure of the table: the copy starts again. A fresh copy has none.
                Err(Failure::Own(error))
                    if error.kind() == ErrorKind::Expired && outcome.work != Some(Work::Copied) =>
                {
                    start = Start::Copy { because: Some(error.to_string()) };
                }
                Err(failure) => return Err(failure),
                Ok(()) => break,
            }
        }
        if job.is_used() || self.options.store_success {
            let mut record = RunRecord::new(started_ms, super::now_ms());
            record.rows_read = outcome.rows_read;
            self.writer.finish(job, record).await?;
            outcome.stored = true;
            self.tell_committed(job).await;
        }
        Ok(())
    }

    async fn copy(&self, job: &Arc<Job>, because: Option<String>, outcome: &mut RunOutcome) -> Result<(), Failure> {
        if let Some(because) = because {
            tracing::warn!(table = %self.plan.id(), "copying again: {because}");
        }
        outcome.work = Some(Work::Copied);
        self.writer.step(job, Step::Schema(SchemaChange::StartBuild)).await?;
        self.build(job, None, outcome).await
    }

    async fn resume(&self, job: &Arc<Job>, cursor: Cursor, outcome: &mut RunOutcome) -> Result<(), Failure> {
        tracing::info!(table = %self.plan.id(), "going on with the copy from its checkpoint");
        outcome.work = Some(Work::Resumed);
        self.build(job, Some(cursor), outcome).await
    }

    /// Fills the build table and publishes it.
    async fn build(&self, job: &Arc<Job>, after: Option<Cursor>, outcome: &mut RunOutcome) -> Result<(), Failure> {
        self.enter(Phase::Copying);
        let table = || Arc::clone(&self.plan.source);
        let building = CopyState::Building;
        let (end, mut cursor) = self.read(job, Scope::Table(table()), after, building, outcome).await?;
        if end == End::CompleteAfterReconcile && self.source.capabilities().sweep {
            // The rows came from several snapshots: what changed since the first is read once more before anybody sees the table.
            (_, cursor) = self.read(job, Scope::Sweep(table()), cursor, building, outcome).await?;
        }
        let cursor = cursor.ok_or_else(|| {
            Failure::Own(Error::internal("the source ended a copy without giving a watermark").at(self.place()))
        })?;
        self.writer.step(job, Step::Publish { cursor }).await
    }

    /// Brings the published table up to date.
    async fn follow(&self, job: &Arc<Job>, cursor: Cursor, outcome: &mut RunOutcome) -> Result<(), Failure> {
        self.enter(Phase::Following);
        outcome.work = Some(Work::Followed);
        let table = || Arc::clone(&self.plan.source);
        let live = CopyState::Live;
        let (_, cursor) = self.read(job, Scope::Table(table()), Some(cursor), live, outcome).await?;
        if self.options.sweep && self.source.capabilities().sweep {
            let started = Instant::now();
            self.read(job, Scope::Sweep(table()), cursor, live, outcome).await?;
            outcome.swept = Some(started.elapsed());
        }
        Ok(())
    }

    /// Gives everything that a read yields to the writer; returns how it ended and the last watermark.
    async fn read(
        &self,
        job: &Arc<Job>,
        scope: Scope,
        after: Option<Cursor>,
        state: CopyState,
        outcome: &mut RunOutcome,
    ) -> Result<(End, Option<Cursor>), Failure> {
        let mut cursor = after;
        loop {
            if let Some(end) = self.read_for_a_while(job, scope.clone(), &mut cursor, state, outcome).await? {
                return Ok((end, cursor));
            }
        }
    }

    /// Reads to the end, or until the server should not be kept waiting any longer: a reader holds a snapshot there, and a lock.
    async fn read_for_a_while(
        &self,
        job: &Arc<Job>,
        scope: Scope,
        cursor: &mut Option<Cursor>,
        state: CopyState,
        outcome: &mut RunOutcome,
    ) -> Result<Option<End>, Failure> {
        let request = ReadRequest::new(scope, cursor.clone()).limits(self.plan.limits);
        let started = Instant::now();
        let mut reader = self.source.read(request).await.map_err(Failure::Own)?;
        let mut groups = GroupSender::new(self.writer, job, state);
        loop {
            let batch = match reader.next().await.map_err(Failure::Own)? {
                Next::Batch(batch) => batch,
                Next::End(_) if groups.is_open() => {
                    let error = Error::internal("the source ended without a watermark for its last rows");
                    return Err(Failure::Own(error.at(self.place())));
                }
                Next::End(end) => return Ok(Some(end)),
            };
            if batch.rows.is_empty() && batch.failed.is_empty() && batch.watermark == *cursor && !groups.is_open() {
                continue;
            }
            outcome.rows_read += batch.rows.len() as u64;
            outcome.rows_failed += batch.failed.len() as u64;
            let complete = batch.watermark.is_some();
            if complete {
                cursor.clone_from(&batch.watermark);
            }
            let mut sending = std::pin::pin!(groups.send(batch));
            match tokio::time::timeout(STALL, &mut sending).await {
                Ok(sent) => sent?,
                // In the middle of a group the reader must be kept: its rows can't be had again from a cursor.
                Err(_) if !complete => sending.await?,
                Err(_) => {
                    tracing::warn!(table = %self.plan.id(), "the replica has taken no row for {STALL:?}; reading pauses");
                    drop(reader);
                    sending.await?;
                    tracing::info!(table = %self.plan.id(), "the replica takes rows again; reading goes on");
                    return Ok(None);
                }
            }
            self.show_progress(job, outcome);
            self.tell_committed(job).await;
            if complete && state == CopyState::Building && started.elapsed() >= self.options.copy_snapshot_max {
                tracing::debug!(table = %self.plan.id(), "the copy goes on under another snapshot");
                return Ok(None);
            }
        }
    }

    /// Passes on what is stored for good. The source is told of every later commit too, so a failure is only worth a note.
    async fn tell_committed(&self, job: &Arc<Job>) {
        if let Some(cursor) = job.take_committed()
            && let Err(error) = self.source.committed(&job.stream, &cursor).await
        {
            tracing::warn!(table = %self.plan.id(), "the source could not be told what is stored: {error}");
        }
    }

    fn enter(&self, phase: Phase) {
        self.status.update(&self.plan.replica.name, |table| table.phase = phase);
    }

    fn show_progress(&self, job: &Job, outcome: &RunOutcome) {
        let written = job.written();
        self.status.update(&self.plan.replica.name, |table| {
            table.rows_read = outcome.rows_read;
            table.rows_changed = written.changed + written.deleted;
        });
    }

    fn place(&self) -> String {
        format!("table {}", self.plan.id())
    }
}

impl Start {
    fn from(stored: Option<Checkpoint>, fingerprint: &str) -> Self {
        match stored {
            None => Self::Copy { because: None },
            Some(stored) if stored.fingerprint != fingerprint => {
                Self::Copy { because: Some(format!("its {} changed", difference(&stored.fingerprint, fingerprint))) }
            }
            Some(Checkpoint { state: CopyState::Building, cursor, .. }) => Self::Resume(cursor),
            Some(Checkpoint { state: CopyState::Live, cursor, .. }) => Self::Follow(cursor),
        }
    }
}
