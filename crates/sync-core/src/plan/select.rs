//! Which of the existing tables are wanted: names and patterns against the source's list.

use std::cmp::Reverse;

use super::{LeftOut, SyncPlan, TableProblem, Wanted};
use crate::{Capabilities, Error, RelationKind, TableId, TableName, TableSchema, TableSettings};

pub(super) type Selected<'a> = Vec<(&'a TableSchema, TableSettings)>;

/// Each wanted table once, with its settings.
pub(super) fn select<'a>(
    wanted: &Wanted,
    existing: &'a [TableSchema],
    capabilities: &Capabilities,
    plan: &mut SyncPlan,
) -> Selected<'a> {
    let problems = &mut plan.problems;
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
        // The rows of a partition come with its parent.
        let is_meant = |schema: &&TableSchema| {
            means(&table.name, schema) && !excluded(schema) && schema.kind() != RelationKind::Partition
        };
        let (owned, own): (Vec<_>, Vec<_>) =
            existing.iter().filter(is_meant).partition(|schema| schema.belongs_to().is_some());
        if own.is_empty() {
            problems.push(TableProblem::new(table.name.to_string(), nothing_matches(&owned)));
        }
        for schema in own {
            if !selected.iter().any(|(other, _)| other.id() == schema.id()) {
                selected.push((schema, table.settings.clone()));
            }
        }
        plan.left_out.extend(owned.iter().filter_map(|schema| left_out(schema)));
    }
    plan.left_out.sort_by(|one, other| one.table.cmp(&other.table));
    plan.left_out.dedup();
    plan.left_out.retain(|left_out| !selected.iter().any(|(schema, _)| *schema.id() == left_out.table));
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

fn left_out(schema: &TableSchema) -> Option<LeftOut> {
    Some(LeftOut { table: schema.id().clone(), belongs_to: schema.belongs_to()?.to_owned() })
}

fn nothing_matches(owned: &[&TableSchema]) -> Error {
    let Some((schema, owner)) = owned.first().and_then(|schema| Some((schema, schema.belongs_to()?))) else {
        return Error::config("no table matches this pattern");
    };
    Error::config(format!("what matches this pattern belongs to something else, as {} to {owner}", schema.id()))
        .hint("name it in full if you want it")
}

/// Tables that are named where one is missing.
const SHOWN: usize = 5;

fn missing(name: &TableName, existing: &[TableSchema]) -> Error {
    let error = match name.schema() {
        Some(schema) => Error::config(format!("there is no such table in schema {schema}")),
        None => Error::config("there is no such table"),
    };
    let tables = existing.iter().filter(|schema| schema.kind() != RelationKind::Partition).map(TableSchema::id);
    let (meant, others): (Vec<&TableId>, Vec<&TableId>) = tables.partition(|id| differs_in_form(name, id));
    if meant.is_empty() {
        return error.hint(format!("check the spelling, and that the login may see it; {}", nearest(name, others)));
    }
    let meant: Vec<_> = meant.into_iter().map(|id| TableName::from(id).to_string()).collect();
    error.hint(format!("did you mean {}?", meant.join(" or ")))
}

/// Whether it is the table but for its schema, for capitals, or for quotes around a name with a dot.
fn differs_in_form(name: &TableName, id: &TableId) -> bool {
    let dotted = name.schema().map(|schema| format!("{schema}.{}", name.name()));
    [Some(name.name()), dotted.as_deref()].into_iter().flatten().any(|name| name.eq_ignore_ascii_case(id.name()))
}

/// Those of the tables whose names begin most as this one does.
fn nearest(name: &TableName, mut tables: Vec<&TableId>) -> String {
    let in_common = |id: &TableId| {
        let both = id.name().chars().zip(name.name().chars());
        both.take_while(|(one, other)| one.eq_ignore_ascii_case(other)).count()
    };
    tables.sort_by_cached_key(|id| (Reverse(in_common(id)), id.to_string()));
    let shown: Vec<_> = tables.iter().take(SHOWN).map(|id| TableName::from(*id).to_string()).collect();
    match tables.len().saturating_sub(SHOWN) {
        _ if tables.is_empty() => "it sees none".to_owned(),
        0 => format!("it sees {}", shown.join(", ")),
        more => format!("it sees {}, and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_table_is_looked_for_under_names_like_its_own() {
        let hint = |name: &str, tables: &[TableId]| {
            let schema =
                |id: &TableId| TableSchema::builder(id.clone()).column(crate::Column::new("a", crate::DataType::Text));
            let existing: Vec<_> = tables.iter().map(|id| schema(id).build().unwrap()).collect();
            missing(&name.parse().unwrap(), &existing).hint_text().unwrap_or_default().to_owned()
        };
        let dotted = TableId::new("shop", "my.table");
        assert_eq!(hint("my.table", std::slice::from_ref(&dotted)), "did you mean shop.\"my.table\"?");
        assert!(hint("x", &[]).ends_with("; it sees none"));
        assert!(hint("my", &[TableId::unqualified("a"), dotted]).ends_with("; it sees shop.\"my.table\", a"));
    }
}
