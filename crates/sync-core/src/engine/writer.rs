//! The reading side's way to the writer thread: commands, with a budget of memory for what waits there.

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use super::control::Noted;
use super::job::{Failure, Job};
use super::transaction;
use crate::{
    Batch, Checkpoint, CopyState, Cursor, Error, FailedRow, ReplicaTable, Result, RunRecord, SchemaChange, Sink,
    StreamId, Upkeep,
};

/// The thread that owns the sink. Many tables feed it; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Writer {
    commands: Option<mpsc::Sender<Envelope>>,
    /// KiB of batches that may wait, over all tables.
    queue: Arc<Semaphore>,
    queue_kib: u32,
    thread: Option<JoinHandle<()>>,
    /// Closed when the thread ends.
    alive: watch::Receiver<()>,
}

/// Failed rows that one run tries again.
pub(crate) const RETRIED_AT_ONCE: usize = 500;

/// A command, holding its share of the budget until it is carried out.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) command: Command,
    _share: Option<OwnedSemaphorePermit>,
}

#[derive(Debug)]
pub(crate) enum Command {
    /// Reads what is stored of a table; outside of transactions.
    Stored { table: ReplicaTable, reply: oneshot::Sender<Result<Stored>> },
    /// Stores how a run ended that has no transaction under way.
    Record { stream: StreamId, record: RunRecord, reply: oneshot::Sender<Result<()>> },
    /// Notes that a table is to be copied anew, whatever a run under way stores of it from then on.
    CopyAnew { stream: StreamId, noted: Noted },
    /// From now on readers wait for each table.
    Serve,
    /// Ends that the sink is staged.
    Unstage { reply: oneshot::Sender<Result<()>> },
    /// A step of a table's run, in the transaction under way.
    Step { job: Arc<Job>, step: Step },
}

#[derive(Debug)]
pub(crate) enum Step {
    Schema(SchemaChange),
    Write {
        state: CopyState,
        group: Group,
        upkeep: Arc<Upkeep>,
    },
    Publish {
        cursor: Cursor,
        upkeep: Arc<Upkeep>,
    },
    /// Commits what came before, so that it can be read.
    Flush {
        reply: oneshot::Sender<()>,
    },
    Finish {
        record: RunRecord,
        reply: oneshot::Sender<()>,
    },
}

/// Where a run of a table starts from.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) checkpoint: Option<Checkpoint>,
    /// Rows of the published table to be tried again; not all, when there are many.
    pub(crate) failed: Vec<FailedRow>,
}

/// The batches up to a watermark.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) head: Vec<Batch>,
    /// The rest of a group that is too large to wait for. The channel closing before a watermark came is a failure.
    pub(crate) rest: Option<tokio::sync::mpsc::Receiver<Batch>>,
}

impl Group {
    /// Bytes of the rows that are there already.
    fn size(&self) -> usize {
        self.head.iter().map(|batch| batch.rows.size()).sum()
    }
}

impl Writer {
    /// Starts the thread; so many bytes of batches may wait for it.
    pub(crate) fn start(sink: Box<dyn Sink>, queue_bytes: usize) -> Result<Self> {
        let queue_kib = u32::try_from(queue_bytes >> 10).unwrap_or(u32::MAX >> 4).max(1);
        let (commands, receiver) = mpsc::channel();
        let (living, alive) = watch::channel(());
        let thread = std::thread::Builder::new()
            .name("data-sync-writer".into())
            .spawn(move || {
                let _alive = living;
                transaction::write_all(sink, &receiver);
            })
            .map_err(|error| Error::unavailable(format!("can't start the writer thread: {error}")))?;
        Ok(Self {
            commands: Some(commands),
            queue: Arc::new(Semaphore::new(queue_kib as usize)),
            queue_kib,
            thread: Some(thread),
            alive,
        })
    }

    /// Bytes of batches that wait, or are being written.
    pub(crate) fn waiting_bytes(&self) -> u64 {
        u64::from(self.queue_kib).saturating_sub(self.queue.available_permits() as u64) << 10
    }

    pub(crate) async fn stored(&self, table: &ReplicaTable) -> Result<Stored> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Stored { table: table.clone(), reply }, None)?;
        answer.await.map_err(|_| gone())?
    }

    pub(crate) async fn record(&self, stream: &StreamId, record: RunRecord) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Record { stream: stream.clone(), record, reply }, None)?;
        answer.await.map_err(|_| gone())?
    }

    /// Notes that a table is to be copied anew, until a run of it starts after that.
    pub(crate) fn copy_anew(&self, stream: &StreamId, noted: Noted) {
        // Without the thread, the engine ends.
        let _ = self.send(Command::CopyAnew { stream: stream.clone(), noted }, None);
    }

    /// From now on readers wait for each table, as it is complete.
    pub(crate) fn serve(&self) {
        // Without the thread, the engine ends.
        let _ = self.send(Command::Serve, None);
    }

    /// Has readers see what was stored.
    pub(crate) async fn unstage(&self) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Unstage { reply }, None)?;
        answer.await.map_err(|_| gone())?
    }

    /// Hands a step on, waiting while too much waits already.
    pub(crate) async fn step(&self, job: &Arc<Job>, step: Step) -> Result<(), Failure> {
        if let Some(failure) = job.failure() {
            return Err(failure);
        }
        job.mark_used();
        let (size, whole) = match &step {
            Step::Write { group, .. } => (group.size(), group.rest.is_none()),
            _ => (0, false),
        };
        let kib = u32::try_from(size >> 10).unwrap_or(u32::MAX).min(self.queue_kib);
        let share = self.share(kib).await?;
        self.send(Command::Step { job: Arc::clone(job), step }, Some(share)).map_err(Failure::Own)?;
        if whole && kib == self.queue_kib {
            // It takes more than its share, so the next of its kind is not read before it is gone.
            drop(self.share(kib).await?);
        }
        Ok(())
    }

    /// A part of the queue, as soon as it is free.
    async fn share(&self, kib: u32) -> Result<OwnedSemaphorePermit, Failure> {
        Arc::clone(&self.queue).acquire_many_owned(kib).await.map_err(|_| Failure::Own(gone()))
    }

    /// Waits until everything that this job sent can be read in the replica.
    pub(crate) async fn flush(&self, job: &Arc<Job>) -> Result<(), Failure> {
        let (reply, answer) = oneshot::channel();
        self.step(job, Step::Flush { reply }).await?;
        answer.await.map_err(|_| job.failure().unwrap_or_else(|| Failure::Own(gone())))
    }

    /// Waits until everything that this job sent is stored for good.
    pub(crate) async fn finish(&self, job: &Arc<Job>, record: RunRecord) -> Result<(), Failure> {
        let (reply, answer) = oneshot::channel();
        self.step(job, Step::Finish { record, reply }).await?;
        answer.await.map_err(|_| job.failure().unwrap_or_else(|| Failure::Own(gone())))
    }

    /// Waits until the thread has ended though it is still needed: something in the sink panicked.
    pub(crate) async fn ended(&self) -> Error {
        let mut alive = self.alive.clone();
        while alive.changed().await.is_ok() {}
        gone()
    }

    fn send(&self, command: Command, share: Option<OwnedSemaphorePermit>) -> Result<()> {
        let commands = self.commands.as_ref().ok_or_else(gone)?;
        commands.send(Envelope { command, _share: share }).map_err(|_| gone())
    }
}

/// Waits for the thread, so that the replica is closed in order when the engine is gone.
impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.commands.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer thread panicked");
        }
    }
}

fn gone() -> Error {
    Error::internal("the writer thread has ended")
}
