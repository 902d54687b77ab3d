//! Which of the existing tables are wanted: names and patterns against the source's list.

use super::{TableProblem, Wanted};
use crate::{Capabilities, Error, RelationKind, TableName, TableSchema, TableSettings};

pub(super) type Selected<'a> = Vec<(&'a TableSchema, TableSettings)>;

/// Each wanted table once, with its settings.
pub(super) fn select<'a>(
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
