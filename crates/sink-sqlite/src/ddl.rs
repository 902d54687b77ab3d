//! Tables as they are made from a [`TableSchema`].
//!
//! A table that is not complete yet is built as `tmp_data_sync_build_<replica>` and published in one rename.

use rusqlite::Connection;
use rusqlite::limits::Limit;
use sync_core::{Column, Error, ReplicaTable, Result, SchemaChange, TableSchema, ValueKind};

use crate::error::sqlite_error;
use crate::names::{build_table, check_columns, check_replica, list, quoted};
use crate::{state, types};

/// Makes or drops the build table of `table`.
pub(crate) fn apply(conn: &Connection, table: &ReplicaTable, change: &SchemaChange) -> Result<()> {
    check_replica(&table.name)?;
    match change {
        SchemaChange::StartBuild => start_build(conn, table),
        SchemaChange::DropBuild => drop_build(conn, &table.name),
        _ => Err(Error::internal("this sink does not know this change of a schema")),
    }
}

fn start_build(conn: &Connection, table: &ReplicaTable) -> Result<()> {
    check_width(conn, &table.schema)?;
    check_columns(&table.schema)?;
    // Now rather than after hours of copying.
    state::check_owner(conn, &table.name)?;
    drop_build(conn, &table.name)?;
    conn.execute_batch(&create_table(&build_table(&table.name), &table.schema)).map_err(sqlite_error)?;
    state::add_table(conn, table)
}

fn drop_build(conn: &Connection, name: &str) -> Result<()> {
    conn.execute_batch(&format!("DROP TABLE IF EXISTS {}", quoted(&build_table(name)))).map_err(sqlite_error)?;
    state::forget_build(conn, name)
}

fn check_width(conn: &Connection, schema: &TableSchema) -> Result<()> {
    let most = conn.limit(Limit::SQLITE_LIMIT_COLUMN).map_err(sqlite_error)?;
    let width = schema.columns().len();
    if i32::try_from(width).is_ok_and(|width| width <= most) {
        return Ok(());
    }
    Err(Error::unsupported(format!("it has {width} columns, and SQLite holds at most {most}"))
        .hint("read a view with fewer columns"))
}

/// The key becomes the PRIMARY KEY. Nothing else is taken over: what the source allowed once must always fit.
fn create_table(name: &str, schema: &TableSchema) -> String {
    let mut lines: Vec<String> =
        schema.columns().iter().enumerate().map(|(position, column)| definition(schema, position, column)).collect();
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
    use sync_core::{DataType, TableId};

    use super::*;

    fn table(columns: &[(&str, DataType)], key: &[&str]) -> String {
        let builder = TableSchema::builder(TableId::unqualified("t"));
        let builder = columns.iter().fold(builder, |table, (name, kind)| table.column(Column::new(*name, *kind)));
        create_table("t", &builder.key(key.iter().copied()).build().unwrap())
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
    fn a_table_without_a_key_has_none() {
        assert_eq!(table(&[("a", DataType::Uuid)], &[]), "CREATE TABLE \"t\" (\n  \"a\" TEXT\n)");
    }
}
