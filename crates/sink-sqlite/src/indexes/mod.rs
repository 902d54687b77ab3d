//! The source's indexes in the replica, beside those that users made themselves.

mod definition;

use rusqlite::Connection;
use sync_core::{Index, ReplicaTable, Result};

use crate::error::sqlite_error;
use crate::names::{object_type, quoted, table_exists};
use definition::definition;

/// What the names of indexes begin with that were copied from the source.
pub(crate) const OURS: &str = "tmp_data_sync_index_";

/// Gives a published table the source's indexes, and drops those that it had from the source before. What is as it should be stays.
///
/// For a table that is being published it is part of that transaction, as an index can't be renamed in SQLite: made earlier, it would need
/// another name than the one that is still in use. Readers see the old table until the end; only others that want to write to the file wait.
///
/// None of them is unique: what the source forbids is not for the replica to judge.
pub(crate) fn keep(conn: &Connection, table: &ReplicaTable) -> Result<()> {
    if !table_exists(conn, &table.name)? {
        return Ok(());
    }
    let mut there = copied(conn, &table.name)?;
    let mut missing = Vec::new();
    for index in table.schema.indexes() {
        match there.iter().position(|made| made.is(table, index)) {
            Some(position) => drop(there.swap_remove(position)),
            None => missing.push(index),
        }
    }
    for made in there {
        conn.execute_batch(&format!("DROP INDEX {}", quoted(&made.name))).map_err(sqlite_error)?;
    }
    for index in missing {
        let sql = statement(&free_name(conn, table, index)?, table, index);
        conn.execute_batch(&sql).map_err(sqlite_error)?;
    }
    Ok(())
}

/// An index in the file that was copied from the source.
struct Copied {
    name: String,
    sql: String,
}

impl Copied {
    /// Whether it was made for this index, as it is now.
    fn is(&self, table: &ReplicaTable, index: &Index) -> bool {
        let rest = self.name.strip_prefix(&wanted_name(table, index));
        let is_named = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
        is_named && self.sql == statement(&self.name, table, index)
    }
}

fn copied(conn: &Connection, table: &str) -> Result<Vec<Copied>> {
    conn.prepare(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?1 COLLATE NOCASE
             AND lower(substr(name, 1, length(?2))) = ?2 ORDER BY rowid",
    )
    .and_then(|mut select| {
        let read = |row: &rusqlite::Row<'_>| Ok(Copied { name: row.get(0)?, sql: row.get(1)? });
        select.query_map([table, OURS], read)?.collect()
    })
    .map_err(sqlite_error)
}

/// As the file keeps it, word for word.
fn statement(name: &str, table: &ReplicaTable, index: &Index) -> String {
    format!("CREATE INDEX {} ON {} {}", quoted(name), quoted(&table.name), definition(index))
}

fn wanted_name(table: &ReplicaTable, index: &Index) -> String {
    format!("{OURS}{}.{}", table.name, index.name)
}

/// The index's own name after its table's. Names share one room in SQLite and know no case there, so that two can meet: the later one
/// gets a number.
fn free_name(conn: &Connection, table: &ReplicaTable, index: &Index) -> Result<String> {
    let wanted = wanted_name(table, index);
    let mut name = wanted.clone();
    let mut number = 1;
    while object_type(conn, &name)?.is_some() {
        number += 1;
        name = format!("{wanted}_{number}");
    }
    Ok(name)
}
