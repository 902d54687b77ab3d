//! Names in the replica: quoted wherever they stand, and kept apart from SQLite's and from our own.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};
use sync_core::{CopyState, Error, ReplicaTable, Result};

use crate::error::sqlite_error;

/// What our own tables begin with.
pub(crate) const RESERVED: &str = "tmp_data_sync_";

/// The hidden table in which the replica `name` is built.
pub(crate) fn build_table(name: &str) -> String {
    format!("{RESERVED}build_{name}")
}

/// The table that rows of the replica `name` go to.
pub(crate) fn target(name: &str, state: CopyState) -> String {
    match state {
        CopyState::Building => build_table(name),
        _ => name.to_owned(),
    }
}

/// A name as SQL reads it back, whatever its characters.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Names, quoted, with a comma between them.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

/// Refuses a name for a replica that SQLite or this crate keeps for itself.
pub(crate) fn check_replica(name: &str) -> Result<()> {
    let begins_with = |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let owner = if begins_with(RESERVED) {
        "the replica's own state"
    } else if begins_with("sqlite_") {
        "SQLite"
    } else if name.is_empty() || name.contains('\0') {
        return Err(Error::config("it is no name for a table").hint("set another `replica` name"));
    } else {
        return Ok(());
    };
    Err(Error::config(format!("names that begin so are kept for {owner}")).hint("set another `replica` name for it"))
}

/// Refuses two columns that SQLite takes for one: its names know no difference between `a` and `A`.
pub(crate) fn check_columns(table: &ReplicaTable) -> Result<()> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for column in table.schema.columns() {
        if let Some(other) = seen.insert(column.name.to_ascii_lowercase(), &column.name) {
            let both = format!("columns {other:?} and {:?} differ only in case, which SQLite ignores", column.name);
            return Err(Error::unsupported(both).hint("rename one of them, or read a view that does"));
        }
    }
    match &table.deleted_column {
        Some(column) if seen.contains_key(&column.to_ascii_lowercase()) => {
            Err(Error::config(format!("deleted_column {column:?} is a column of the table"))
                .hint("choose another name"))
        }
        Some(column) if column.is_empty() || column.contains('\0') => {
            Err(Error::config(format!("deleted_column {column:?} is no name")).hint("choose another name"))
        }
        _ => Ok(()),
    }
}

/// What kind of object has this name, in any case: `table`, `view` or `index`.
pub(crate) fn object_type(conn: &Connection, name: &str) -> Result<Option<String>> {
    conn.prepare_cached(
        "SELECT type FROM sqlite_master WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view', 'index')",
    )
    .and_then(|mut select| select.query_row([name], |row| row.get(0)).optional())
    .map_err(sqlite_error)
}

/// Whether there is a table of this name.
pub(crate) fn table_exists(conn: &Connection, name: &str) -> Result<bool> {
    Ok(object_type(conn, name)?.as_deref() == Some("table"))
}

/// The columns of a table as it stands in the file; none where there is no such table.
pub(crate) fn columns_of(conn: &Connection, table: &str) -> Result<Vec<String>> {
    conn.prepare_cached("SELECT name FROM pragma_table_info(?1)")
        .and_then(|mut select| select.query_map([table], |row| row.get(0))?.collect())
        .map_err(sqlite_error)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sync_core::{Column, DataType, ErrorKind, TableId, TableSchema};

    use super::*;

    #[test]
    fn a_quote_in_a_name_is_doubled() {
        assert_eq!(quoted("Weird \"Name\""), "\"Weird \"\"Name\"\"\"");
        assert_eq!(list(["a", "'; drop table x; --"]), "\"a\", \"'; drop table x; --\"");
    }

    #[test]
    fn kept_names_are_refused_in_any_case() {
        for name in ["tmp_data_sync_metadata", "TMP_DATA_SYNC_x", "sqlite_x", "SQLite_sequence", "", "a\0b"] {
            assert_eq!(check_replica(name).unwrap_err().kind(), ErrorKind::Config, "{name:?}");
        }
        for name in ["tmp_users", "sqlite", "tmp_data_sync", "Ünï", "öööööööö"] {
            assert!(check_replica(name).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn columns_that_differ_in_ascii_case_are_refused() {
        let table = |names: [&str; 2]| {
            let table = TableSchema::builder(TableId::unqualified("t"));
            let table = names.into_iter().fold(table, |table, name| table.column(Column::new(name, DataType::Text)));
            ReplicaTable::new("t", Arc::new(table.build().unwrap()))
        };
        let error = check_columns(&table(["Name", "NAME"])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains("\"Name\" and \"NAME\""), "{error}");
        assert!(check_columns(&table(["ä", "Ä"])).is_ok());

        for taken in ["A", "", "a\0b"] {
            let error = check_columns(&table(["a", "b"]).deleted_column(Some(taken.to_owned()))).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{taken:?}");
        }
    }
}
