//! The statements that write to one table, made once and used for every batch.

use std::collections::HashMap;
use std::sync::Arc;

use sync_core::{CopyState, ReplicaTable, TableSchema, ValueKind};

use crate::names::{list, quoted, target};

/// Rows that one statement writes when many are to be written. Half as many cost a twentieth more, or a twelfth for few columns; twice as many a
/// seventh more for rows of ten columns, whose values no longer fit the memory that SQLite sets apart.
pub(crate) const ROWS_TOGETHER: usize = 16;

/// Columns of a table whose rows are small enough for that.
const COLUMNS_TOGETHER: usize = 32;

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
        let known = |made: &TableStatements| {
            made.deleted_column == table.deleted_column
                && (Arc::ptr_eq(&made.schema, &table.schema) || made.schema == table.schema)
        };
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
    deleted_column: Option<String>,
    /// The table that they write to.
    pub(crate) target: String,
    /// One parameter per column.
    pub(crate) upsert: String,
    /// The same for [`ROWS_TOGETHER`] rows; `None` for a table without a key, which could keep a part of those that fail together, for one
    /// of many columns, and for one that is live, where the rest of a write costs more than its statement.
    pub(crate) upsert_together: Option<String>,
    /// One parameter per key column; `None` for a table without a key.
    pub(crate) delete: Option<String>,
    /// Whether a row is there as given, with one parameter per column; `None` for a table without a key.
    pub(crate) is_there: Option<String>,
    /// Whether a row is there under a key, with one parameter per key column; `None` for a table without a key.
    pub(crate) has_key: Option<String>,
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
        let deleted = table.deleted_column.as_deref();
        let is_narrow = schema.columns().len() <= COLUMNS_TOGETHER;
        let together = state == CopyState::Building && !schema.key().is_empty() && is_narrow;
        Self {
            upsert: upsert(&target, &schema, deleted, 1),
            upsert_together: together.then(|| upsert(&target, &schema, deleted, ROWS_TOGETHER)),
            delete: delete(&target, &schema, deleted),
            is_there: is_there(&target, &schema, deleted),
            has_key: has_key(&target, &schema, deleted),
            deleted_column: table.deleted_column.clone(),
            columns: columns.collect(),
            target,
            schema,
        }
    }
}

