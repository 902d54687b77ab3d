//! What can be set for everything, and again for one source: which tables, how, and how often.

use figment::value::Value;
use sync_core::{Error, TableSettings};

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
        refuse_settings_of_one_table(section);
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

/// In a source these would be taken for settings of its driver: one that looks away would let rows and columns through that nobody may
/// see.
fn refuse_settings_of_one_table(section: &mut Section<'_, '_>) {
    let header = section.header_of("table");
    for (key, reason) in [
        ("where", "as it names columns that others do not have"),
        ("only_columns", "as it names columns that others do not have"),
        ("children", "as others may have none"),
    ] {
        let Some(place) = section.place_of(key) else { continue };
        section.take(key);
        let error = Error::config(format!("it is for one table, {reason}")).at(place);
        section.reading().problem(error.hint(format!("put it below [{header}.NAME], for each table that needs it")));
    }
}
