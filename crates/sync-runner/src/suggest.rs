//! The line that a configuration without tables lacks.

use std::collections::BTreeMap;

use sync_core::{Error, RelationKind, TableId, TableSchema};

use crate::config::SourceConfig;

/// More tables than these are named by patterns.
const NAMED: usize = 12;

/// The error for a source of which no table is wanted, with the line to paste.
/// `existing` is what is there, if the source could be asked.
pub(crate) fn no_tables(
    config: &SourceConfig,
    existing: Option<&[TableSchema]>,
    default_schema: Option<&str>,
) -> Error {
    let error = Error::config("it names no tables").at(config.place());
    let Some(existing) = existing else {
        return error
            .hint(format!("below [{}] add tables = [\"…\"]; `data-sync check` lists what there is", config.path()));
    };
    match tables_line(existing, default_schema) {
        Some(line) => error.hint(format!("below [{}] add {line}", config.path())),
        None => error.hint("and the login can read none; run GRANT SELECT on those that it should"),
    }
}

/// `tables = […]` with all tables that can be synced.
fn tables_line(existing: &[TableSchema], default_schema: Option<&str>) -> Option<String> {
    let usable: Vec<_> = existing.iter().filter(|table| is_usable(table)).map(TableSchema::id).collect();
    let mut names: Vec<_> = usable.iter().map(|table| name(table, default_schema, part(table.name()))).collect();
    if names.len() > NAMED {
        let patterns = usable.iter().map(|table| (table.schema(), name(table, default_schema, "*".to_owned())));
        names = patterns.collect::<BTreeMap<_, _>>().into_values().collect();
    }
    let quoted: Vec<_> = names.iter().map(|name| toml_text(name)).collect();
    (!quoted.is_empty()).then(|| format!("tables = [{}]", quoted.join(", ")))
}

fn is_usable(table: &TableSchema) -> bool {
    let is_plain = table.kind() != RelationKind::Partition && table.belongs_to().is_none();
    is_plain && table.unreadable().is_none() && !table.key().is_empty()
}

/// A table as `tables` names it.
pub(crate) fn table_name(table: &TableId, default_schema: Option<&str>) -> String {
    name(table, default_schema, part(table.name()))
}

fn name(table: &TableId, default_schema: Option<&str>, name: String) -> String {
    match table.schema() {
        Some(schema) if Some(schema) != default_schema => format!("{}.{name}", part(schema)),
        _ => name,
    }
}

/// A part of a name as the configuration takes it.
fn part(text: &str) -> String {
    let quoted = text.contains(['.', '*', '"']);
    if quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// A text of one line in TOML.
pub(crate) fn toml_text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::{Column, DataType};

    fn table(schema: &str, name: &str, key: bool) -> TableSchema {
        let column = Column::new("id", DataType::Integer).not_null();
        let builder = TableSchema::builder(TableId::new(schema, name)).column(column);
        if key { builder.key(["id"]) } else { builder }.build().unwrap()
    }

    #[test]
    fn the_line_names_what_can_be_synced() {
        let tables = [
            table("public", "users", true),
            table("public", "keyless", false),
            table("audit", "odd.name", true),
            table("public", "Weird \"Name\"", true),
        ];
        let line = tables_line(&tables, Some("public")).unwrap();
        assert_eq!(line, r#"tables = ["users", 'audit."odd.name"', '"Weird ""Name"""']"#);
        let parsed: toml::Table = toml::from_str(&line).unwrap();
        for (name, table) in parsed["tables"].as_array().unwrap().iter().zip([0, 2, 3]) {
            let name: sync_core::TableName = name.as_str().unwrap().parse().unwrap();
            assert!(name.matches(tables[table].id(), Some("public")), "{name}");
        }
    }

    #[test]
    fn a_source_of_which_nothing_can_be_read_takes_a_right() {
        let config = crate::config::Config::of_text("[source]\nurl = \"x://\"\n").unwrap();
        let error = no_tables(&config.sources[0], Some(&[]), None).to_string();
        assert!(
            error
                .ends_with("it names no tables; and the login can read none; run GRANT SELECT on those that it should"),
            "{error}"
        );
    }

    #[test]
    fn many_tables_are_named_by_schema() {
        let tables = (0..20).map(|n| table(if n % 2 == 0 { "public" } else { "audit" }, &format!("t{n}"), true));
        let tables: Vec<_> = tables.collect();
        assert_eq!(tables_line(&tables, Some("public")).unwrap(), "tables = [\"audit.*\", \"*\"]");
        assert_eq!(tables_line(&[], None), None);
    }
}
