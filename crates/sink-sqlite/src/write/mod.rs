//! Rows into a table: the innermost loop of every sync, so no value is copied or allocated here.

mod bind;
mod order;
mod refusal;
mod row;
mod written;

use rusqlite::Connection;
use sync_core::{Error, FailedRow, Op, ReplicaTable, Result, Row, RowBatch, WriteStats};

pub(crate) use bind::bind;
pub(crate) use refusal::{Fault, not_as_made};
pub(crate) use written::{WrittenTable, WrittenTables};

use crate::state;
pub(crate) use crate::statements::Parameter;
use crate::statements::{ROWS_TOGETHER, TableStatements};
use row::RowWriter;

/// Bytes of a wide row.
const WIDE: usize = 64 << 10;
/// Bytes of a row that is small enough to be written with others by one statement.
const SMALL: usize = 512;
/// Rows that are worth a statement for many of them.
const MANY: usize = 200;

/// Stores the rows: those of one key in order, and others in the order of their keys where it makes no difference. Those that the table
/// refuses for what is in them are kept aside.
pub(crate) fn write(
    conn: &Connection,
    table: &ReplicaTable,
    statements: &TableStatements,
    written: &mut WrittenTable,
    rows: &RowBatch,
) -> Result<WriteStats> {
    if rows.schema().columns().len() != statements.columns.len() {
        return Err(Error::internal("the rows are of another table than the one to write"));
    }
    let bytes = rows.size() / rows.len().max(1);
    let places = if written.order_matters { None } else { order::by_key(rows) };
    let row_at = |index: usize| rows.row(places.as_ref().map_or(index, |places| places[index] as usize));
    let mut writer = RowWriter::new(conn, statements, written.has_triggers, bytes >= WIDE);
    let mut stats = WriteStats::default();
    let is_worth_it = rows.len() >= MANY && bytes <= SMALL && !written.has_triggers;
    let together = statements.upsert_together.as_deref().filter(|_| is_worth_it);
    let mut index = 0;
    while index < rows.len() {
        let next = index..rows.len().min(index + ROWS_TOGETHER);
        index = next.end;
        if let Some(sql) = together
            && next.len() == ROWS_TOGETHER
            && !written.has_failed
            && next.clone().all(|index| row_at(index).op() == Op::Upsert)
            && let Some(changed) = writer.write_together(sql, next.clone().map(row_at))?
        {
            stats.changed += changed as u64;
            stats.unchanged += (ROWS_TOGETHER - changed) as u64;
            written.stored = true;
            continue;
        }
        for row in next.map(row_at) {
            write_one(conn, table, &mut writer, written, row, &mut stats)?;
        }
    }
    Ok(stats)
}

#[inline]
fn write_one(
    conn: &Connection,
    table: &ReplicaTable,
    writer: &mut RowWriter<'_>,
    written: &mut WrittenTable,
    row: Row<'_>,
    stats: &mut WriteStats,
) -> Result<()> {
    match writer.write(row) {
        Ok(rows_changed) => {
            count(stats, row.op(), rows_changed);
            written.stored = true;
            if written.has_failed {
                state::forget_failed(conn, &table.name, &FailedRow::key_of(row))?;
            }
        }
        Err(fault) => {
            let reason = writer.reason(fault, row.op())?;
            keep_aside(conn, table, written, row, reason)?;
            stats.failed += 1;
        }
    }
    Ok(())
}

#[inline]
fn count(stats: &mut WriteStats, op: Op, rows_changed: usize) {
    match (rows_changed, op) {
        (0, _) => stats.unchanged += 1,
        (_, Op::Delete) => stats.deleted += 1,
        _ => stats.changed += 1,
    }
}

#[cold]
fn keep_aside(
    conn: &Connection,
    table: &ReplicaTable,
    written: &mut WrittenTable,
    row: Row<'_>,
    reason: String,
) -> Result<()> {
    let is_new = state::keep_failed(conn, table, &FailedRow::of(row, &table.schema, reason.as_str()))?;
    written.note_failed(table);
    // Rows that are only tried again say nothing about those that come from the source now.
    if is_new { written.note_refused(reason) } else { Ok(()) }
}
