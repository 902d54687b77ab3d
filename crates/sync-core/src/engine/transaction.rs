//! The writer thread: puts the steps of many tables into shared transactions.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::alone::{Alone, stored};
use super::anew::AskedFor;
use super::gathered::Gathered;
use super::job::{Failure, Job};
use super::staging::Staging;
use super::writer::{Command, Envelope, Group, Step};
use crate::{Batch, Checkpoint, CopyState, Cursor, Error, Result, RowBatch, Sink, SinkTransaction, Upkeep, WriteStats};

/// Rows after which a transaction is committed: what a crash can cost, and what the write-ahead log grows by.
const COMMIT_ROWS: usize = 20_000;
/// Bytes after which it is committed.
const COMMIT_BYTES: usize = 8 << 20;
/// Time after which it is committed, so that progress is stored and other writers of the file get their turn.
const COMMIT_AFTER: Duration = Duration::from_millis(500);

/// Carries out commands until nobody can send any.
pub(crate) fn write_all(mut sink: Box<dyn Sink>, commands: &mpsc::Receiver<Envelope>) {
    let (mut asked_for, mut alone) = (AskedFor::default(), Alone::default());
    let mut left_over = None;
    let mut staging = Staging::default();
    while let Some(envelope) = left_over.take().or_else(|| staging.next(&mut *sink, commands)) {
        left_over = match envelope.command {
            Command::Stored { table, reply } => {
                asked_for.taken_up(&table.stream());
                // Nobody waits for the answer any more when the run was dropped.
                let _ = reply.send(stored(&mut *sink, &table));
                None
            }
            Command::Record { stream, record, reply } => {
                let _ = reply.send(alone.record(&mut *sink, &stream, &record));
                staging.note_end(&*sink);
                None
            }
            Command::CopyAnew { stream, noted } => {
                asked_for.note(&mut *sink, stream);
                drop(noted);
                None
            }
            Command::Serve => {
                staging.serve();
                None
            }
            Command::Unstage { reply } => {
                let _ = reply.send(sink.unstage());
                None
            }
            Command::Step { ref job, .. } => {
                let is_staged = sink.is_staged();
                match sink.begin() {
                    Ok(transaction) => {
                        let open = Open::new(transaction, is_staged);
                        let (left_over, committed) = share_transaction(open, envelope, commands, &asked_for);
                        if committed.has_ended {
                            staging.note_end(&*sink);
                        }
                        show(&mut *sink, committed.flushed);
                        left_over
                    }
                    Err(error) => {
                        alone.was_refused(&error);
                        job.fail(Failure::Own(error));
                        None
                    }
                }
            }
        };
    }
}

/// One transaction, from `first` on; gives back a command that has to wait until after it, and what was committed.
fn share_transaction(
    mut open: Open<'_>,
    first: Envelope,
    commands: &mpsc::Receiver<Envelope>,
    asked_for: &AskedFor,
) -> (Option<Envelope>, Committed) {
    let mut next = Some(first);
    let mut left_over = None;
    while !open.is_full() {
        let Some(envelope) = next.take().or_else(|| commands.recv_timeout(open.time_left()).ok()) else { break };
        match envelope.command {
            Command::Step { ref step, .. } if !open.is_empty() && step.is_open_group() => {
                left_over = Some(envelope);
                break;
            }
            Command::Step { job, step } => {
                if job.failure().is_some() {
                    continue;
                }
                if let Err((culprit, error)) = open.apply_in_turn(&job, step) {
                    open.roll_back(&culprit, &error);
                    return (None, Committed::default());
                }
            }
            Command::Stored { .. }
            | Command::Record { .. }
            | Command::CopyAnew { .. }
            | Command::Serve
            | Command::Unstage { .. } => {
                left_over = Some(envelope);
                break;
            }
        }
    }
    match open.hand_on() {
        Ok(()) => (left_over, open.commit(asked_for)),
        Err((culprit, error)) => {
            open.roll_back(&culprit, &error);
            (left_over, Committed::default())
        }
    }
}

