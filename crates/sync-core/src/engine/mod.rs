//! The engine: reads many tables side by side, and feeds the one thread that writes.
//!
//! This is the only place of the crate with tasks, channels and clocks.

mod claims;
mod compare;
mod control;
mod daemon;
mod entry;
mod group;
mod job;
mod masked;
mod reconcile;
mod report;
mod rounds;
mod schedule;
mod table;
mod transaction;
mod verify;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream;
use tokio::sync::watch;

pub use control::{Commands, Control, control};
pub use report::{SourceFailure, SyncReport, TableReport, Work};
pub use verify::{Differences, VerifyReport, verify};

use crate::plan::{Mode, OnSchemaChange, plan, refuse_collisions};
use crate::status::{Phase, Status, StatusBoard};
use crate::{
    Pulse, Replica, Result, RunRecord, Sink, Source, SourceIdentity, StreamId, SyncPlan, TablePlan, TableProblem,
    TableSchema, Wanted,
};
use entry::RunOptions;
use table::{RunOutcome, TableRun};
use writer::Writer;

/// Keeps the tables of some sources in one replica. A value: build it, ask it to sync, watch its status, drop it.
///
/// Everything runs inside the future of [`Engine::sync`] or [`Engine::run`], on a tokio runtime with timers, so dropping that future
/// stops all reading; only the sink has a thread of its own, which ends with the engine.
#[derive(Debug)]
pub struct Engine {
    sources: Vec<EngineSource>,
    writer: Writer,
    replica: Arc<dyn Replica>,
    status: StatusBoard,
    /// Successes that changed nothing and are not stored yet.
    unsaved: Mutex<BTreeMap<StreamId, RunRecord>>,
    /// Tables of the replica whose deletes are believed, however many.
    accepted: Mutex<BTreeSet<String>>,
    claims: claims::Claims,
}

/// A source with what is wanted of it.
#[non_exhaustive]
#[derive(Debug)]
pub struct EngineSource {
    /// Its name in the configuration, if it has one.
    pub name: Option<String>,
    /// The source.
    pub source: Box<dyn Source>,
    /// Which of its tables, and how.
    pub wanted: Wanted,
    /// How many of its tables are read side by side; at least 1.
    pub readers: usize,
}

/// How many tables of a source are read side by side unless it is said.
pub const DEFAULT_READERS: usize = 4;

impl EngineSource {
    /// A source without a name.
    #[must_use]
    pub fn new(source: Box<dyn Source>, wanted: Wanted) -> Self {
        Self { name: None, source, wanted, readers: DEFAULT_READERS }
    }

    /// Names it.
    #[must_use]
    pub fn named(mut self, name: Option<String>) -> Self {
        self.name = name;
        self
    }
}

/// A source's answer to who it is and what it has.
#[non_exhaustive]
#[derive(Debug)]
pub struct Inventory {
    /// Which server it is.
    pub identity: SourceIdentity,
    /// All its tables.
    pub tables: Vec<TableSchema>,
    /// What it told of them, apart from what they are.
    pub pulse: Pulse,
    /// What will be done with the wanted ones.
    pub plan: SyncPlan,
}

impl Engine {
    /// An engine that writes to this sink.
    ///
    /// # Errors
    /// When the writer's thread can't be started.
    pub fn new(sink: Box<dyn Sink>, sources: Vec<EngineSource>) -> Result<Self> {
        let replica = sink.replica();
        Ok(Self {
            sources,
            writer: Writer::start(sink)?,
            replica,
            status: StatusBoard::default(),
            unsaved: Mutex::default(),
            accepted: Mutex::default(),
            claims: claims::Claims::default(),
        })
    }

    /// Puts other sources in the place of the present ones, for the next [`Engine::sync`] or [`Engine::run`]. Checkpoints belong to
    /// tables of the replica, so a table that stays goes on where it was.
    pub fn set_sources(&mut self, sources: Vec<EngineSource>) {
        self.sources = sources;
    }

    /// What is going on, as it changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Asks every source what it has and plans the wanted tables; one result a source, in their order.
    pub async fn inventory(&self) -> Vec<Result<Inventory>> {
        inventory(&self.sources).await
    }

