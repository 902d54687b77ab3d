//! One attempt at a run: what the stored checkpoint says is to be done, or what an error says is to be done instead.

use std::sync::Arc;

use tracing::{Instrument as _, debug_span};

use super::{RunOutcome, TableRun};
use crate::engine::changed;
use crate::engine::job::{Failure, Job};
use crate::engine::report::Work;
use crate::engine::writer::Step;
use crate::fingerprint::{difference, of_indexes};
use crate::plan::{Mode, OnSourceChange};
use crate::{Checkpoint, CopyState, Cursor, Error, ErrorKind, FailedRow, RunRecord, Upkeep};

/// A run under way.
pub(crate) struct Attempt<'a> {
    pub(crate) run: &'a TableRun<'a>,
    pub(crate) job: &'a Arc<Job>,
    pub(crate) outcome: &'a mut RunOutcome,
    pub(crate) started_ms: i64,
    /// What is remembered of the table, as the next checkpoint will store it.
    pub(crate) upkeep: Upkeep,
    /// Rows to be tried again.
    pub(super) failed: Vec<FailedRow>,
}

/// What to do.
enum Start {
    /// Read everything into a build table.
    Copy { because: Option<String> },
    /// Read the rest of it.
    Resume(Cursor),
    /// Bring the published table up to date.
    Follow(Cursor),
    /// Compare every row of the published table with the source, in place.
    Repair { because: String },
    /// Read everything each time.
    Full { last: Option<Cursor> },
}

impl Start {
    /// Whether the published table is written to.
    fn is_in_place(&self) -> bool {
        matches!(self, Self::Follow(_) | Self::Repair { .. })
    }
}

impl<'a> Attempt<'a> {
    pub(super) fn new(run: &'a TableRun<'a>, job: &'a Arc<Job>, started_ms: i64, outcome: &'a mut RunOutcome) -> Self {
        Self { run, job, outcome, started_ms, upkeep: Upkeep::default(), failed: Vec::new() }
    }

    pub(super) async fn run(mut self) -> Result<(), Failure> {
        let stored = self.run.writer.stored(&self.run.plan.replica).await.map_err(Failure::Own)?;
        self.failed = stored.failed;
        let (mut start, mut switched) = match self.start(stored.checkpoint) {
            (start, None) => (start, false),
            (start, Some(replaced)) => (self.instead(replaced, start.is_in_place()).map_err(Failure::Own)?, true),
        };
        loop {
            let in_place = start.is_in_place();
            let result = match start {
                Start::Copy { because } => self.copy(because).instrument(debug_span!("copy")).await,
                Start::Resume(cursor) => self.resume(cursor).instrument(debug_span!("resume")).await,
                Start::Follow(cursor) => self.follow(cursor).instrument(debug_span!("follow")).await,
                Start::Repair { because } => self.repair(&because).instrument(debug_span!("repair")).await,
                Start::Full { last } => self.full(last).instrument(debug_span!("full")).await,
            };
            match result {
                Err(Failure::Own(error)) if !switched => start = self.instead(error, in_place).map_err(Failure::Own)?,
                Err(failure) => return Err(failure),
                Ok(()) => break,
            }
            switched = true;
        }
        self.outcome.held.clone_from(&self.upkeep.held);
        if self.job.is_used() || self.run.options.store_success {
            let mut record = RunRecord::new(self.started_ms, crate::engine::now_ms());
            record.rows_read = self.outcome.rows_read;
            self.run.writer.finish(self.job, record).await?;
            self.outcome.stored = true;
            self.run.tell_committed(self.job).await;
        }
        Ok(())
    }

    /// What the checkpoint says, and what stands against it.
    fn start(&mut self, stored: Option<Checkpoint>) -> (Start, Option<Error>) {
        // What is made anew need not go with what was there.
        let kept = stored.as_ref().filter(|_| !self.is_to_be_anew());
        let known = kept.and_then(|stored| stored.upkeep.source.clone());
        let frozen = kept.and_then(|stored| changed::refused(self.run.plan, stored));
        let start = self.start_from(stored);
        if let Some(frozen) = frozen {
            return (start, Some(frozen.at(self.run.place())));
        }
        let is = &self.run.options.identity;
        let replaced = known.filter(|was| was != is).map(|was| {
            Error::replaced(format!("the source is {is} now, and the replica was made from {was}")).at(self.run.place())
        });
        self.upkeep.source = Some(is.clone());
        (start, replaced)
    }

