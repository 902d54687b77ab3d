//! What can be set for everything, and again for one source: which tables, how, and how often.

use figment::value::Value;
use sync_core::TableSettings;

use super::section::{Section, mismatch};
use super::tables::{self, Selection};

/// The settings that stand both at the top and in a source.
pub(super) struct Scope {
    pub(super) selection: Selection,
    pub(super) settings: TableSettings,
    pub(super) readers: Option<usize>,
    pub(super) prefix: Option<String>,
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
        }
    }
}