/// Tells those who wait to read what they wrote that they can.
fn show(sink: &mut dyn Sink, flushed: Vec<Flushed>) {
    let shown = if flushed.is_empty() { Ok(()) } else { sink.unstage() };
    for (job, reply) in flushed {
        match &shown {
            Ok(()) => {
                let _ = reply.send(());
            }
            Err(error) => job.fail(Failure::Own(error.clone())),
        }
    }
}

impl Step {
    /// Whether this is a group whose end is still to come. It gets a transaction of its own, so that giving it up takes nobody along.
    fn is_open_group(&self) -> bool {
        matches!(self, Self::Write { group: Group { rest: Some(_), .. }, .. })
    }
}

/// A transaction under way, and what becomes true when it is committed.
struct Open<'a> {
    transaction: Box<dyn SinkTransaction + 'a>,
    is_staged: bool,
    since: Instant,
    rows: usize,
    bytes: usize,
    runs: Vec<Run>,
    gathered: Option<Gathered>,
    finished: Vec<oneshot::Sender<()>>,
    flushed: Vec<Flushed>,
}

/// Who waits to read what it wrote.
type Flushed = (Arc<Job>, oneshot::Sender<()>);

/// What a transaction brought about beside its rows.
#[derive(Default)]
struct Committed {
    flushed: Vec<Flushed>,
    /// Whether the run of a table is over.
    has_ended: bool,
}

/// Whose step failed, and why.
type Blame = (Arc<Job>, Error);

/// What one job has in the transaction.
struct Run {
    job: Arc<Job>,
    written: WriteStats,
    checkpoint: Option<Checkpoint>,
}