    /// Whether somebody asked for a copy of which nothing is there yet.
    fn is_to_be_anew(&self) -> bool {
        self.run.options.anew && self.outcome.written.changed == 0
    }

    fn start_from(&mut self, stored: Option<Checkpoint>) -> Start {
        let plan = self.run.plan;
        let anew = self.is_to_be_anew();
        let fits = |stored: &Checkpoint| stored.fingerprint == plan.fingerprint;
        if plan.mode == Mode::Full {
            let last = stored.filter(|stored| !anew && fits(stored) && stored.state == CopyState::Live);
            self.upkeep = last.as_ref().map(|stored| stored.upkeep.clone()).unwrap_or_default();
            return Start::Full { last: last.map(|stored| stored.cursor) };
        }
        match stored {
            _ if anew => Start::Copy { because: Some("that was asked for".to_owned()) },
            None => Start::Copy { because: None },
            Some(stored) if !fits(&stored) => Start::Copy {
                because: Some(format!("its {} changed", difference(&stored.fingerprint, &plan.fingerprint))),
            },
            Some(Checkpoint { state, cursor, upkeep, .. }) => {
                self.upkeep = upkeep;
                match state {
                    CopyState::Building => Start::Resume(cursor),
                    CopyState::Live if self.run.options.repair => {
                        Start::Repair { because: "that was asked for".to_owned() }
                    }
                    CopyState::Live => Start::Follow(cursor),
                }
            }
        }
    }

    /// What an error of the source asks for. A fresh copy is the last resort: its own errors are failures.
    fn instead(&self, error: Error, in_place: bool) -> Result<Start, Error> {
        if self.outcome.work == Some(Work::Copied) {
            return Err(error);
        }
        let because = error.to_string();
        let copy = match self.run.plan.mode {
            Mode::Follow => Start::Copy { because: Some(because.clone()) },
            Mode::Full => Start::Full { last: None },
        };
        match (error.kind(), self.run.plan.on_source_change) {
            (ErrorKind::Expired, _) => Ok(copy),
            (ErrorKind::Diverged, _) if in_place => Ok(Start::Repair { because }),
            (ErrorKind::Diverged, _) => Ok(copy),
            (ErrorKind::Replaced, OnSourceChange::Repair) if in_place => Ok(Start::Repair { because }),
            (ErrorKind::Replaced, OnSourceChange::Repair | OnSourceChange::Resync) => Ok(copy),
            (ErrorKind::Replaced, OnSourceChange::Stop) => Err(error.hint(
                "if that is right, set on_source_change = \"resync\" (copy again) or \"repair\" (compare every row), or \
                 run `data-sync resync`; the replica stays as it is until then",
            )),
            _ => Err(error),
        }
    }

    /// What is remembered of a table of which everything is read anew.
    pub(super) fn nothing_yet(&self) -> Upkeep {
        let columns = self.run.plan.source.schema.columns().iter().map(|column| column.name.clone()).collect();
        let indexes = of_indexes(&self.run.plan.replica.schema);
        Upkeep { source: Some(self.run.options.identity.clone()), columns, indexes, ..Upkeep::default() }
    }

    /// Stores what is remembered, beside a cursor that stays where it is.
    pub(crate) async fn note(&mut self, cursor: &Cursor, state: CopyState) -> Result<(), Failure> {
        let rows = crate::RowBatch::new(Arc::clone(&self.run.plan.source.schema));
        let group =
            crate::engine::writer::Group { head: vec![crate::Batch::new(rows).up_to(cursor.clone())], rest: None };
        let upkeep = Arc::new(self.upkeep.clone());
        self.run.writer.step(self.job, Step::Write { state, group, upkeep }).await
    }
}
