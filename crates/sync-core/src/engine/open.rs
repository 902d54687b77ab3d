//! A transaction of the writer thread while it is under way.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::anew::AskedFor;
use super::gathered::Gathered;
use super::job::{Failure, Job};
use super::writer::{Envelope, Group, Step};
use crate::{Batch, Checkpoint, CopyState, Cursor, Error, Result, RowBatch, SinkTransaction, Upkeep, WriteStats};

/// Rows after which a transaction is committed: what a crash can cost, and what the write-ahead log grows by.
const COMMIT_ROWS: usize = 20_000;
/// Bytes after which it is committed.
const COMMIT_BYTES: usize = 8 << 20;
/// Time after which it is committed, so that progress is stored and other writers of the file get their turn.
const COMMIT_AFTER: Duration = Duration::from_millis(500);
/// When nothing came for so long, rows that wait are written: the source is busy, and the writer would be idle.
const LULL: Duration = Duration::from_millis(20);
/// Rows that are worth a commit then, so that the log is moved meanwhile too.
const LULL_ROWS: usize = 2_000;

/// A transaction under way, and what becomes true when it is committed.
pub(super) struct Open<'a> {
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
pub(super) type Flushed = (Arc<Job>, oneshot::Sender<()>);

/// What a transaction brought about beside its rows.
#[derive(Default)]
pub(super) struct Committed {
    pub(super) flushed: Vec<Flushed>,
    /// Whether the run of a table is over.
    pub(super) has_ended: bool,
}

/// Whose step failed, and why.
pub(super) type Blame = (Arc<Job>, Error);

/// What one job has in the transaction.
struct Run {
    job: Arc<Job>,
    written: WriteStats,
    checkpoint: Option<Checkpoint>,
}

impl<'a> Open<'a> {
    /// `is_staged`: the sink is, so that nothing is stored for good yet.
    pub(super) fn new(transaction: Box<dyn SinkTransaction + 'a>, is_staged: bool) -> Self {
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

    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows >= COMMIT_ROWS || self.bytes >= COMMIT_BYTES || self.since.elapsed() >= COMMIT_AFTER
    }

    /// How long to wait for more: not at all when somebody waits for the commit.
    fn time_left(&self) -> Duration {
        let is_awaited = !self.finished.is_empty() || !self.flushed.is_empty();
        if is_awaited { Duration::ZERO } else { COMMIT_AFTER.saturating_sub(self.since.elapsed()) }
    }

    /// The next command, unless it is better to commit.
    pub(super) fn wait(&mut self, commands: &mpsc::Receiver<Envelope>) -> Result<Option<Envelope>, Blame> {
        if self.gathered.is_some() {
            if let Ok(envelope) = commands.recv_timeout(self.time_left().min(LULL)) {
                return Ok(Some(envelope));
            }
            self.hand_on()?;
            if self.rows >= LULL_ROWS {
                return Ok(None);
            }
        }
        Ok(commands.recv_timeout(self.time_left()).ok())
    }

    /// A step of a job, after what others gave that still waits.
    pub(super) fn apply_in_turn(&mut self, job: &Arc<Job>, step: Step) -> Result<(), Blame> {
        if self.gathered.as_ref().is_some_and(|gathered| !Arc::ptr_eq(&gathered.job, job)) {
            self.hand_on()?;
        }
        self.apply(job, step).map_err(|error| (Arc::clone(job), error))
    }

    /// Hands the rows that wait to the sink.
    pub(super) fn hand_on(&mut self) -> Result<(), Blame> {
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

    pub(super) fn commit(self, asked_for: &AskedFor) -> Committed {
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
    pub(super) fn roll_back(self, culprit: &Arc<Job>, error: &Error) {
        for run in self.runs {
            run.job.fail(if Arc::ptr_eq(&run.job, culprit) {
                Failure::Own(error.clone())
            } else {
                Failure::Neighbour(error.clone())
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemorySink;
    use crate::{Column, DataType, Op, ReplicaTable, SchemaChange, Sink, TableId, TableSchema};

    #[test]
    fn rows_are_written_while_the_source_is_silent_and_many_are_committed() {
        let schema = TableSchema::builder(TableId::unqualified("t")).column(Column::new("id", DataType::Integer));
        let schema = Arc::new(schema.key(["id"]).build().unwrap());
        let table = ReplicaTable::new("tmp_t", Arc::clone(&schema));
        let (mut sink, job) = (MemorySink::new(), Job::new(table.clone(), String::new()));
        let mut made = sink.begin().unwrap();
        made.apply_schema(&table, &SchemaChange::StartBuild).unwrap();
        made.publish(&table).unwrap();
        made.commit(&[]).unwrap();
        let (_commands, receiver) = mpsc::channel();
        // Whether it waits until a transaction is committed anyway.
        let mut waits = |rows: usize| {
            let mut batch = RowBatch::new(Arc::clone(&schema));
            for id in 0..rows {
                batch.push_integer(i64::try_from(id).unwrap());
                batch.end_row(Op::Upsert).unwrap();
            }
            let group = Group { head: vec![Batch::new(batch).up_to(Cursor::new("1"))], rest: None };
            let step = Step::Write { state: CopyState::Live, group, upkeep: Arc::default() };
            let mut open = Open::new(sink.begin().unwrap(), false);
            open.apply_in_turn(&job, step).unwrap();
            assert!(open.gathered.is_some());
            assert!(open.wait(&receiver).unwrap().is_none());
            assert!(open.gathered.is_none());
            open.since.elapsed() >= COMMIT_AFTER
        };
        assert!(waits(1));
        // A machine that does much else can take as long for anything, once.
        assert!((0..20).any(|_| !waits(LULL_ROWS)));
    }
}
