//! What a transaction knows of the tables that it writes to, asked once and kept up.

use std::collections::HashMap;

use rusqlite::Connection;
use sync_core::{CopyState, Error, ReplicaTable, Result};

use crate::error::sqlite_error;
use crate::names::target;
use crate::{ddl, state};

/// The tables that a transaction has written to, by replica name and state.
#[derive(Debug, Default)]
pub(crate) struct WrittenTables {
    building: HashMap<String, WrittenTable>,
    live: HashMap<String, WrittenTable>,
}

/// A table that a transaction writes to.
#[derive(Debug, Default)]
pub(crate) struct WrittenTable {
    /// Whether rows of it are kept aside, whose keys have to be looked for.
    pub(super) has_failed: bool,
    /// Whether users made triggers on it.
    pub(super) has_triggers: bool,
    /// Whether rows are written as they come: in a copy they are in order, and by what users made, a trigger or a unique index, rows of
    /// different keys can be in each other's way.
    pub(super) order_matters: bool,
    /// Whether a row was stored, or found as it should be.
    pub(super) stored: bool,
    /// Rows that were refused for the first time.
    refused: u64,
    /// Why the first of them was.
    reason: Option<String>,
}

/// When so many rows were refused and none was stored, it is the table that is broken and not the rows.
const REFUSED_WITHOUT_END: u64 = 1000;

impl WrittenTables {
    /// What is known of a table. At the first time it is brought to the shape that is to be written.
    pub(crate) fn of(
        &mut self,
        conn: &Connection,
        table: &ReplicaTable,
        state: CopyState,
    ) -> Result<&mut WrittenTable> {
        let tables = match state {
            CopyState::Building => &mut self.building,
            _ => &mut self.live,
        };
        if !tables.contains_key(&table.name) {
            tables.insert(table.name.clone(), WrittenTable::look(conn, table, state)?);
        }
        tables.get_mut(&table.name).ok_or_else(|| Error::internal("a table was forgotten"))
    }

    /// Looks anew at the next write: the table was made, dropped or published, or rows of it were kept aside.
    pub(crate) fn forget(&mut self, table: &str) {
        self.building.remove(table);
        self.live.remove(table);
    }

    /// Takes note of a row that was kept aside by somebody else than a write.
    pub(crate) fn note_failed(&mut self, table: &ReplicaTable) {
        for tables in [&mut self.building, &mut self.live] {
            if let Some(written) = tables.get_mut(&table.name) {
                written.note_failed(table);
            }
        }
    }
}

impl WrittenTable {
    fn look(conn: &Connection, table: &ReplicaTable, state: CopyState) -> Result<Self> {
        let target = &target(&table.name, state);
        ddl::ensure_deleted_column(conn, target, table)?;
        let (has_triggers, has_unique): (bool, bool) = conn
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE),
                     EXISTS (SELECT 1 FROM pragma_index_list(?1) WHERE \"unique\" = 1 AND origin <> 'pk')",
            )
            .and_then(|mut select| select.query_row([target.as_str()], |row| Ok((row.get(0)?, row.get(1)?))))
            .map_err(sqlite_error)?;
        // Nothing tells rows without a key apart: none of them makes an end of another.
        let has_failed = !table.schema.key().is_empty() && state::has_failed(conn, &table.name)?;
        let order_matters = state == CopyState::Building || has_triggers || has_unique;
        Ok(Self { has_failed, has_triggers, order_matters, ..Self::default() })
    }

    pub(super) fn note_failed(&mut self, table: &ReplicaTable) {
        self.has_failed = !table.schema.key().is_empty();
    }

    /// Counts a row that was refused.
    ///
    /// # Errors
    /// When no row of the table is ever stored.
    pub(super) fn note_refused(&mut self, reason: String) -> Result<()> {
        self.refused += 1;
        let first = self.reason.get_or_insert(reason);
        if self.stored || self.refused < REFUSED_WITHOUT_END {
            return Ok(());
        }
        Err(Error::config(format!(
            "it refuses every row: of {} none could be stored, the first because: {first}",
            self.refused
        ))
        .hint("drop the index or trigger that makes this rule, or leave the table out"))
    }
}
