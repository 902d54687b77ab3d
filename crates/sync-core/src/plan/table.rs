//! The plan of one table: its columns held against its settings.

use std::sync::Arc;

use super::columns::{PlannedColumns, plan_columns};
use super::{
    DEFAULT_COPY_SNAPSHOT_MAX, DEFAULT_MAX_DELETE_FRACTION, DEFAULT_MAX_SKIP, DEFAULT_RECONCILE_INTERVAL, Deletes,
    Mode, OnSchemaChange, OnSourceChange, Wanted,
};
use crate::fingerprint::fingerprint;
use crate::{
    BatchLimits, Capabilities, Column, Error, Guarantee, RelationKind, ReplicaTable, SourceTable, TablePlan,
    TableSchema, TableSettings, replica_name,
};

/// How one table is synced, or all that stands against it.
pub(super) fn plan_table(
    wanted: &Wanted,
    schema: &TableSchema,
    settings: &TableSettings,
    capabilities: &Capabilities,
) -> Result<TablePlan, Vec<Error>> {
    let settings = settings.or(&wanted.defaults);
    let mut problems = Vec::new();
    let (discovered, alone) = with_or_without_children(schema, &settings).unwrap_or_else(|error| {
        problems.push(error);
        (schema.clone(), false)
    });
    let columns = plan_columns(&discovered, &settings).unwrap_or_else(|found| {
        problems.extend(found);
        // Other problems of the table are looked for all the same.
        PlannedColumns { read: discovered.clone(), kept: discovered.clone(), masks: Vec::new() }
    });
    let schema = &columns.read;
    let mut keep = |checked: Result<Option<usize>, Error>| {
        checked.unwrap_or_else(|error| {
            problems.push(error);
            None
        })
    };
    let timestamp = keep(timestamp_column(&discovered, schema, &settings));
    let id = keep(id_column(&discovered, schema, &settings));
    if let Some(reason) = schema.unreadable() {
        problems.push(Error::denied(reason));
    }
    let mode = match mode(schema, &settings) {
        Ok(mode) => mode,
        Err(error) => {
            if schema.unreadable().is_none() {
                problems.push(error);
            }
            Mode::Full
        }
    };
    let deletes = settings.deletes.clone().unwrap_or(Deletes::Reconcile);
    if let Deletes::Soft { column } = &deletes {
        let taken = columns.kept.columns().iter().any(|own| own.name.eq_ignore_ascii_case(column));
        if taken {
            problems.push(
                Error::config(format!("deleted_column {column:?} is a column of the table"))
                    .hint("choose another name"),
            );
        } else if mode == Mode::Full {
            problems.push(
                Error::config(
                    "deletes = \"soft\" needs a table whose changes are followed, and this one is read whole each time",
                )
                .hint("leave `deletes` out"),
            );
        }
    }
    if settings.filter.is_some() && !capabilities.filter {
        problems.push(Error::config("`where` is set, and this source can't filter rows").hint("leave `where` out"));
    }
    let blind = mode == Mode::Follow && timestamp.is_none() && id.is_none() && !capabilities.sweep;
    if blind && problems.is_empty() && !capabilities.reconcile {
        problems.push(Error::config("at least one of timestamp_column or id_column is required"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let default_schema = capabilities.default_schema.as_deref();
    let name = settings.replica.clone().unwrap_or_else(|| replica_name(&wanted.prefix, schema.id(), default_schema));
    let guarantee = if blind {
        let interval = settings.reconcile_interval.unwrap_or(DEFAULT_RECONCILE_INTERVAL);
        let reason = "no column of it tells what changed, so it is compared whole each time";
        Guarantee::bounded(Some(interval), reason, "add a timestamp column that changes with each update")
    } else {
        guarantee(schema, mode, &deletes, &settings, capabilities)
    };
    let kept_of_gone = kept_of_gone(&columns, mode, &deletes);
    let source = SourceTable::new(Arc::new(columns.read))
        .cursor_columns(timestamp, id)
        .filter(settings.filter.clone())
        .alone(alone);
    Ok(TablePlan {
        fingerprint: fingerprint(&source, &columns.kept, &columns.masks),
        source: Arc::new(source),
        on_schema_change: settings.on_schema_change.unwrap_or(OnSchemaChange::Follow),
        hides_values: !columns.masks.is_empty() || columns.kept.columns().len() < discovered.columns().len(),
        masks: columns.masks,
        replica: ReplicaTable::new(name, Arc::new(columns.kept))
            .deleted_column(match &deletes {
                Deletes::Soft { column } => Some(column.clone()),
                _ => None,
            })
            .kept_of_gone(kept_of_gone),
        sync_interval: settings.interval(),
        sync_times: settings.sync_times.clone(),
        sweep_interval: settings.sweep_interval,
        copy_snapshot_max: settings.copy_snapshot_max.unwrap_or(DEFAULT_COPY_SNAPSHOT_MAX),
        max_skip: settings.max_skip.unwrap_or(DEFAULT_MAX_SKIP),
        mode,
        deletes,
        reconcile_interval: settings.reconcile_interval.unwrap_or(DEFAULT_RECONCILE_INTERVAL),
        max_delete_fraction: settings.max_delete_fraction.unwrap_or(DEFAULT_MAX_DELETE_FRACTION),
        on_source_change: settings.on_source_change.unwrap_or(OnSourceChange::Stop),
        guarantee,
        limits: limits(&settings),
    })
}

/// The table with the rows that are wanted of it, and whether these are its own alone.
fn with_or_without_children(schema: &TableSchema, settings: &TableSettings) -> Result<(TableSchema, bool), Error> {
    if settings.children != Some(false) {
        return Ok((schema.clone(), false));
    }
    if schema.kind() == RelationKind::PartitionedTable {
        let error = Error::config("children = false leaves nothing of it: all its rows are in its partitions");
        return Err(error.hint("leave `children` out, or name the partitions that you want"));
    }
    let alone = schema.without_children().ok_or_else(|| {
        Error::config("children = false is set, and no table inherits from it").hint("leave `children` out")
    })?;
    Ok((alone, true))
}

/// Of masked columns nothing is taken over into another copy: they may have been read in the clear before.
fn kept_of_gone(columns: &PlannedColumns, mode: Mode, deletes: &Deletes) -> Option<Vec<String>> {
    if mode == Mode::Full || *deletes == Deletes::Reconcile {
        return None;
    }
    let is_masked = |position: usize| columns.masks.iter().any(|(masked, _)| *masked == position);
    let kept = columns.kept.columns().iter().enumerate().filter(|(position, _)| !is_masked(*position));
    Some(kept.map(|(_, column)| column.name.clone()).collect())
}

fn limits(settings: &TableSettings) -> BatchLimits {
    let default = BatchLimits::default();
    BatchLimits::new(settings.batch_size.unwrap_or(default.rows), default.bytes)
        .row_bytes(settings.max_row_bytes.unwrap_or(default.row_bytes))
}

fn timestamp_column(
    discovered: &TableSchema,
    schema: &TableSchema,
    settings: &TableSettings,
) -> Result<Option<usize>, Error> {
    let temporal = |column: &Column| column.data_type.is_temporal();
    if let Some(name) = &settings.timestamp_column {
        let position = schema.position(name).ok_or_else(|| not_kept(discovered, "timestamp_column", name))?;
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

fn id_column(discovered: &TableSchema, schema: &TableSchema, settings: &TableSettings) -> Result<Option<usize>, Error> {
    match (&settings.id_column, schema.key()) {
        (Some(name), _) => schema.position(name).map(Some).ok_or_else(|| not_kept(discovered, "id_column", name)),
        (None, [key]) => Ok(Some(schema.position("id").unwrap_or(*key))),
        (None, _) => Ok(schema.position("id")),
    }
}

/// A column by which changes are found must be read.
fn not_kept(discovered: &TableSchema, key: &str, name: &str) -> Error {
    if discovered.position(name).is_none() {
        return no_column(discovered, key, name);
    }
    Error::config(format!("{key} {name:?} is left out by `exclude` or `only_columns`"))
        .hint("keep it, or choose another column")
}

pub(super) fn no_column(schema: &TableSchema, key: &str, name: &str) -> Error {
    let mut columns: Vec<_> = schema.columns().iter().take(20).map(|column| column.name.as_str()).collect();
    if schema.columns().len() > columns.len() {
        columns.push("…");
    }
    Error::config(format!("{key} {name:?} does not exist")).hint(format!("its columns are {}", columns.join(", ")))
}

/// What the table allows, unless the settings ask for less.
fn mode(schema: &TableSchema, settings: &TableSettings) -> Result<Mode, Error> {
    if let Some(caveat) = schema.only_whole() {
        return match settings.mode {
            Some(Mode::Follow) => Err(Error::config(format!("mode = \"follow\" is set, but {}", caveat.reason))
                .hint(format!("{}, or leave `mode` out: the table is read whole each time then", caveat.remedy))),
            _ => Ok(Mode::Full),
        };
    }
    match (settings.mode, schema.key()) {
        (Some(Mode::Follow), []) if schema.has_children() => Err(Error::config(
            "mode = \"follow\" needs a key, and none spans the tables that inherit from it",
        )
        .hint("set children = false to keep its own rows alone, or leave `mode` out: it is read whole each time then")),
        (Some(Mode::Follow), []) => Err(Error::config("mode = \"follow\" needs a key, and it has none")
            .hint("add a primary key, or leave `mode` out: the table is read whole each time then")),
        (_, []) => Ok(Mode::Full),
        (mode, _) => Ok(mode.unwrap_or(Mode::Follow)),
    }
}

fn guarantee(
    schema: &TableSchema,
    mode: Mode,
    deletes: &Deletes,
    settings: &TableSettings,
    capabilities: &Capabilities,
) -> Guarantee {
    let interval = settings.interval();
    let reconcile = settings.reconcile_interval.unwrap_or(DEFAULT_RECONCILE_INTERVAL);
    if mode == Mode::Full {
        let (reason, remedy) = match (schema.kind(), schema.only_whole()) {
            (_, Some(caveat)) => (caveat.reason.as_str(), caveat.remedy.as_str()),
            (RelationKind::View | RelationKind::MaterializedView, _) => ("it is a view", "sync the tables below it"),
            (RelationKind::ForeignTable, _) => ("it lives in another server", "sync it from there"),
            _ if schema.key().is_empty() && schema.has_children() => {
                ("no key spans the tables that inherit from it", "set children = false to keep its own rows alone")
            }
            _ if schema.key().is_empty() => ("it has no key", "add a primary key"),
            _ => ("mode = \"full\" is set", "leave `mode` out"),
        };
        return Guarantee::bounded(Some(interval), format!("{reason}, so it is read whole each time"), remedy);
    }
    if !capabilities.sweep {
        let within = capabilities.reconcile.then_some(reconcile);
        let own = schema.caveat().map(|caveat| (caveat.reason.as_str(), caveat.remedy.as_str()));
        let (reason, remedy) =
            own.unwrap_or(("the source can't tell late changes apart", "use a source that can be swept"));
        return Guarantee::bounded(within, reason, remedy);
    }
    if *deletes == Deletes::Ignore {
        return Guarantee::bounded(None, "deletes = \"ignore\" is set", "leave `deletes` out");
    }
    if !capabilities.reconcile {
        return Guarantee::bounded(
            None,
            "the source does not list its keys, so deletes are not seen",
            "resync the table",
        );
    }
    if settings.filter.is_some() {
        let reason = "its rows are chosen by `where`, which may depend on more than the row itself";
        return Guarantee::bounded(Some(reconcile), reason, "leave `where` out");
    }
    Guarantee::Lossless
}
