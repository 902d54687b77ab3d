//! The build table becomes the table that readers see.

use rusqlite::{Connection, ErrorCode};
use sync_core::{ReplicaTable, Result};

use crate::error::{is_refused_statement, sqlite_error};
use crate::names::{build_table, check_replica, quoted, table_exists};
use crate::{state, write};

/// Replaces the published table by the build table, in the caller's transaction. Views that users made on it stay as they are;
/// their indexes and triggers are made again, and those that no longer fit are left out with a warning.
pub(crate) fn publish(conn: &Connection, table: &ReplicaTable) -> Result<()> {
    let name = &table.name;
    check_replica(name)?;
    let build = build_table(name);
    if !table_exists(conn, &build)? {
        return Err(write::not_as_made());
    }
    state::check_owner(conn, name)?;
    let belongings = belongings(conn, name)?;
    let replace = format!("DROP TABLE IF EXISTS {0}; ALTER TABLE {1} RENAME TO {0}", quoted(name), quoted(&build));
    conn.execute_batch(&replace).map_err(sqlite_error)?;
    for object in &belongings {
        restore(conn, name, object)?;
    }
    state::mark_published(conn, table)
}

/// What SQLite drops together with a table.
struct Belonging {
    kind: String,
    name: String,
    sql: String,
}

/// The users' indexes and triggers of a table. Those of a key have no statement.
fn belongings(conn: &Connection, table: &str) -> Result<Vec<Belonging>> {
    conn.prepare(
        "SELECT type, name, sql FROM sqlite_master
         WHERE tbl_name = ?1 COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid",
    )
    .and_then(|mut select| {
        let read = |row: &rusqlite::Row<'_>| Ok(Belonging { kind: row.get(0)?, name: row.get(1)?, sql: row.get(2)? });
        select.query_map([table], read)?.collect()
    })
    .map_err(sqlite_error)
}

fn restore(conn: &Connection, table: &str, object: &Belonging) -> Result<()> {
    let Err(error) = conn.execute_batch(&object.sql) else { return Ok(()) };
    let misfit = is_refused_statement(&error) || error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation);
    let error = sqlite_error(error);
    if !misfit || conn.is_autocommit() {
        return Err(error);
    }
    let Belonging { kind, name, sql } = object;
    tracing::warn!(table, kind, name, sql, "left out, as it does not fit the table any more: {}", error.message());
    Ok(())
}
