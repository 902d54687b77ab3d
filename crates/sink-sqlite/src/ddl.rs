//! Tables as they are made from a [`TableSchema`].
//!
//! A table that is not complete yet is built as `tmp_data_sync_build_<replica>` and published in one rename.

use rusqlite::Connection;
use rusqlite::limits::Limit;
use sync_core::{Column, Error, ReplicaTable, Result, SchemaChange, TableSchema, ValueKind};

use crate::error::sqlite_error;
use crate::names::{build_table, check_columns, check_replica, columns_of, list, quoted};
use crate::{indexes, state, types};

/// Makes or drops the build table of `table`.
pub(crate) fn apply(conn: &Connection, table: &ReplicaTable, change: &SchemaChange) -> Result<()> {
    check_replica(&table.name)?;
    match change {
        SchemaChange::StartBuild => start_build(conn, table),
        SchemaChange::DropBuild => drop_build(conn, &table.name),
        SchemaChange::Indexes => indexes::keep(conn, table),
        _ => Err(Error::internal("this sink does not know this change of a schema")),
    }
}

fn start_build(conn: &Connection, table: &ReplicaTable) -> Result<()> {
    check_width(conn, table)?;
    check_columns(table)?;
    // Now rather than after hours of copying.
    state::check_owner(conn, &table.name)?;
    drop_build(conn, &table.name)?;
    conn.execute_batch(&create_table(&build_table(&table.name), table)).map_err(sqlite_error)?;
    state::clear_failed(conn, &table.name)?;
    state::add_table(conn, table)
}

fn drop_build(conn: &Connection, name: &str) -> Result<()> {
    conn.execute_batch(&format!("DROP TABLE IF EXISTS {}", quoted(&build_table(name)))).map_err(sqlite_error)?;
    state::forget_build(conn, name)
}

fn check_width(conn: &Connection, table: &ReplicaTable) -> Result<()> {
    let most = conn.limit(Limit::SQLITE_LIMIT_COLUMN).map_err(sqlite_error)?;
    let width = table.schema.columns().len() + usize::from(table.deleted_column.is_some());
    if i32::try_from(width).is_ok_and(|width| width <= most) {
        return Ok(());
    }
    Err(Error::unsupported(format!("it has {width} columns, and SQLite holds at most {most}"))
        .hint("read a view with fewer columns"))
}

/// The key becomes the PRIMARY KEY. Nothing else is taken over: what the source allowed once must always fit.
fn create_table(name: &str, table: &ReplicaTable) -> String {
    let schema = &table.schema;
    let mut lines: Vec<String> =
        schema.columns().iter().enumerate().map(|(position, column)| definition(schema, position, column)).collect();
    lines.extend(table.deleted_column.as_deref().map(deleted_column));
    if integer_key(schema).is_none() && !schema.key().is_empty() {
        let key = schema.key().iter().map(|position| schema.columns()[*position].name.as_str());
        lines.push(format!("PRIMARY KEY ({})", list(key)));
    }
    format!("CREATE TABLE {} (\n  {}\n)", quoted(name), lines.join(",\n  "))
}

fn definition(schema: &TableSchema, position: usize, column: &Column) -> String {
    let name = quoted(&column.name);
    let declared = types::declared(column.data_type.value_kind());
    if integer_key(schema) == Some(position) {
        // Exactly these words make the key the row's own address: loads take two thirds of the time.
        return format!("{name} INTEGER PRIMARY KEY");
    }
    // SQLite lets a PRIMARY KEY hold NULL otherwise.
    let not_null = if schema.key().contains(&position) { " NOT NULL" } else { "" };
    format!("{name} {declared}{not_null}")
}

/// The column that takes the time of a delete.
fn deleted_column(name: &str) -> String {
    format!("{} TEXT", quoted(name))
}

