//! The engine: reads many tables side by side, and feeds the one thread that writes.
//!
//! This is the only place of the crate with tasks, channels and clocks.

mod alone;
mod anew;
mod changed;
mod claims;
mod compare;
mod control;
mod daemon;
mod entry;
mod gathered;
mod group;
mod job;
mod masked;
mod memory;
mod open;
mod pauses;
mod reconcile;
mod report;
mod rounds;
mod schedule;
mod staging;
mod sync;
mod table;
mod transaction;
mod verify;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use tokio::sync::watch;

pub use anew::copy_anew;
pub use control::{Commands, Control, control};
pub use memory::{DEFAULT_MEMORY_BUDGET, cache_share};
pub use report::{SourceFailure, SyncReport, TableReport, Work};
pub use verify::{Differences, VerifyReport, verify};

use crate::plan::{plan, refuse_collisions};
use crate::status::{Status, StatusBoard};
use crate::{
    Pulse, Replica, Result, RunRecord, Sink, Source, SourceIdentity, StreamId, SyncPlan, TableProblem, TableSchema,
    Wanted,
};
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
    pauses: pauses::Pauses,
    claims: claims::Claims,
    /// Bytes for rows on their way and the sink's cache.
    budget: usize,
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
    /// Bytes of one batch at most.
    batch_bytes: usize,
}

/// How many tables of a source are read side by side unless it is said.
pub const DEFAULT_READERS: usize = 4;

impl EngineSource {
    /// A source without a name.
    #[must_use]
    pub fn new(source: Box<dyn Source>, wanted: Wanted) -> Self {
        let batch_bytes = memory::batch_share(DEFAULT_MEMORY_BUDGET, DEFAULT_READERS);
        Self { name: None, source, wanted, readers: DEFAULT_READERS, batch_bytes }
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
        Self::within(DEFAULT_MEMORY_BUDGET, sink, sources)
    }

    /// An engine that keeps its rows in so many bytes, together with the cache of a sink that was given [`cache_share`] of them. A row
    /// that is larger is still read and written, one at a time.
    ///
    /// # Errors
    /// When the writer's thread can't be started.
    pub fn within(budget: usize, sink: Box<dyn Sink>, sources: Vec<EngineSource>) -> Result<Self> {
        let replica = sink.replica();
        Ok(Self {
            sources: sharing(budget, sources),
            budget,
            writer: Writer::start(sink, memory::queue_share(budget))?,
            replica,
            status: StatusBoard::default(),
            unsaved: Mutex::default(),
            accepted: Mutex::default(),
            pauses: pauses::Pauses::default(),
            claims: claims::Claims::default(),
        })
    }

    /// Puts other sources in the place of the present ones, for the next [`Engine::sync`] or [`Engine::run`]. Checkpoints belong to
    /// tables of the replica, so a table that stays goes on where it was, and one that is paused stays so.
    pub fn set_sources(&mut self, sources: Vec<EngineSource>) {
        self.sources = sharing(self.budget, sources);
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

/// Sources whose readers share the budget.
fn sharing(budget: usize, mut sources: Vec<EngineSource>) -> Vec<EngineSource> {
    let readers = sources.iter().map(|source| source.readers.max(1)).sum();
    for source in &mut sources {
        source.batch_bytes = memory::batch_share(budget, readers);
    }
    sources
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
    for table in &mut plan.tables {
        table.limits.bytes = table.limits.bytes.min(source.batch_bytes);
    }
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
