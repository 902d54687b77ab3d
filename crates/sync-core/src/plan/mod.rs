//! What is wanted, held against what exists: a pure function from configuration and discovered tables to a [`SyncPlan`].

mod columns;
mod indexes;
mod select;
mod settings;
mod table;
mod times;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

pub use settings::{
    ColumnSettings, DEFAULT_COPY_SNAPSHOT_MAX, DEFAULT_MAX_DELETE_FRACTION, DEFAULT_MAX_SKIP,
    DEFAULT_RECONCILE_INTERVAL, DEFAULT_SYNC_INTERVAL, Deletes, Mask, Mode, Numeric, OnSchemaChange, OnSourceChange,
    ReadAs, TableSettings,
};
pub use times::SyncTimes;

use crate::naming::DEFAULT_PREFIX;
use crate::{
    BatchLimits, Capabilities, Error, ErrorKind, Guarantee, ReplicaTable, SourceTable, TableId, TableName, TableSchema,
};
use select::select;
use table::plan_table;

/// Which tables of one source are wanted, and how.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Names and patterns.
    pub tables: Vec<WantedTable>,
    /// What patterns must leave out.
    pub exclude: Vec<TableName>,
    /// Settings of single tables, apart from whether they are wanted.
    pub settings: Vec<WantedTable>,
    /// The prefix of replica names.
    pub prefix: String,
    /// Settings of all tables that do not say otherwise.
    pub defaults: TableSettings,
}

impl Wanted {
    /// These tables, with the usual prefix and no other settings.
    #[must_use]
    pub fn tables(names: impl IntoIterator<Item = TableName>) -> Self {
        Self { tables: names.into_iter().map(WantedTable::new).collect(), ..Self::default() }
    }
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            tables: Vec::new(),
            exclude: Vec::new(),
            settings: Vec::new(),
            prefix: DEFAULT_PREFIX.to_owned(),
            defaults: TableSettings::default(),
        }
    }
}

/// A name or pattern with its settings.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct WantedTable {
    /// The table or tables.
    pub name: TableName,
    /// Their settings.
    pub settings: TableSettings,
}

impl WantedTable {
    /// A table without settings of its own.
    #[must_use]
    pub fn new(name: TableName) -> Self {
        Self { name, settings: TableSettings::default() }
    }

    /// Gives it settings.
    #[must_use]
    pub fn settings(mut self, settings: TableSettings) -> Self {
        self.settings = settings;
        self
    }
}

/// What will be done: the tables that can be synced, and why others can't.
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub struct SyncPlan {
    /// Tables to sync, in the order of the configuration.
    pub tables: Vec<TablePlan>,
    /// Tables that are wanted and can't be synced. All problems, not the first only.
    pub problems: Vec<TableProblem>,
    /// Tables that a pattern stands for and does not take.
    pub left_out: Vec<LeftOut>,
}

/// A table that a pattern stands for and does not take.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The table.
    pub table: TableId,
    /// What it belongs to, see [`TableSchema::belongs_to`].
    pub belongs_to: String,
}

/// How one table is synced.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct TablePlan {
    /// The table and its cursor columns.
    pub source: Arc<SourceTable>,
    /// Where it goes.
    pub replica: ReplicaTable,
    /// The size of its batches.
    pub limits: BatchLimits,
    /// What a stored cursor depends on.
    pub fingerprint: String,
    /// How often it is synced by itself; with `sync_times`, the longest time from one to the next.
    pub sync_interval: Duration,
    /// The times at which it is synced, where it is not every so often.
    pub sync_times: Option<SyncTimes>,
    /// How often it is swept; `None` leaves it to what a sweep costs.
    pub sweep_interval: Option<Duration>,
    /// How long a copy may hold one snapshot.
    pub copy_snapshot_max: Duration,
    /// For how long a sweep may be left out.
    pub max_skip: Duration,
    /// How changes are found.
    pub mode: Mode,
    /// What becomes of rows that are deleted at the source.
    pub deletes: Deletes,
    /// How often keys are compared.
    pub reconcile_interval: Duration,
    /// The part of the rows that may be deleted at once.
    pub max_delete_fraction: f64,
    /// What to do when the source turns out to be another one.
    pub on_source_change: OnSourceChange,
    /// What to do when its columns change.
    pub on_schema_change: OnSchemaChange,
    /// Columns, as positions, whose values are not to be seen, and what stands in their place.
    pub masks: Vec<(usize, Mask)>,
    /// Whether the source holds values of it that nobody may see: columns are masked or left out.
    pub hides_values: bool,
    /// What is promised of the replica.
    pub guarantee: Guarantee,
}

/// A wanted table that can't be synced.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableProblem {
    /// The name of its source in the configuration, where it is known and has one.
    pub source: Option<String>,
    /// The table, or the pattern, as configured.
    pub table: String,
    /// How to react: [`ErrorKind::Config`], [`ErrorKind::Denied`] or [`ErrorKind::Unsupported`].
    pub kind: ErrorKind,
    /// What is wrong and what to do, as one line that names the table.
    pub message: String,
}

impl TableProblem {
    /// What was found out about a planned table.
    pub(crate) fn of(table: &TablePlan, error: Error) -> Self {
        Self::new(table.id().to_string(), error)
    }

    fn new(table: String, error: Error) -> Self {
        let error = error.at(format!("table {table}"));
        Self { source: None, table, kind: error.kind(), message: error.to_string() }
    }
}

/// Plans the tables of one source.
#[must_use]
pub fn plan(wanted: &Wanted, existing: &[TableSchema], capabilities: &Capabilities) -> SyncPlan {
    let mut plan = SyncPlan::default();
    let selected = select(wanted, existing, capabilities, &mut plan);
    for (schema, settings) in selected {
        match plan_table(wanted, schema, &settings, capabilities) {
            Ok(table) => plan.tables.push(table),
            Err(errors) => {
                let table = schema.id().to_string();
                plan.problems.extend(errors.into_iter().map(|error| TableProblem::new(table.clone(), error)));
            }
        }
    }
    plan
}

/// Moves tables that would share a replica name, in whatever case, from the plans to their problems.
pub fn refuse_collisions(plans: &mut [SyncPlan]) {
    let mut owners: HashMap<String, Vec<String>> = HashMap::new();
    for table in plans.iter().flat_map(|plan| &plan.tables) {
        // SQLite's names know no case.
        owners.entry(table.replica.name.to_ascii_lowercase()).or_default().push(table.source.schema.id().to_string());
    }
    for plan in plans {
        let (kept, colliding) = std::mem::take(&mut plan.tables)
            .into_iter()
            .partition(|table: &TablePlan| owners[&table.replica.name.to_ascii_lowercase()].len() == 1);
        plan.tables = kept;
        for table in colliding {
            let owners = owners[&table.replica.name.to_ascii_lowercase()].join(" and ");
            let error = Error::config(format!("{owners} would all be replicated as {:?}", table.replica.name))
                .hint("give one of them another `replica` name");
            plan.problems.push(TableProblem::new(table.source.schema.id().to_string(), error));
        }
    }
}

/// The problem of a table whose replica name another source wants too.
pub(crate) fn taken_elsewhere(table: &TablePlan) -> TableProblem {
    let error = Error::config(format!("a table of another source would be replicated as {:?} too", table.replica.name));
    TableProblem::new(table.id().to_string(), error.hint("give one of them another `replica` name"))
}

/// The table's name as the source knows it, for those who hold only a plan.
impl TablePlan {
    /// The table at the source.
    #[must_use]
    pub fn id(&self) -> &TableId {
        self.source.schema.id()
    }
}
