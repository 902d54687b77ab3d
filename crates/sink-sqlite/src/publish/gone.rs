//! Rows that the source has no more, and that are to stay: another copy does not give them again, so they come along from the table whose
//! place it takes.

use rusqlite::Connection;
use sync_core::{ReplicaTable, Result};

use crate::error::sqlite_error;
use crate::names::{list, quoted};
use crate::statements::NOW;

/// Copies what the published table has under keys that the build table lacks.
pub(super) fn take_over(conn: &Connection, table: &ReplicaTable, build: &str) -> Result<()> {
    let Some(kept) = table.kept_of_gone.as_ref().filter(|_| !table.schema.key().is_empty()) else { return Ok(()) };
    let former = columns(conn, &table.name)?;
    if former.is_empty() {
        return Ok(());
    }
    let key: Vec<&str> = table.schema.key().iter().map(|key| table.schema.columns()[*key].name.as_str()).collect();
    if key_of(&former) != key_of(&columns(conn, build)?) {
        tracing::warn!(
            table = table.name,
            "its key is another one now, so rows that the source has no more are not kept"
        );
        return Ok(());
    }
    let has = |name: &str| former.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    let kept: Vec<&str> = table
        .schema
        .columns()
        .iter()
        .map(|column| column.name.as_str())
        .filter(|name| kept.iter().any(|kept| kept == name) && has(name))
        .collect();
    let deleted = table.deleted_column.as_deref();
    let mark = deleted
        .map(|column| if has(column) { format!("coalesce(gone.{}, {NOW})", quoted(column)) } else { NOW.to_owned() });
    let values: Vec<String> = kept.iter().map(|name| format!("gone.{}", quoted(name))).chain(mark).collect();
    let same: Vec<String> = key.iter().map(|name| format!("made.{0} = gone.{0}", quoted(name))).collect();
    let sql = format!(
        "INSERT INTO {build} ({}) SELECT {} FROM {} AS gone WHERE NOT EXISTS (SELECT 1 FROM {build} AS made WHERE {})",
        list(kept.iter().copied().chain(deleted)),
        values.join(", "),
        quoted(&table.name),
        same.join(" AND "),
        build = quoted(build),
    );
    conn.execute(&sql, []).map_err(sqlite_error)?;
    Ok(())
}

struct FormerColumn {
    name: String,
    /// As it was declared.
    kind: String,
    /// Its place in the key, from 1 on; 0 outside of it.
    key: u16,
}

fn columns(conn: &Connection, table: &str) -> Result<Vec<FormerColumn>> {
    conn.prepare("SELECT name, type, pk FROM pragma_table_info(?1)")
        .and_then(|mut select| {
            select
                .query_map([table], |row| Ok(FormerColumn { name: row.get(0)?, kind: row.get(1)?, key: row.get(2)? }))?
                .collect()
        })
        .map_err(sqlite_error)
}

/// What the key is made of, in its order: a value of another kind might not fit.
fn key_of(columns: &[FormerColumn]) -> Vec<(u16, String, &str)> {
    let key = columns.iter().filter(|column| column.key > 0);
    let mut key: Vec<_> =
        key.map(|column| (column.key, column.name.to_ascii_lowercase(), column.kind.as_str())).collect();
    key.sort_unstable();
    key
}