/// Inserts rows, or updates each of them if anything differs. Without a key, it only inserts. A row that was marked as deleted is so no more.
fn upsert(target: &str, schema: &TableSchema, deleted: Option<&str>, rows: usize) -> String {
    let columns = schema.columns();
    let values: Vec<&str> = std::iter::repeat_n("?", columns.len()).chain(deleted.map(|_| "NULL")).collect();
    let mut sql = format!(
        "INSERT INTO {} AS kept ({}) VALUES {}",
        quoted(target),
        list(columns.iter().map(|column| column.name.as_str()).chain(deleted)),
        vec![format!("({})", values.join(", ")); rows].join(", ")
    );
    if schema.key().is_empty() {
        return sql;
    }
    let key = schema.key().iter().map(|position| columns[*position].name.as_str());
    sql.push_str(&format!(" ON CONFLICT ({}) DO ", list(key)));
    let others = columns.iter().enumerate().filter(|(position, _)| !schema.key().contains(position));
    let others: Vec<String> = others.map(|(_, column)| column.name.as_str()).chain(deleted).map(quoted).collect();
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

/// The time of a delete. SQLite's clock counts milliseconds; the text has the width of all times.
pub(crate) const NOW: &str = "strftime('%Y-%m-%d %H:%M:%f000Z', 'now')";

/// Deletes a row, or marks it where a column is there for that.
fn delete(target: &str, schema: &TableSchema, deleted: Option<&str>) -> Option<String> {
    let key = key_is_given(schema)?;
    let table = quoted(target);
    Some(match deleted.map(quoted) {
        None => format!("DELETE FROM {table} AS kept WHERE {key}"),
        Some(column) => format!("UPDATE {table} AS kept SET {column} = {NOW} WHERE {key} AND kept.{column} IS NULL"),
    })
}

fn is_there(target: &str, schema: &TableSchema, deleted: Option<&str>) -> Option<String> {
    let column = |position: usize| format!("kept.{}", quoted(&schema.columns()[position].name));
    let key: Vec<String> = schema.key().iter().map(|key| format!("{} = ?{}", column(*key), key + 1)).collect();
    let width = schema.columns().len();
    let columns: Vec<String> = (0..width).map(column).collect();
    let parameters: Vec<String> = (1..=width).map(|number| format!("?{number}")).collect();
    let equal = format!("({}) IS ({})", columns.join(", "), parameters.join(", "));
    let exists = format!(
        "SELECT EXISTS (SELECT 1 FROM {} AS kept WHERE {} AND {equal}{})",
        quoted(target),
        key.join(" AND "),
        not_deleted(deleted)
    );
    (!key.is_empty()).then_some(exists)
}

fn has_key(target: &str, schema: &TableSchema, deleted: Option<&str>) -> Option<String> {
    let key = key_is_given(schema)?;
    Some(format!("SELECT EXISTS (SELECT 1 FROM {} AS kept WHERE {key}{})", quoted(target), not_deleted(deleted)))
}

fn not_deleted(deleted: Option<&str>) -> String {
    deleted.map(|column| format!(" AND kept.{} IS NULL", quoted(column))).unwrap_or_default()
}

/// The condition on a whole key, with one parameter per key column.
fn key_is_given(schema: &TableSchema) -> Option<String> {
    // Unqualified, a name that no longer exists would be taken for a text.
    let equal = |position: &usize| format!("kept.{} = ?", quoted(&schema.columns()[*position].name));
    let key: Vec<String> = schema.key().iter().map(equal).collect();
    (!key.is_empty()).then(|| key.join(" AND "))
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
            upsert("t", &schema(&["a"]), None, 1),
            "INSERT INTO \"t\" AS kept (\"a\", \"b\"\"\") VALUES (?, ?) ON CONFLICT (\"a\") DO UPDATE SET \
             \"b\"\"\" = excluded.\"b\"\"\" WHERE (kept.\"b\"\"\") IS NOT (excluded.\"b\"\"\")"
        );
    }

    #[test]
    fn rows_that_are_written_together_have_parameters_of_their_own() {
        let sql = upsert("t", &schema(&["a"]), Some("gone"), 3);
        assert!(
            sql.contains(" VALUES (?, ?, NULL), (?, ?, NULL), (?, ?, NULL) ON CONFLICT (\"a\") DO UPDATE"),
            "{sql}"
        );
    }

    #[test]
    fn a_table_that_is_all_key_has_nothing_to_update() {
        assert!(upsert("t", &schema(&["b\"", "a"]), None, 1).ends_with("ON CONFLICT (\"b\"\"\", \"a\") DO NOTHING"));
    }

    #[test]
    fn a_table_without_a_key_only_inserts() {
        assert!(upsert("t", &schema(&[]), None, 1).ends_with("VALUES (?, ?)"));
        assert_eq!(delete("t", &schema(&[]), None), None);
    }

    #[test]
    fn a_delete_names_the_whole_key() {
        let sql = delete("t", &schema(&["b\"", "a"]), None).unwrap();
        assert_eq!(sql, "DELETE FROM \"t\" AS kept WHERE kept.\"b\"\"\" = ? AND kept.\"a\" = ?");
    }

    #[test]
    fn a_marked_row_is_one_that_differs() {
        let all_key = upsert("t", &schema(&["b\"", "a"]), Some("gone"), 1);
        assert_eq!(
            all_key,
            "INSERT INTO \"t\" AS kept (\"a\", \"b\"\"\", \"gone\") VALUES (?, ?, NULL) ON CONFLICT (\"b\"\"\", \"a\") \
             DO UPDATE SET \"gone\" = excluded.\"gone\" WHERE (kept.\"gone\") IS NOT (excluded.\"gone\")"
        );
        let sql = delete("t", &schema(&["a"]), Some("gone")).unwrap();
        assert!(sql.ends_with("WHERE kept.\"a\" = ? AND kept.\"gone\" IS NULL"), "{sql}");
    }
}
