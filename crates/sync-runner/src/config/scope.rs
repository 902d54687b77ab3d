//! What can be set for everything, and again for one source: which tables, how, and how often.

use std::time::Duration;

use figment::value::Value;
use sync_core::TableSettings;

use super::Intervals;
use super::section::{Section, mismatch};
use super::tables::{self, Selection};

/// The settings that stand both at the top and in a source.
pub(super) struct Scope {
    pub(super) selection: Selection,
    pub(super) settings: TableSettings,
    pub(super) readers: Option<usize>,
    pub(super) prefix: Option<String>,
    sync: Option<Duration>,
    reconcile: Option<Duration>,
    sweep: Option<Duration>,
}

impl Scope {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            selection: Selection::read(section),
            settings: tables::settings(section),
            readers: section.number("readers", 1..=64),
            prefix: section.parsed("prefix", |value| match value {
                Value::String(_, prefix) => Ok(prefix),
                other => Err(mismatch("text in quotes", &other)),
            }),
            sync: section.span("sync_interval"),
            reconcile: section.span("reconcile_interval"),
            sweep: section.span("sweep_interval"),
        }
    }

    /// How often, with `wider` for what is not set here. What is set nowhere is in the defaults, unless it was found wrong.
    /// Tables of the wider scope count if it has this source `alone`.
    pub(super) fn intervals(&self, wider: &Self, alone: bool) -> Intervals {
        let mut tables = self.selection.intervals.clone();
        if alone {
            tables.extend(wider.selection.intervals.iter().cloned());
        }
        Intervals {
            sync: self.sync.or(wider.sync).unwrap_or_default(),
            tables,
            reconcile: self.reconcile.or(wider.reconcile).unwrap_or_default(),
            sweep: self.sweep.or(wider.sweep),
        }
    }
}