impl<'a> Open<'a> {
    fn new(transaction: Box<dyn SinkTransaction + 'a>, is_staged: bool) -> Self {
        Self {
            transaction,
            is_staged,
            since: Instant::now(),
            rows: 0,
            bytes: 0,
            runs: Vec::new(),
            gathered: None,
            finished: Vec::new(),
            flushed: Vec::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    fn is_full(&self) -> bool {
        self.rows >= COMMIT_ROWS || self.bytes >= COMMIT_BYTES || self.since.elapsed() >= COMMIT_AFTER
    }

    /// How long to wait for more: not at all when somebody waits for the commit.
    fn time_left(&self) -> Duration {
        let is_awaited = !self.finished.is_empty() || !self.flushed.is_empty();
        if !is_awaited { COMMIT_AFTER.saturating_sub(self.since.elapsed()) } else { Duration::ZERO }
    }

    /// A step of a job, after what others gave that still waits.
    fn apply_in_turn(&mut self, job: &Arc<Job>, step: Step) -> Result<(), Blame> {
        if self.gathered.as_ref().is_some_and(|gathered| !Arc::ptr_eq(&gathered.job, job)) {
            self.hand_on()?;
        }
        self.apply(job, step).map_err(|error| (Arc::clone(job), error))
    }

    /// Hands the rows that wait to the sink.
    fn hand_on(&mut self) -> Result<(), Blame> {
        let Some(gathered) = self.gathered.take() else { return Ok(()) };
        let written = gathered.write(&mut *self.transaction).map_err(|error| (Arc::clone(&gathered.job), error))?;
        self.runs[gathered.run].written += written;
        Ok(())
    }

    fn hand_on_own(&mut self) -> Result<()> {
        self.hand_on().map_err(|(_, error)| error)
    }

    fn apply(&mut self, job: &Arc<Job>, step: Step) -> Result<()> {
        if !matches!(step, Step::Write { state: CopyState::Live, .. }) {
            self.hand_on_own()?;
        }
        let run = self.run(job);
        match step {
            Step::Schema(change) => self.transaction.apply_schema(&job.table, &change),
            Step::Write { state, group, upkeep } => self.write_group(run, state, group, &upkeep),
            Step::Publish { cursor, upkeep } => {
                self.transaction.publish(&job.table)?;
                self.reach(run, cursor, CopyState::Live, &upkeep);
                Ok(())
            }
            Step::Flush { reply } => {
                self.flushed.push((Arc::clone(job), reply));
                Ok(())
            }
            Step::Finish { mut record, reply } => {
                record.written = job.written();
                record.written += self.runs[run].written;
                self.transaction.record(&job.stream, &record)?;
                self.finished.push(reply);
                Ok(())
            }
        }
    }

    fn write_group(&mut self, run: usize, state: CopyState, group: Group, upkeep: &Upkeep) -> Result<()> {
        let mut complete = false;
        for batch in group.head {
            complete = self.write(run, state, batch, upkeep)?;
        }
        if let Some(mut rest) = group.rest {
            while !complete {
                let batch = rest
                    .blocking_recv()
                    .ok_or_else(|| Error::unavailable("reading ended in the middle of rows that belong together"))?;
                complete = self.write(run, state, batch, upkeep)?;
            }
        }
        Ok(())
    }

    /// Writes one batch; true when it completes its group.
    fn write(&mut self, run: usize, state: CopyState, batch: Batch, upkeep: &Upkeep) -> Result<bool> {
        let Batch { rows, failed, watermark } = batch;
        if !rows.is_empty() {
            self.rows += rows.len();
            self.bytes += rows.size();
            self.write_rows(run, state, rows)?;
        }
        if !failed.is_empty() {
            self.hand_on_own()?;
        }
        for failed in &failed {
            self.transaction.fail(&self.runs[run].job.table, failed)?;
        }
        let complete = watermark.is_some();
        if let Some(cursor) = watermark {
            self.reach(run, cursor, state, upkeep);
        }
        Ok(complete)
    }

    /// Rows of a copy come in order and are written at once; changes are gathered.
    fn write_rows(&mut self, run: usize, state: CopyState, rows: RowBatch) -> Result<()> {
        if state != CopyState::Live {
            let run = &mut self.runs[run];
            run.written += self.transaction.write(&run.job.table, state, &rows)?;
            return Ok(());
        }
        match &mut self.gathered {
            Some(gathered) if gathered.takes(run, &rows) => {
                if gathered.add(&rows)? {
                    self.hand_on_own()?;
                }
            }
            _ => {
                self.hand_on_own()?;
                self.gathered = Some(Gathered::new(&self.runs[run].job, run, rows));
            }
        }
        Ok(())
    }

    fn reach(&mut self, run: usize, cursor: Cursor, state: CopyState, upkeep: &Upkeep) {
        let run = &mut self.runs[run];
        let checkpoint = Checkpoint::new(run.job.stream.clone(), cursor, state, run.job.fingerprint.clone());
        run.checkpoint = Some(checkpoint.upkeep(upkeep.clone()));
    }

    /// The place of this job in the transaction.
    fn run(&mut self, job: &Arc<Job>) -> usize {
        self.runs.iter().position(|run| Arc::ptr_eq(&run.job, job)).unwrap_or_else(|| {
            self.runs.push(Run { job: Arc::clone(job), written: WriteStats::default(), checkpoint: None });
            self.runs.len() - 1
        })
    }

    fn commit(self, asked_for: &AskedFor) -> Committed {
        let reached = self.runs.iter().filter_map(|run| run.checkpoint.as_ref());
        let checkpoints: Vec<_> = reached.map(|checkpoint| asked_for.instead_of(checkpoint)).collect();
        if let Err(error) = self.transaction.commit(&checkpoints) {
            for run in self.runs {
                run.job.fail(Failure::Own(error.clone()));
            }
            return Committed::default();
        }
        for run in self.runs {
            // What the machine can still lose is not told: a source may hold something until it is stored.
            let cursor = run.checkpoint.map(|checkpoint| checkpoint.cursor).filter(|_| !self.is_staged);
            run.job.committed(run.written, cursor);
        }
        let has_ended = !self.finished.is_empty();
        for reply in self.finished {
            let _ = reply.send(());
        }
        Committed { flushed: self.flushed, has_ended }
    }

    /// Gives everything up. The readers of the others are past what is lost here, so their runs end too, without blame.
    fn roll_back(self, culprit: &Arc<Job>, error: &Error) {
        for run in self.runs {
            run.job.fail(if Arc::ptr_eq(&run.job, culprit) {
                Failure::Own(error.clone())
            } else {
                Failure::Neighbour(error.clone())
            });
        }
    }
}
