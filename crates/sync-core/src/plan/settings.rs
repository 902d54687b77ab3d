//! What can be set for a table, and what holds where nothing is set.

use std::collections::BTreeMap;
use std::time::Duration;

use super::SyncTimes;

/// What can be set for a table; `None` leaves it to the next wider setting.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableSettings {
    /// The column that grows with every change. By default `updated_at` where it is never NULL, else `created_at`.
    pub timestamp_column: Option<String>,
    /// The column that grows with every insert. By default `id`, else a key of one column.
    pub id_column: Option<String>,
    /// Rows in a batch. By default 1000.
    pub batch_size: Option<usize>,
    /// Bytes that one row may take; a larger one is kept aside. By default 256 MiB.
    pub max_row_bytes: Option<usize>,
    /// The replica's whole name.
    pub replica: Option<String>,
    /// How often it is synced by itself. By default every 5 minutes.
    pub sync_interval: Option<Duration>,
    /// The times at which it is synced by itself, in place of an interval; the narrower setting of the two counts.
    pub sync_times: Option<SyncTimes>,
    /// How often rows that no poll can see are looked for. By default as `sync_interval`, but never so often that it would take
    /// more than a twentieth of the time.
    pub sweep_interval: Option<Duration>,
    /// How long a copy holds one snapshot of the server before it goes on in another. By default 5 minutes.
    pub copy_snapshot_max: Option<Duration>,
    /// For how long a sweep may be left out because the source counts no change. By default 10 minutes.
    pub max_skip: Option<Duration>,
    /// How changes are found. By default by following them, where the table allows it.
    pub mode: Option<Mode>,
    /// What becomes of rows that are deleted at the source. By default they are deleted.
    pub deletes: Option<Deletes>,
    /// How often keys are compared to find deletes. By default every hour.
    pub reconcile_interval: Option<Duration>,
    /// The part of the replica's rows, from 0 to 1, that may be deleted at once without being asked for twice. By default a half.
    pub max_delete_fraction: Option<f64>,
    /// What to do when the source turns out to be another one. By default the table stops.
    pub on_source_change: Option<OnSourceChange>,
    /// What to do when the table's columns change. By default they are followed.
    pub on_schema_change: Option<OnSchemaChange>,
    /// A condition in the source's own language; rows that do not meet it are not kept.
    pub filter: Option<String>,
    /// Whether rows of tables that inherit from it are read with its own. By default they are.
    pub children: Option<bool>,
    /// The only columns to keep; the key's must be among them.
    pub only_columns: Option<Vec<String>>,
    /// Settings of single columns, by their name at the source.
    pub columns: BTreeMap<String, ColumnSettings>,
    /// The form of decimal numbers whose column says nothing itself.
    pub numeric: Option<Numeric>,
    /// Whether the replica gets the source's indexes too. By default it does.
    pub indexes: Option<bool>,
}

/// What can be set for a column.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnSettings {
    /// The form in which it is kept.
    pub read_as: Option<ReadAs>,
    /// Its name in the replica.
    pub rename: Option<String>,
    /// What stands in the place of its values.
    pub mask: Option<Mask>,
    /// Whether it is left out.
    pub exclude: Option<bool>,
}

/// A form of values that somebody chose.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadAs {
    /// A whole number of 64 bits; a value that is none fails its row.
    Integer,
    /// A binary floating-point number: exact to 15 digits. A value beyond its range fails its row.
    Real,
    /// The source's own text.
    Text,
}

/// What stands in the place of a value that is not to be seen.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mask {
    /// NULL.
    Null,
    /// The SHA-256 of its text, as hexadecimal digits: equal values stay equal. Whoever can guess a value can tell that it is the one.
    Hash,
}

/// The form of decimal numbers.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Numeric {
    /// The handiest form that is exact.
    Auto,
    /// Their digits.
    Text,
    /// A binary floating-point number.
    Real,
}

/// What to do when a table's columns, or what its values depend on, change at the source.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnSchemaChange {
    /// The table is copied again beside the old one, and then takes its place.
    Follow,
    /// New columns are left out; any other change stops the table.
    Freeze,
    /// The table stops as it is, with an error, until somebody decides.
    Stop,
}

