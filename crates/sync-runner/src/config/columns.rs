//! Which columns of a table, in which form and under which name; and which of its rows.

use std::collections::BTreeMap;

use figment::value::Value;
use sync_core::plan::{ColumnSettings, Mask, ReadAs};
use sync_core::{Error, TableSettings};

use super::section::{Section, mismatch, text};
use super::tables::list;

/// Reads what stands in the section of one table.
pub(super) fn read(section: &mut Section<'_, '_>, settings: &mut TableSettings) {
    settings.filter = filter(section);
    let is_set = section.has("only_columns");
    settings.only_columns = Some(only_columns(section)).filter(|_| is_set);
    settings.columns = columns(section);
}

/// The one setting that is SQL.
fn filter(section: &mut Section<'_, '_>) -> Option<String> {
    section.parsed("where", |value| match value {
        Value::String(_, text) if text.trim().is_empty() => {
            Err(Error::config("it is empty").hint("write a condition such as \"tenant_id = 7\", or leave it out"))
        }
        Value::String(_, text) => Ok(text),
        other => Err(mismatch("a condition in quotes, such as \"tenant_id = 7\"", &other)),
    })
}

fn only_columns(section: &mut Section<'_, '_>) -> Vec<String> {
    let mut names = Vec::new();
    for (path, value) in list(section, "only_columns", "a list such as [\"id\", \"name\"]") {
        let tag = value.tag();
        match value {
            Value::String(_, name) => names.push(name),
            other => {
                let error = mismatch("the name of a column, in quotes", &other);
                section.reading().problem(error.at(section.reading().place(&path, tag)));
            }
        }
    }
    names
}

fn columns(section: &mut Section<'_, '_>) -> BTreeMap<String, ColumnSettings> {
    let mut columns = BTreeMap::new();
    for (name, mut column) in section.sections("columns", "write columns.NAME = { as = \"text\" }") {
        let mut settings = ColumnSettings::default();
        let forms = [("integer", ReadAs::Integer), ("real", ReadAs::Real), ("text", ReadAs::Text)];
        settings.read_as = column.choice("as", &forms);
        settings.rename = column.parsed("rename", |value| new_name(text(value)?));
        settings.mask = column.choice("mask", &[("null", Mask::Null), ("hash", Mask::Hash)]);
        settings.exclude = column.flag("exclude");
        column.refuse_rest(|_| None);
        columns.insert(name, settings);
    }
    columns
}

fn new_name(name: String) -> Result<String, Error> {
    if name.contains('\0') { Err(Error::config("a name can't hold a NUL")) } else { Ok(name) }
}
