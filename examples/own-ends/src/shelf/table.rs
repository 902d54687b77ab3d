//! One table: what readers see, what is being built, and what was kept aside.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::{CopyState, Error, FailedRow, Op, OwnedValue, ReplicaTable, Result, Row, RowBatch, WriteStats};

use super::gone::take_over;

/// Cells by those of the key. Rows of a table without a key have their number in its place.
pub(super) type Rows = BTreeMap<Vec<OwnedValue>, Stored>;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stored {
    pub(super) cells: Vec<OwnedValue>,
    /// For a table that marks its deletes: whether this row is marked.
    pub(super) mark: Option<bool>,
}

impl Stored {
    pub(super) fn is_there(&self) -> bool {
        self.mark != Some(true)
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    published: Option<Rows>,
    /// As what it was published.
    made: Option<ReplicaTable>,
    building: Option<Rows>,
    /// By key.
    aside: BTreeMap<String, FailedRow>,
    forbidden: BTreeSet<String>,
}

impl Table {
    pub(super) fn forbid(&mut self, text: &str) {
        self.forbidden.insert(text.to_owned());
    }

    /// A new copy sees every row again, so nothing that was kept aside is worth keeping.
    pub(super) fn start_build(&mut self) {
        self.building = Some(Rows::new());
        self.aside.clear();
    }

    pub(super) fn drop_build(&mut self) {
        self.building = None;
    }

    pub(super) fn publish(&mut self, table: &ReplicaTable) -> Result<()> {
        let mut rows = self.building.take().ok_or_else(no_such_table)?;
        if let (Some(former), Some(made)) = (self.published.take(), self.made.take()) {
            take_over(&mut rows, table, former, &made);
        }
        self.published = Some(rows);
        self.made = Some(table.clone());
        Ok(())
    }

    pub(super) fn fail(&mut self, row: &FailedRow) {
        self.aside.insert(row.key.clone(), row.clone());
    }

    pub(super) fn aside(&self, limit: usize) -> Vec<FailedRow> {
        self.aside.values().take(limit).cloned().collect()
    }

    pub(super) fn rows(&self, state: CopyState) -> Option<&Rows> {
        if state == CopyState::Building { self.building.as_ref() } else { self.published.as_ref() }
    }

    /// What readers see: with the time of a delete as the last cell, where deletes are marked.
    pub(super) fn shown(&self) -> Option<Vec<Vec<OwnedValue>>> {
        let shown = |stored: &Stored| {
            // Memory keeps no times: any text says that the row is gone.
            let mark = stored.mark.map(|marked| if marked { OwnedValue::from("gone") } else { OwnedValue::Null });
            stored.cells.iter().cloned().chain(mark).collect()
        };
        self.published.as_ref().map(|rows| rows.values().map(shown).collect())
    }

    pub(super) fn write(&mut self, table: &ReplicaTable, state: CopyState, rows: &RowBatch) -> Result<WriteStats> {
        let place = if state == CopyState::Building { &mut self.building } else { &mut self.published };
        let stored = place.as_mut().ok_or_else(no_such_table)?;
        let mut stats = WriteStats::default();
        for row in rows.rows() {
            let key = FailedRow::key_of(row);
            if state == CopyState::Live && refuses(&self.forbidden, row) {
                self.aside.insert(key, FailedRow::of(row, &table.schema, "a cell has a text that is forbidden here"));
                stats.failed += 1;
                continue;
            }
            stats += if row.op() == Op::Delete { delete(stored, row) } else { upsert(stored, table, row) };
            self.aside.remove(&key);
        }
        Ok(stats)
    }
}

fn refuses(forbidden: &BTreeSet<String>, row: Row<'_>) -> bool {
    let is_forbidden = |cell| matches!(cell, sync_core::Value::Text(text) if forbidden.contains(text));
    row.op() == Op::Upsert && row.values().any(is_forbidden)
}

fn upsert(stored: &mut Rows, table: &ReplicaTable, row: Row<'_>) -> WriteStats {
    let new = Stored {
        cells: row.values().map(OwnedValue::from).collect(),
        mark: table.deleted_column.as_ref().map(|_| false),
    };
    let key = if table.schema.key().is_empty() {
        vec![OwnedValue::Integer(i64::try_from(stored.len()).unwrap_or(i64::MAX))]
    } else {
        row.key().map(OwnedValue::from).collect()
    };
    if stored.get(&key) == Some(&new) {
        return WriteStats::new(0, 0, 1);
    }
    stored.insert(key, new);
    WriteStats::new(1, 0, 0)
}

fn delete(stored: &mut Rows, row: Row<'_>) -> WriteStats {
    let key: Vec<_> = row.key().map(OwnedValue::from).collect();
    match stored.get_mut(&key).map(|stored| &mut stored.mark) {
        None | Some(Some(true)) => return WriteStats::new(0, 0, 1),
        Some(Some(mark)) => *mark = true,
        Some(None) => drop(stored.remove(&key)),
    }
    WriteStats::new(0, 1, 0)
}

fn no_such_table() -> Error {
    Error::internal("the shelf has no such table")
}
