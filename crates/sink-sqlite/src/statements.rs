//! The statements that write to one table, made once and used for every batch.

use std::collections::HashMap;
use std::sync::Arc;

use sync_core::{CopyState, ReplicaTable, TableSchema, ValueKind};

use crate::names::{list, quoted, target};

/// The texts for every table that was written to, by replica name and state.
#[derive(Debug, Default)]
pub(crate) struct StatementTexts {
    building: HashMap<String, TableStatements>,
    live: HashMap<String, TableStatements>,
}

impl StatementTexts {
    /// The statements for a table; new ones when its shape is no longer what they were made for.
    pub(crate) fn of(&mut self, table: &ReplicaTable, state: CopyState) -> &TableStatements {
        let texts = match state {
            CopyState::Building => &mut self.building,
            _ => &mut self.live,
        };
        let known = |made: &TableStatements| Arc::ptr_eq(&made.schema, &table.schema) || made.schema == table.schema;
        if !texts.get(&table.name).is_some_and(known) {
            texts.insert(table.name.clone(), TableStatements::new(table, state));
        }
        &texts[&table.name]
    }
}

/// The statements that write rows of one table, and what each of their parameters may hold.
#[derive(Debug)]
pub(crate) struct TableStatements {
    pub(crate) schema: Arc<TableSchema>,
    /// The table that they write to.
    pub(crate) target: String,
    /// One parameter per column.
    pub(crate) upsert: String,
    /// One parameter per key column; `None` for a table without a key.
    pub(crate) delete: Option<String>,
    pub(crate) columns: Vec<Parameter>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) kind: ValueKind,
    pub(crate) in_key: bool,
}

impl Parameter {
    /// What the column at this position may hold.
    pub(crate) fn of(schema: &TableSchema, position: usize) -> Self {
        Self { kind: schema.columns()[position].data_type.value_kind(), in_key: schema.key().contains(&position) }
    }
}

impl TableStatements {
    fn new(table: &ReplicaTable, state: CopyState) -> Self {
        let schema = Arc::clone(&table.schema);
        let target = target(&table.name, state);
        let columns = (0..schema.columns().len()).map(|position| Parameter::of(&schema, position));
        Self {
            upsert: upsert(&target, &schema),
            delete: delete(&target, &schema),
            columns: columns.collect(),
            target,
            schema,
        }
    }
}

/// Inserts a row, or updates it if anything differs. Without a key, it only inserts.
fn upsert(target: &str, schema: &TableSchema) -> String {
    let columns = schema.columns();
    let mut sql = format!(
        "INSERT INTO {} AS kept ({}) VALUES ({})",
        quoted(target),
        list(columns.iter().map(|column| column.name.as_str())),
        vec!["?"; columns.len()].join(", ")
    );
    if schema.key().is_empty() {
        return sql;
    }
    let key = schema.key().iter().map(|position| columns[*position].name.as_str());
    sql.push_str(&format!(" ON CONFLICT ({}) DO ", list(key)));
    let others = columns.iter().enumerate().filter(|(position, _)| !schema.key().contains(position));
    let others: Vec<String> = others.map(|(_, column)| quoted(&column.name)).collect();
    if others.is_empty() {
        sql.push_str("NOTHING");
        return sql;
    }
    let each = |form: &dyn Fn(&String) -> String| others.iter().map(form).collect::<Vec<_>>().join(", ");
    // Row values, because a chain of OR may not be longer than a thousand.
    sql.push_str(&format!(
        "UPDATE SET {} WHERE ({}) IS NOT ({})",
        each(&|name| format!("{name} = excluded.{name}")),
        each(&|name| format!("kept.{name}")),
        each(&|name| format!("excluded.{name}"))
    ));
    sql
}

fn delete(target: &str, schema: &TableSchema) -> Option<String> {
    // Unqualified, a name that no longer exists would be taken for a text.
    let equal = |position: &usize| format!("kept.{} = ?", quoted(&schema.columns()[*position].name));
    let key: Vec<String> = schema.key().iter().map(equal).collect();
    (!key.is_empty()).then(|| format!("DELETE FROM {} AS kept WHERE {}", quoted(target), key.join(" AND ")))
}

#[cfg(test)]
mod tests {
    use sync_core::{Column, DataType, TableId};

    use super::*;

    fn schema(key: &[&str]) -> TableSchema {
        TableSchema::builder(TableId::unqualified("t"))
            .column(Column::new("a", DataType::Integer))
            .column(Column::new("b\"", DataType::Text))
            .key(key.iter().copied())
            .build()
            .unwrap()
    }

    #[test]
    fn an_upsert_changes_only_what_differs() {
        assert_eq!(
            upsert("t", &schema(&["a"])),
            "INSERT INTO \"t\" AS kept (\"a\", \"b\"\"\") VALUES (?, ?) ON CONFLICT (\"a\") DO UPDATE SET \
             \"b\"\"\" = excluded.\"b\"\"\" WHERE (kept.\"b\"\"\") IS NOT (excluded.\"b\"\"\")"
        );
    }

    #[test]
    fn a_table_that_is_all_key_has_nothing_to_update() {
        assert!(upsert("t", &schema(&["b\"", "a"])).ends_with("ON CONFLICT (\"b\"\"\", \"a\") DO NOTHING"));
    }

    #[test]
    fn a_table_without_a_key_only_inserts() {
        assert!(upsert("t", &schema(&[])).ends_with("VALUES (?, ?)"));
        assert_eq!(delete("t", &schema(&[])), None);
    }

    #[test]
    fn a_delete_names_the_whole_key() {
        let sql = delete("t", &schema(&["b\"", "a"])).unwrap();
        assert_eq!(sql, "DELETE FROM \"t\" AS kept WHERE kept.\"b\"\"\" = ? AND kept.\"a\" = ?");
    }
}
