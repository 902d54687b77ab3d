//! What is wanted, held against what exists: a pure function from configuration and discovered tables to a [`SyncPlan`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::fingerprint::fingerprint;
use crate::naming::DEFAULT_PREFIX;
use crate::{
    BatchLimits, Capabilities, Column, Error, ErrorKind, RelationKind, ReplicaTable, SourceTable, TableId, TableName,
    TableSchema, replica_name,
};

/// Which tables of one source are wanted, and how.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// What can be set for a table; `None` leaves it to the next wider setting.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSettings {
    /// The column that grows with every change. By default `updated_at` where it is never NULL, else `created_at`.
    pub timestamp_column: Option<String>,
    /// The column that grows with every insert. By default `id`, else a key of one column.
    pub id_column: Option<String>,
    /// Rows in a batch. By default 1000.
    pub batch_size: Option<usize>,
    /// The replica's whole name.
    pub replica: Option<String>,
    /// How often it is synced by itself. By default every 5 minutes.
    pub sync_interval: Option<Duration>,
    /// How often rows that no poll can see are looked for. By default as `sync_interval`, but never so often that it would take
    /// more than a twentieth of the time.
    pub sweep_interval: Option<Duration>,
    /// How long a copy holds one snapshot of the server before it goes on in another. By default 5 minutes.
    pub copy_snapshot_max: Option<Duration>,
}

impl TableSettings {
    /// These settings, and those of `wider` where these say nothing.
    #[must_use]
    pub fn or(&self, wider: &Self) -> Self {
        let text = |own: &Option<String>, wider: &Option<String>| own.clone().or_else(|| wider.clone());
        Self {
            timestamp_column: text(&self.timestamp_column, &wider.timestamp_column),
            id_column: text(&self.id_column, &wider.id_column),
            batch_size: self.batch_size.or(wider.batch_size),
            replica: text(&self.replica, &wider.replica),
            sync_interval: self.sync_interval.or(wider.sync_interval),
            sweep_interval: self.sweep_interval.or(wider.sweep_interval),
            copy_snapshot_max: self.copy_snapshot_max.or(wider.copy_snapshot_max),
        }
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
    /// How often it is synced by itself.
    pub sync_interval: Duration,
    /// How often it is swept; `None` leaves it to what a sweep costs.
    pub sweep_interval: Option<Duration>,
    /// How long a copy may hold one snapshot.
    pub copy_snapshot_max: Duration,
}

/// How long a copy holds one snapshot unless it is said: a longer one would keep the server from vacuuming, and a waiting ALTER
/// would stop all traffic behind it.
pub const DEFAULT_COPY_SNAPSHOT_MAX: Duration = Duration::from_secs(300);

/// How often a table is synced unless it is said.
pub const DEFAULT_SYNC_INTERVAL: Duration = Duration::from_secs(300);

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
    fn new(table: String, error: Error) -> Self {
        let error = error.at(format!("table {table}"));
        Self { source: None, table, kind: error.kind(), message: error.to_string() }
    }
}

/// Plans the tables of one source.
#[must_use]
pub fn plan(wanted: &Wanted, existing: &[TableSchema], capabilities: &Capabilities) -> SyncPlan {
    let mut plan = SyncPlan::default();
    let selected = select(wanted, existing, capabilities, &mut plan.problems);
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

type Selected<'a> = Vec<(&'a TableSchema, TableSettings)>;

/// Each wanted table once, with its settings.
fn select<'a>(
    wanted: &Wanted,
    existing: &'a [TableSchema],
    capabilities: &Capabilities,
    problems: &mut Vec<TableProblem>,
) -> Selected<'a> {
    let default_schema = capabilities.default_schema.as_deref();
    let means = |name: &TableName, schema: &TableSchema| name.matches(schema.id(), default_schema);
    let mut selected: Selected<'a> = Vec::new();
    let (patterns, names): (Vec<_>, Vec<_>) = wanted.tables.iter().partition(|table| table.name.is_pattern());
    for table in names {
        match existing.iter().find(|schema| means(&table.name, schema)) {
            None => problems.push(TableProblem::new(table.name.to_string(), missing(&table.name, existing))),
            Some(schema) if selected.iter().any(|(other, _)| other.id() == schema.id()) => problems.push(
                TableProblem::new(table.name.to_string(), Error::config("it is named twice").hint("leave one out")),
            ),
            Some(schema) => selected.push((schema, table.settings.clone())),
        }
    }
    for table in patterns {
        let excluded = |schema: &TableSchema| wanted.exclude.iter().any(|name| means(name, schema));
        let mut matching = existing
            .iter()
            // The rows of a partition come with its parent.
            .filter(|schema| {
                means(&table.name, schema) && !excluded(schema) && schema.kind() != RelationKind::Partition
            })
            .peekable();
        if matching.peek().is_none() {
            let error = Error::config("no table matches this pattern");
            problems.push(TableProblem::new(table.name.to_string(), error));
        }
        for schema in matching {
            if !selected.iter().any(|(other, _)| other.id() == schema.id()) {
                selected.push((schema, table.settings.clone()));
            }
        }
    }
    for own in &wanted.settings {
        match selected.iter_mut().find(|(schema, _)| means(&own.name, schema)) {
            Some((_, settings)) => *settings = own.settings.or(settings),
            None => {
                let error = Error::config("it has settings, but `tables` does not name it");
                problems.push(TableProblem::new(own.name.to_string(), error.hint("add it to `tables`")));
            }
        }
    }
    selected
}

