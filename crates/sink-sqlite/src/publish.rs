//! The build table becomes the table that readers see.

mod gone;

use rusqlite::{Connection, ErrorCode};
use sync_core::{Error, ReplicaTable, Result};

use crate::error::{is_refused_statement, sqlite_error};
use crate::names::{build_table, check_replica, quoted, table_exists};
use crate::{indexes, state, write};

/// Replaces the published table by the build table, in the caller's transaction. Views that users made on it stay as they are;
/// their indexes and triggers are made again. One that no longer fits the columns is left out with a warning; an index that does not
/// fit the new rows is in the way, as it is not ours to drop.
pub(crate) fn publish(conn: &Connection, table: &ReplicaTable) -> Result<()> {
    let name = &table.name;
    check_replica(name)?;
    let build = build_table(name);
    if !table_exists(conn, &build)? {
        return Err(write::not_as_made());
    }
    state::check_owner(conn, name)?;
    let belongings = belongings(conn, name)?;
    gone::take_over(conn, table, &build)?;
    let replace = format!("DROP TABLE IF EXISTS {0}; ALTER TABLE {1} RENAME TO {0}", quoted(name), quoted(&build));
    conn.execute_batch(&replace).map_err(sqlite_error)?;
    for object in &belongings {
        restore(conn, name, object)?;
    }
    indexes::keep(conn, table)?;
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
         WHERE tbl_name = ?1 COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS NOT NULL
             AND lower(substr(name, 1, length(?2))) <> ?2 ORDER BY rowid",
    )
    .and_then(|mut select| {
        let read = |row: &rusqlite::Row<'_>| Ok(Belonging { kind: row.get(0)?, name: row.get(1)?, sql: row.get(2)? });
        select.query_map([table, indexes::OURS], read)?.collect()
    })
    .map_err(sqlite_error)
}

fn restore(conn: &Connection, table: &str, object: &Belonging) -> Result<()> {
    let Belonging { kind, name, sql } = object;
    let mut made = match conn.prepare(sql) {
        Ok(made) => made,
        Err(error) if is_refused_statement(&error) => {
            let said = sqlite_error(error);
            tracing::warn!(
                table,
                kind,
                name,
                sql,
                "left out, as it does not fit the table any more: {}",
                said.message()
            );
            return Ok(());
        }
        Err(error) => return Err(sqlite_error(error)),
    };
    match made.raw_execute() {
        Ok(_) => Ok(()),
        Err(error) if is_about_rows(&error) && !conn.is_autocommit() => Err(in_the_way(kind, name, error)),
        Err(error) => Err(sqlite_error(error)),
    }
}

/// Whether a statement that fits the table failed on its rows.
fn is_about_rows(error: &rusqlite::Error) -> bool {
    is_refused_statement(error) || error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

fn in_the_way(kind: &str, name: &str, error: rusqlite::Error) -> Error {
    let said = sqlite_error(error);
    Error::config(format!(
        "its new rows do not fit the {kind} {} that was made on it: {}",
        quoted(name),
        said.message()
    ))
    .hint("drop it, or change the rows at the source; until then the table stays as it was")
}