    /// Brings every wanted table up to date once. A table that fails stops no other.
    pub async fn sync(&self) -> SyncReport {
        let mut report = SyncReport::default();
        let mut plans = Vec::new();
        self.status.start(self.sources.iter().map(|source| source.name.clone()));
        for (index, (source, inventory)) in self.sources.iter().zip(self.inventory().await).enumerate() {
            match inventory {
                Ok(Inventory { identity, plan, pulse, .. }) => {
                    self.status.planned(index, &identity, &plan.problems, &plan.tables.iter().collect::<Vec<_>>());
                    let named = |problem| TableProblem { source: source.name.clone(), ..problem };
                    report.problems.extend(plan.problems.into_iter().map(named));
                    plans.push((source, plan.tables, pulse));
                }
                Err(error) => {
                    self.status.source_failed(index, error.to_string());
                    report.sources.push(SourceFailure { source: source.name.clone(), error });
                }
            }
        }
        let runs = plans.iter().map(|(source, tables, pulse)| {
            stream::iter(tables)
                .map(|plan| {
                    let accept_deletes = self.accepting(&plan.replica.name);
                    let options = RunOptions::once(plan, pulse, accept_deletes);
                    self.sync_table(source, plan, options)
                })
                .buffered(source.readers.max(1))
                .collect::<Vec<_>>()
        });
        report.tables = join_all(runs).await.into_iter().flatten().collect();
        report
    }

    async fn sync_table(&self, source: &EngineSource, plan: &TablePlan, options: RunOptions) -> TableReport {
        let started = Instant::now();
        let started_ms = now_ms();
        let narrowed = self.frozen(plan).await;
        let plan = narrowed.as_ref().unwrap_or(plan);
        let run = TableRun {
            source: &*source.source,
            plan,
            writer: &self.writer,
            replica: &self.replica,
            status: &self.status,
            options,
        };
        let mut outcome = RunOutcome::default();
        let result = run.run(started_ms, &mut outcome).await;
        let error = result.err().map(|error| error.at(format!("table {}", plan.id())));
        self.keep_record(plan, started_ms, &mut outcome, error.as_ref()).await;
        self.show_end(plan, &outcome, error.as_ref());
        if error.is_none() && matches!(outcome.work, Some(Work::Copied | Work::Resumed)) && plan.mode == Mode::Follow {
            let (rows, seconds) = (outcome.rows_read, started.elapsed().as_secs_f64());
            tracing::info!(table = %plan.id(), replica = %plan.replica.name, rows, seconds, "the copy is complete");
        }
        TableReport {
            table: plan.id().clone(),
            replica: plan.replica.name.clone(),
            work: outcome.work,
            rows_read: outcome.rows_read,
            rows_failed: outcome.rows_failed,
            written: outcome.written,
            took: started.elapsed(),
            swept: outcome.swept,
            reconciled: outcome.reconciled,
            held: outcome.held,
            stored: outcome.stored,
            error,
        }
    }

    /// The plan without columns that came since the table was copied, where they are not to be followed.
    async fn frozen(&self, plan: &TablePlan) -> Option<TablePlan> {
        if plan.on_schema_change != OnSchemaChange::Freeze {
            return None;
        }
        // What can't be read now is told by the run itself.
        let stored = self.writer.stored(&plan.replica).await.ok()?.checkpoint?;
        let narrowed = plan.narrowed(&stored.upkeep.columns)?;
        (narrowed.fingerprint == stored.fingerprint).then_some(narrowed)
    }

    /// A failure is stored at once, a success that changed nothing is kept until it is worth a transaction.
    async fn keep_record(
        &self,
        plan: &TablePlan,
        started_ms: i64,
        outcome: &mut RunOutcome,
        error: Option<&crate::Error>,
    ) {
        let stream = plan.replica.stream();
        let mut record = RunRecord::new(started_ms, now_ms());
        record.rows_read = outcome.rows_read;
        record.written = outcome.written;
        record.error = error.map(ToString::to_string);
        if error.is_some() {
            self.unsaved().remove(&stream);
            match self.writer.record(&stream, record).await {
                Ok(()) => outcome.stored = true,
                Err(lost) => tracing::warn!(table = %plan.id(), "the failure could not be stored: {lost}"),
            }
        } else if outcome.stored {
            self.unsaved().remove(&stream);
        } else {
            self.unsaved().insert(stream, record);
        }
    }