fn missing(name: &TableName, existing: &[TableSchema]) -> Error {
    let elsewhere: Vec<_> = existing
        .iter()
        .filter(|schema| schema.id().name() == name.name())
        .map(|schema| schema.id().to_string())
        .collect();
    let error = match name.schema() {
        Some(schema) => Error::config(format!("there is no such table in schema {schema}")),
        None => Error::config("there is no such table"),
    };
    if elsewhere.is_empty() {
        error.hint("check the spelling, and that the login may see it; `data-sync check` lists what is there")
    } else {
        error.hint(format!("did you mean {}?", elsewhere.join(" or ")))
    }
}

fn plan_table(
    wanted: &Wanted,
    schema: &TableSchema,
    settings: &TableSettings,
    capabilities: &Capabilities,
) -> Result<TablePlan, Vec<Error>> {
    let settings = settings.or(&wanted.defaults);
    let mut problems = Vec::new();
    let mut keep = |checked: Result<Option<usize>, Error>| {
        checked.unwrap_or_else(|error| {
            problems.push(error);
            None
        })
    };
    let timestamp = keep(timestamp_column(schema, &settings));
    let id = keep(id_column(schema, &settings));
    if let Some(reason) = schema.unreadable() {
        problems.push(Error::denied(reason));
    } else if schema.key().is_empty() {
        problems.push(
            Error::unsupported("it has no primary key and no unique index on columns that are never NULL")
                .hint("add a primary key"),
        );
    } else if problems.is_empty() && timestamp.is_none() && id.is_none() && !capabilities.sweep {
        problems.push(Error::config("at least one of timestamp_column or id_column is required"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let default_schema = capabilities.default_schema.as_deref();
    let name = settings.replica.unwrap_or_else(|| replica_name(&wanted.prefix, schema.id(), default_schema));
    let schema = Arc::new(schema.clone());
    let source = SourceTable::new(Arc::clone(&schema)).cursor_columns(timestamp, id);
    Ok(TablePlan {
        fingerprint: fingerprint(&source),
        source: Arc::new(source),
        replica: ReplicaTable::new(name, schema),
        sync_interval: settings.sync_interval.unwrap_or(DEFAULT_SYNC_INTERVAL),
        sweep_interval: settings.sweep_interval,
        copy_snapshot_max: settings.copy_snapshot_max.unwrap_or(DEFAULT_COPY_SNAPSHOT_MAX),
        limits: settings
            .batch_size
            .map_or_else(BatchLimits::default, |rows| BatchLimits { rows: rows.max(1), ..BatchLimits::default() }),
    })
}

fn timestamp_column(schema: &TableSchema, settings: &TableSettings) -> Result<Option<usize>, Error> {
    let temporal = |column: &Column| column.data_type.is_temporal();
    if let Some(name) = &settings.timestamp_column {
        let position = schema.position(name).ok_or_else(|| no_column(schema, "timestamp_column", name))?;
        let column = &schema.columns()[position];
        return if temporal(column) {
            Ok(Some(position))
        } else {
            let native = if column.native_type.is_empty() { "another type" } else { &column.native_type };
            Err(Error::config(format!("timestamp_column {name:?} is of type {native}, not a date or timestamp")))
        };
    }
    // A NULL stamp hides a row from every poll, so a column that may be NULL is not taken unasked for.
    let usable = |name: &str, nullable: bool| {
        schema.position(name).filter(|position| {
            let column = &schema.columns()[*position];
            temporal(column) && (nullable || !column.nullable)
        })
    };
    Ok(usable("updated_at", false).or_else(|| usable("created_at", true)))
}

fn id_column(schema: &TableSchema, settings: &TableSettings) -> Result<Option<usize>, Error> {
    match (&settings.id_column, schema.key()) {
        (Some(name), _) => schema.position(name).map(Some).ok_or_else(|| no_column(schema, "id_column", name)),
        (None, [key]) => Ok(Some(schema.position("id").unwrap_or(*key))),
        (None, _) => Ok(schema.position("id")),
    }
}

fn no_column(schema: &TableSchema, key: &str, name: &str) -> Error {
    let mut columns: Vec<_> = schema.columns().iter().take(20).map(|column| column.name.as_str()).collect();
    if schema.columns().len() > columns.len() {
        columns.push("…");
    }
    Error::config(format!("{key} {name:?} does not exist")).hint(format!("its columns are {}", columns.join(", ")))
}

/// The table's name as the source knows it, for those who hold only a plan.
impl TablePlan {
    /// The table at the source.
    #[must_use]
    pub fn id(&self) -> &TableId {
        self.source.schema.id()
    }
}
