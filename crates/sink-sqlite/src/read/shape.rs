//! The parts of a statement that reads a stored table.

use rusqlite::Connection;
use sync_core::{ReplicaTable, Result};

use crate::names::{columns_of, quoted};

/// A table as it stands in the file.
pub(super) struct Shape {
    columns: Vec<String>,
}

impl Shape {
    /// Looks at a table; one that is missing has no columns.
    pub(super) fn of(conn: &Connection, target: &str) -> Result<Self> {
        Ok(Self { columns: columns_of(conn, target)? })
    }

    fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.eq_ignore_ascii_case(name))
    }

    /// The name by which the address of a row can be asked for; nothing where columns have taken all of them.
    pub(super) fn address(&self) -> Option<&'static str> {
        ["rowid", "_rowid_", "oid"].into_iter().find(|name| !self.has(name))
    }

    /// The conditions that leave out rows marked as deleted: none while the table has no such column yet.
    pub(super) fn not_deleted(&self, table: &ReplicaTable) -> Option<String> {
        let column = table.deleted_column.as_deref().filter(|column| self.has(column))?;
        // The sign keeps SQLite from an index on this column, by which it would have to sort every page.
        Some(format!("+{} IS NULL", kept(column)))
    }
}

/// A column of the table. With the table's name before it, one that no longer exists is an error and not a text.
pub(super) fn kept(column: &str) -> String {
    format!("kept.{}", quoted(column))
}

/// All columns of the source, in its order.
pub(super) fn all_columns(table: &ReplicaTable) -> String {
    table.schema.columns().iter().map(|column| kept(&column.name)).collect::<Vec<_>>().join(", ")
}

/// The columns of the key, in its order.
pub(super) fn key_columns(table: &ReplicaTable) -> Vec<String> {
    table.schema.key().iter().map(|position| kept(&table.schema.columns()[*position].name)).collect()
}