impl ReadAs {
    /// The name used in configurations.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Real => "real",
            Self::Text => "text",
        }
    }
}

/// How a table is kept up to date.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Copied once; then its changes are followed.
    Follow,
    /// Read whole each time, and swapped in one transaction.
    Full,
}

/// What becomes of rows that are deleted at the source.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Deletes {
    /// They are deleted.
    Reconcile,
    /// They stay, and this column of the replica takes the time at which they were found to be deleted.
    Soft {
        /// The column's name, which no column of the source may have.
        column: String,
    },
    /// They stay.
    Ignore,
}

/// What to do when a table's source turns out to be another server, or another database on it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnSourceChange {
    /// The table stays as it is, with an error, until somebody decides.
    Stop,
    /// It is copied again beside the old table, and then takes its place.
    Resync,
    /// Every row is compared with the new source, in place.
    Repair,
}

impl TableSettings {
    /// How often it is synced by itself; with `sync_times`, the longest time from one to the next.
    #[must_use]
    pub fn interval(&self) -> Duration {
        let times = self.sync_times.as_ref().map(SyncTimes::longest_gap);
        times.or(self.sync_interval).unwrap_or(DEFAULT_SYNC_INTERVAL)
    }

    /// These settings, and those of `wider` where these say nothing.
    #[must_use]
    pub fn or(&self, wider: &Self) -> Self {
        let text = |own: &Option<String>, wider: &Option<String>| own.clone().or_else(|| wider.clone());
        Self {
            timestamp_column: text(&self.timestamp_column, &wider.timestamp_column),
            id_column: text(&self.id_column, &wider.id_column),
            batch_size: self.batch_size.or(wider.batch_size),
            max_row_bytes: self.max_row_bytes.or(wider.max_row_bytes),
            replica: text(&self.replica, &wider.replica),
            sync_interval: self.sync_interval.or(wider.sync_interval.filter(|_| self.sync_times.is_none())),
            sync_times: self
                .sync_times
                .clone()
                .or_else(|| wider.sync_times.clone().filter(|_| self.sync_interval.is_none())),
            sweep_interval: self.sweep_interval.or(wider.sweep_interval),
            copy_snapshot_max: self.copy_snapshot_max.or(wider.copy_snapshot_max),
            max_skip: self.max_skip.or(wider.max_skip),
            mode: self.mode.or(wider.mode),
            deletes: self.deletes.clone().or_else(|| wider.deletes.clone()),
            reconcile_interval: self.reconcile_interval.or(wider.reconcile_interval),
            max_delete_fraction: self.max_delete_fraction.or(wider.max_delete_fraction),
            on_source_change: self.on_source_change.or(wider.on_source_change),
            on_schema_change: self.on_schema_change.or(wider.on_schema_change),
            filter: text(&self.filter, &wider.filter),
            children: self.children.or(wider.children),
            only_columns: self.only_columns.clone().or_else(|| wider.only_columns.clone()),
            columns: wider.columns.clone().into_iter().chain(self.columns.clone()).collect(),
            numeric: self.numeric.or(wider.numeric),
            indexes: self.indexes.or(wider.indexes),
        }
    }
}

/// How long a copy holds one snapshot unless it is said: a longer one would keep the server from vacuuming, and a waiting ALTER
/// would stop all traffic behind it.
pub const DEFAULT_COPY_SNAPSHOT_MAX: Duration = Duration::from_secs(300);

/// How often a table is synced unless it is said.
pub const DEFAULT_SYNC_INTERVAL: Duration = Duration::from_secs(300);

/// For how long a sweep may be left out unless it is said: a session of the source can hide its changes from the counters as long as
/// its transaction lasts.
pub const DEFAULT_MAX_SKIP: Duration = Duration::from_secs(600);

/// How often keys are compared unless it is said.
pub const DEFAULT_RECONCILE_INTERVAL: Duration = Duration::from_secs(3600);

/// The part of the rows that may be deleted at once unless it is said.
pub const DEFAULT_MAX_DELETE_FRACTION: f64 = 0.5;
