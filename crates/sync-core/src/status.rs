//! What is going on, for whoever asks: [`Status`] is the whole picture, replaced as it changes.

mod totals;

use std::time::Duration;

use tokio::sync::watch;

pub use totals::{RunDurations, RunTotals};

use crate::{Guarantee, HeldDeletes, SourceIdentity, TableId, TablePlan, TableProblem};

/// All sources and tables of an engine.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// One entry a source, in the order of the configuration.
    pub sources: Vec<SourceStatus>,
    /// One entry a planned table, source by source.
    pub tables: Vec<TableStatus>,
    /// Bytes of rows that wait to be written; the engine bounds them.
    pub waiting_bytes: u64,
}

/// Where one source stands.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceStatus {
    /// Its name in the configuration, if it has one.
    pub name: Option<String>,
    /// Which server it is, once it answered.
    pub identity: Option<SourceIdentity>,
    /// Why it can't be asked at present.
    pub error: Option<String>,
    /// Wanted tables that can't be synced.
    pub problems: Vec<TableProblem>,
}

/// Where one table stands.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableStatus {
    /// The position of its source in [`Status::sources`].
    pub source: usize,
    /// The table at the source.
    pub table: TableId,
    /// Its replica.
    pub replica: String,
    /// What is being done to it.
    pub phase: Phase,
    /// Whether it waits until somebody resumes it.
    pub paused: bool,
    /// Rows that the source gave in the run under way, or in the last one.
    pub rows_read: u64,
    /// Rows of that run stored for good: inserted, changed or deleted.
    pub rows_changed: u64,
    /// About how many rows the table has at the source.
    pub estimated_rows: Option<u64>,
    /// How often it is synced by itself; `None` where it is synced on demand only.
    pub interval: Option<Duration>,
    /// When a run succeeded last, in milliseconds since 1970.
    pub last_success_ms: Option<i64>,
    /// When that run began, likewise: what was committed at the source before has been read.
    pub last_success_began_ms: Option<i64>,
    /// Why the last run failed; gone with the next success.
    pub error: Option<String>,
    /// Failures since the last success.
    pub failures: u32,
    /// When it runs next, in milliseconds since 1970.
    pub next_run_ms: Option<i64>,
    /// What is promised of its replica.
    pub guarantee: Guarantee,
    /// Deletes that were too many to be believed at once.
    pub held: Option<HeldDeletes>,
    /// What its runs came to so far.
    pub totals: RunTotals,
}

/// What is being done to a table.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing yet.
    Waiting,
    /// Its first rows, or all rows anew, are written to the build table.
    Copying,
    /// Changed rows are written to the published table.
    Following,
    /// Keys are compared, to find rows that vanished.
    Reconciling,
    /// The run ended well.
    Done,
    /// The run ended early.
    Failed,
}

impl Phase {
    /// The name used in machine-readable output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Copying => "copying",
            Self::Following => "following",
            Self::Reconciling => "reconciling",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// The engine's side: one place that many table runs update.
#[derive(Debug, Default)]
pub(crate) struct StatusBoard(watch::Sender<Status>);

impl StatusBoard {
    pub(crate) fn subscribe(&self) -> watch::Receiver<Status> {
        self.0.subscribe()
    }

    /// Lists these sources. Of those that were listed before, by name, tables keep what is known of them.
    pub(crate) fn start(&self, names: impl Iterator<Item = Option<String>>) {
        let sources: Vec<_> = names.map(|name| SourceStatus { name, ..SourceStatus::default() }).collect();
        self.0.send_modify(|status| {
            let before = std::mem::replace(&mut status.sources, sources);
            for mut table in std::mem::take(&mut status.tables) {
                let name = before.get(table.source).map(|source| &source.name);
                if let Some(index) = status.sources.iter().position(|source| Some(&source.name) == name) {
                    table.source = index;
                    if matches!(table.phase, Phase::Copying | Phase::Following | Phase::Reconciling) {
                        table.phase = Phase::Waiting;
                    }
                    status.tables.push(table);
                }
            }
            status.tables.sort_by_key(|table| table.source);
        });
    }

    /// Notes what a source answered. Tables that stay keep what is known of them.
    pub(crate) fn planned(
        &self,
        source: usize,
        identity: &SourceIdentity,
        problems: &[TableProblem],
        tables: &[&TablePlan],
    ) {
        self.0.send_modify(|status| {
            if let Some(entry) = status.sources.get_mut(source) {
                entry.identity = Some(identity.clone());
                entry.error = None;
                entry.problems = problems.to_vec();
            }
            let (known, mut others): (Vec<_>, Vec<_>) =
                std::mem::take(&mut status.tables).into_iter().partition(|table| table.source == source);
            others.extend(tables.iter().map(|plan| {
                let same = |table: &&TableStatus| table.replica == plan.replica.name;
                let known = known.iter().find(same).cloned();
                let table = known.unwrap_or_else(|| TableStatus::waiting(source, plan));
                TableStatus { guarantee: plan.guarantee.clone(), ..table }
            }));
            others.sort_by_key(|table| table.source);
            status.tables = others;
        });
    }

    /// Notes that a source answered, and has what it had.
    pub(crate) fn source_answered(&self, source: usize, identity: &SourceIdentity) {
        self.0.send_if_modified(|status| match status.sources.get_mut(source) {
            Some(entry) if entry.error.is_some() || entry.identity.as_ref() != Some(identity) => {
                entry.identity = Some(identity.clone());
                entry.error = None;
                true
            }
            _ => false,
        });
    }

    pub(crate) fn source_failed(&self, source: usize, error: String) {
        self.0.send_modify(|status| {
            if let Some(entry) = status.sources.get_mut(source) {
                entry.error = Some(error);
            }
        });
    }

    /// Notes how many bytes wait to be written.
    pub(crate) fn waiting(&self, bytes: u64) {
        self.0.send_if_modified(|status| std::mem::replace(&mut status.waiting_bytes, bytes) != bytes);
    }

    /// Tables are told apart by their replica, which is unique.
    pub(crate) fn update(&self, replica: &str, change: impl FnOnce(&mut TableStatus)) {
        self.0.send_modify(|status| {
            if let Some(table) = status.tables.iter_mut().find(|table| table.replica == replica) {
                change(table);
            }
        });
    }
}

impl TableStatus {
    fn waiting(source: usize, plan: &TablePlan) -> Self {
        Self {
            source,
            table: plan.id().clone(),
            replica: plan.replica.name.clone(),
            phase: Phase::Waiting,
            paused: false,
            rows_read: 0,
            rows_changed: 0,
            estimated_rows: plan.source.schema.estimated_rows(),
            interval: None,
            last_success_ms: None,
            last_success_began_ms: None,
            error: None,
            failures: 0,
            next_run_ms: None,
            guarantee: plan.guarantee.clone(),
            held: None,
            totals: RunTotals::default(),
        }
    }
}