    /// Shows how a run ended; logs only what is new.
    fn show_end(&self, plan: &TablePlan, outcome: &RunOutcome, error: Option<&crate::Error>) {
        let text = error.map(ToString::to_string);
        self.status.update(&plan.replica.name, |table| {
            table.phase = if text.is_some() { Phase::Failed } else { Phase::Done };
            table.rows_read = outcome.rows_read;
            table.rows_changed = outcome.written.changed + outcome.written.deleted;
            table.held.clone_from(&outcome.held);
            match &text {
                Some(text) if table.error.as_ref() != Some(text) => tracing::warn!("{text}"),
                None if table.error.is_some() => tracing::info!(table = %plan.id(), "recovered"),
                _ => {}
            }
            if text.is_some() {
                table.failures = table.failures.saturating_add(1);
            } else {
                table.last_success_ms = Some(now_ms());
                table.failures = 0;
            }
            table.error = text;
        });
    }

    /// Believes the deletes that are held back for a table of the replica, and those that its next comparison of keys finds.
    pub fn accept_deletes(&self, replica: &str) {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner).insert(replica.to_owned());
    }

    /// Whether somebody believes in the deletes of this table; asked once.
    fn accepting(&self, replica: &str) -> bool {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner).remove(replica)
    }

    /// Whole records are put in and taken out, so a panic elsewhere leaves nothing half done.
    fn unsaved(&self) -> MutexGuard<'_, BTreeMap<StreamId, RunRecord>> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks sources what they have and plans their tables, without a sink; one result a source, in their order.
pub async fn inventory(sources: &[EngineSource]) -> Vec<Result<Inventory>> {
    let mut answers = join_all(sources.iter().map(ask)).await;
    let mut plans: Vec<SyncPlan> =
        answers.iter_mut().flatten().map(|inventory| std::mem::take(&mut inventory.plan)).collect();
    refuse_collisions(&mut plans);
    for (inventory, plan) in answers.iter_mut().flatten().zip(plans) {
        inventory.plan = plan;
    }
    answers
}

async fn ask(source: &EngineSource) -> Result<Inventory> {
    let pulse = source.source.pulse().await?;
    look_around(source, pulse).await
}

/// Asks a source for its tables, after its pulse: a change in between shows in the next one.
async fn look_around(source: &EngineSource, pulse: Pulse) -> Result<Inventory> {
    let tables = source.source.discover().await?;
    let mut plan = plan(&source.wanted, &tables, &source.source.capabilities());
    refuse_collisions(std::slice::from_mut(&mut plan));
    try_out(source, &mut plan).await?;
    Ok(Inventory { identity: pulse.identity.clone(), tables, plan, pulse })
}

/// Moves tables whose condition the source does not understand from the plan to its problems.
async fn try_out(source: &EngineSource, plan: &mut SyncPlan) -> Result<()> {
    for table in std::mem::take(&mut plan.tables) {
        let tried = match &table.source.filter {
            Some(_) => source.source.try_out(&table.source).await,
            None => Ok(()),
        };
        match tried {
            Ok(()) => plan.tables.push(table),
            Err(error) if error.kind().is_transient() => return Err(error),
            Err(error) => plan.problems.push(TableProblem::of(&table, error)),
        }
    }
    Ok(())
}

/// Milliseconds since 1970. A clock before that is taken as 1970.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The time of day of a moment to come, or past.
fn epoch_ms_at(moment: Instant) -> i64 {
    let now = Instant::now();
    let milliseconds = |span: std::time::Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    now_ms() + milliseconds(moment.saturating_duration_since(now)) - milliseconds(now.saturating_duration_since(moment))
}