/// Adds the column that takes the time of a delete to a table that was made without it. A table that is missing is left to whoever
/// writes to it.
pub(crate) fn ensure_deleted_column(conn: &Connection, target: &str, table: &ReplicaTable) -> Result<()> {
    let Some(column) = table.deleted_column.as_deref() else { return Ok(()) };
    let there = columns_of(conn, target)?;
    if there.is_empty() || there.iter().any(|name| name.eq_ignore_ascii_case(column)) {
        return Ok(());
    }
    let sql = format!("ALTER TABLE {} ADD COLUMN {}", quoted(target), deleted_column(column));
    conn.execute_batch(&sql).map_err(sqlite_error)
}

/// The position of a key that is one integer.
fn integer_key(schema: &TableSchema) -> Option<usize> {
    match schema.key() {
        [key] if schema.columns()[*key].data_type.value_kind() == ValueKind::Integer => Some(*key),
        _ => None,
    }
}

/// Whether the table still has the columns and the key that it was made with. A user may have added columns.
pub(crate) fn is_as_made(conn: &Connection, name: &str, schema: &TableSchema) -> Result<bool> {
    let found: Vec<(String, u16)> = conn
        .prepare("SELECT name, pk FROM pragma_table_info(?1)")
        .and_then(|mut select| select.query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .map_err(sqlite_error)?;
    let rank = |position| (1..).zip(schema.key()).find(|(_, key)| **key == position).map_or(0, |(rank, _)| rank);
    let has = |(position, column): (usize, &Column)| {
        found.iter().any(|(name, key)| name.eq_ignore_ascii_case(&column.name) && *key == rank(position))
    };
    Ok(schema.columns().iter().enumerate().all(has))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sync_core::{DataType, TableId};

    use super::*;

    fn table(columns: &[(&str, DataType)], key: &[&str]) -> String {
        let builder = TableSchema::builder(TableId::unqualified("t"));
        let builder = columns.iter().fold(builder, |table, (name, kind)| table.column(Column::new(*name, *kind)));
        let schema = builder.key(key.iter().copied()).build().unwrap();
        create_table("t", &ReplicaTable::new("t", Arc::new(schema)))
    }

    #[test]
    fn a_single_integer_key_is_the_address_of_the_row() {
        for kind in [DataType::Integer, DataType::Boolean, DataType::Decimal { precision: 9, scale: 0 }] {
            let made = table(&[("id", kind), ("x", DataType::Decimal { precision: 12, scale: 2 })], &["id"]);
            assert_eq!(made, "CREATE TABLE \"t\" (\n  \"id\" INTEGER PRIMARY KEY,\n  \"x\" REAL\n)");
        }
    }

    #[test]
    fn other_keys_are_never_null() {
        let made = table(&[("a", DataType::Text), ("b", DataType::Bytes), ("c", DataType::Integer)], &["c", "a"]);
        let expected = "CREATE TABLE \"t\" (\n  \"a\" TEXT NOT NULL,\n  \"b\" BLOB,\n  \"c\" INTEGER NOT NULL,\n  \
                        PRIMARY KEY (\"c\", \"a\")\n)";
        assert_eq!(made, expected);
    }

    #[test]
    fn the_column_for_deletes_comes_after_those_of_the_source() {
        let schema =
            TableSchema::builder(TableId::unqualified("t")).column(Column::new("a", DataType::Text)).key(["a"]);
        let made = ReplicaTable::new("t", Arc::new(schema.build().unwrap())).deleted_column(Some("gone \"at\"".into()));
        let expected =
            "CREATE TABLE \"t\" (\n  \"a\" TEXT NOT NULL,\n  \"gone \"\"at\"\"\" TEXT,\n  PRIMARY KEY (\"a\")\n)";
        assert_eq!(create_table("t", &made), expected);
    }

    #[test]
    fn a_table_without_a_key_has_none() {
        assert_eq!(table(&[("a", DataType::Uuid)], &[]), "CREATE TABLE \"t\" (\n  \"a\" TEXT\n)");
    }
}
