//! A whole table, page by page.
//!
//! No page holds a snapshot while the next one is waited for: the write-ahead log could not be emptied as long. So pages are of
//! one moment as far as nobody writes to the table meanwhile, and whoever acts on what they say looks again.

use std::sync::Arc;

use rusqlite::types::Value as Stored;
use rusqlite::{Connection, Row, params_from_iter};
use sync_core::{Error, Op, ReplicaReader, ReplicaTable, Result, RowBatch, TableSchema, Value};

use super::shape::{Shape, all_columns, key_columns};
use super::{push, refused};
use crate::error::sqlite_error;
use crate::names::quoted;

/// Rows in a page at most.
const ROWS: usize = 4000;
/// Bytes after which a page ends.
const BYTES: usize = 1 << 19;

/// Reads a table in the order of its key or of its rows' addresses.
pub(super) struct Pages {
    conn: Connection,
    place: String,
    schema: Arc<TableSchema>,
    first: String,
    next: String,
    op: Op,
    /// For each column, where it stands in the answer.
    slots: Vec<Option<usize>>,
    order: Order,
    /// The place of the last row in the order; empty before the first.
    last: Vec<Stored>,
}

/// By what the rows are in order.
enum Order {
    Key,
    /// The row's address, which is the first in the answer.
    Address,
}

impl Pages {
    /// The keys, in their own order: that of the index that holds them.
    pub(super) fn of_keys(conn: Connection, place: String, table: &ReplicaTable, target: &str) -> Result<Self> {
        let key = key_columns(table);
        let rank = |position| table.schema.key().iter().position(|column| *column == position);
        let slots = (0..table.schema.columns().len()).map(rank).collect();
        let shape = Shape::of(&conn, target).map_err(|error| error.at(place.clone()))?;
        let [first, next] = selects(&key.join(", "), target, &key, shape.not_deleted(table));
        let schema = Arc::clone(&table.schema);
        Ok(Self { conn, place, schema, first, next, op: Op::Delete, slots, order: Order::Key, last: Vec::new() })
    }

    /// The rows, in the order in which they lie in the file; of a single integer key, that is its order.
    pub(super) fn of_rows(conn: Connection, place: String, table: &ReplicaTable, target: &str) -> Result<Self> {
        let shape = Shape::of(&conn, target).map_err(|error| error.at(place.clone()))?;
        let Some(address) = shape.address() else {
            let error =
                Error::unsupported("its columns take all names by which SQLite knows a row: rowid, _rowid_ and oid");
            return Err(error.at(place).hint("rename one of them"));
        };
        let address = format!("kept.{address}");
        let columns = format!("{address}, {}", all_columns(table));
        let slots = (1..=table.schema.columns().len()).map(Some).collect();
        let [first, next] = selects(&columns, target, &[address], shape.not_deleted(table));
        let schema = Arc::clone(&table.schema);
        Ok(Self { conn, place, schema, first, next, op: Op::Upsert, slots, order: Order::Address, last: Vec::new() })
    }

    fn fill(&mut self, page: &mut RowBatch) -> Result<()> {
        let sql = if self.last.is_empty() { &self.first } else { &self.next };
        let mut select = self.conn.prepare_cached(sql).map_err(refused)?;
        let mut rows = select.query(params_from_iter(&self.last)).map_err(sqlite_error)?;
        let mut address = None;
        while let Some(row) = rows.next().map_err(refused)? {
            push_row(page, row, &self.slots, self.op)?;
            if matches!(self.order, Order::Address) {
                address = Some(row.get(0).map_err(sqlite_error)?);
            }
            if page.size() >= BYTES {
                break;
            }
        }
        match (&self.order, address) {
            (Order::Address, Some(address)) => self.last = vec![Stored::Integer(address)],
            (Order::Key, _) if !page.is_empty() => {
                self.last = page.row(page.len() - 1).key().map(stored).collect();
            }
            _ => {}
        }
        Ok(())
    }
}

impl ReplicaReader for Pages {
    fn next(&mut self, rows: &mut RowBatch) -> Result<()> {
        rows.clear();
        let filled = if rows.schema().columns().len() == self.schema.columns().len() {
            self.fill(rows)
        } else {
            Err(Error::internal("the page is of another table than the one to read"))
        };
        filled.map_err(|error| error.at(self.place.clone()))
    }
}

/// The statements for the first page and for those after a row.
fn selects(columns: &str, target: &str, order: &[String], condition: Option<String>) -> [String; 2] {
    let parameters = vec!["?"; order.len()].join(", ");
    let order = order.join(", ");
    let after = format!("({order}) > ({parameters})");
    let page = |conditions: Vec<String>| {
        let filter = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        format!("SELECT {columns} FROM {} AS kept {filter} ORDER BY {order} LIMIT {ROWS}", quoted(target))
    };
    [page(condition.iter().cloned().collect()), page(std::iter::once(after).chain(condition).collect())]
}

#[inline]
fn push_row(page: &mut RowBatch, row: &Row<'_>, slots: &[Option<usize>], op: Op) -> Result<()> {
    for slot in slots {
        match slot {
            Some(index) => push(page, row.get_ref(*index).map_err(sqlite_error)?),
            None => page.push_null(),
        }
    }
    page.end_row(op)
}

fn stored(value: Value<'_>) -> Stored {
    match value {
        Value::Integer(value) => Stored::Integer(value),
        Value::Real(value) => Stored::Real(value),
        Value::Text(value) => Stored::Text(value.to_owned()),
        Value::Bytes(value) => Stored::Blob(value.to_owned()),
        _ => Stored::Null,
    }
}
