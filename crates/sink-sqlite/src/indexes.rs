//! The source's indexes in the replica, beside those that users made themselves.

use rusqlite::Connection;
use sync_core::{Index, ReplicaTable, Result};

use crate::error::sqlite_error;
use crate::names::{list, object_type, quoted};

/// What the names of indexes begin with that were copied from the source.
pub(crate) const OURS: &str = "tmp_data_sync_index_";

/// Makes the source's indexes on the table that is being published, after those of the table before it are gone.
///
/// It is part of the publishing transaction, as an index can't be renamed in SQLite: made earlier, it would need another name than the one
/// that is still in use. Readers see the old table until the end; only others that want to write to the file wait.
///
/// None of them is unique: what the source forbids is not for the replica to judge.
pub(crate) fn copy(conn: &Connection, table: &ReplicaTable) -> Result<()> {
    for index in table.schema.indexes() {
        let name = quoted(&free_name(conn, table, index)?);
        let columns = list(index.columns.iter().map(String::as_str));
        let sql = format!("CREATE INDEX {name} ON {} ({columns})", quoted(&table.name));
        conn.execute_batch(&sql).map_err(sqlite_error)?;
    }
    Ok(())
}

/// The index's own name after its table's. Names share one room in SQLite and know no case there, so that two can meet: the later one
/// gets a number.
fn free_name(conn: &Connection, table: &ReplicaTable, index: &Index) -> Result<String> {
    let wanted = format!("{OURS}{}.{}", table.name, index.name);
    let mut name = wanted.clone();
    let mut number = 1;
    while object_type(conn, &name)?.is_some() {
        number += 1;
        name = format!("{wanted}_{number}");
    }
    Ok(name)
}
