//! The rows that have given keys.

use std::sync::Arc;

use rusqlite::{Connection, Rows};
use sync_core::{Op, ReplicaTable, Result, Row, RowBatch};

use super::shape::{Shape, all_columns, key_columns};
use super::{push, refused};
use crate::error::sqlite_error;
use crate::names::quoted;
use crate::write::{Parameter, bind};

/// Looks up each key, all in one snapshot.
pub(super) fn rows_of(conn: &Connection, table: &ReplicaTable, keys: &RowBatch) -> Result<RowBatch> {
    let snapshot = conn.unchecked_transaction().map_err(sqlite_error)?;
    let sql = select(table, &Shape::of(conn, &table.name)?);
    let mut select = snapshot.prepare(&sql).map_err(refused)?;
    let parameters: Vec<_> =
        table.schema.key().iter().map(|position| Parameter::of(&table.schema, *position)).collect();
    let mut found = RowBatch::new(Arc::clone(&table.schema));
    for key in keys.rows() {
        if bind_key(&mut select, key, &parameters) {
            push_all(select.raw_query(), &mut found)?;
        }
    }
    Ok(found)
}

fn select(table: &ReplicaTable, shape: &Shape) -> String {
    let key = key_columns(table).into_iter().map(|column| format!("{column} = ?"));
    let conditions: Vec<_> = key.chain(shape.not_deleted(table)).collect();
    format!("SELECT {} FROM {} AS kept WHERE {}", all_columns(table), quoted(&table.name), conditions.join(" AND "))
}

/// False for a key that no row can have, as it could not be written.
fn bind_key(select: &mut rusqlite::Statement<'_>, key: Row<'_>, parameters: &[Parameter]) -> bool {
    (1..)
        .zip(key.key())
        .zip(parameters)
        .all(|((index, value), parameter)| bind(select, index, value, *parameter).is_ok())
}

fn push_all(mut rows: Rows<'_>, found: &mut RowBatch) -> Result<()> {
    while let Some(row) = rows.next().map_err(refused)? {
        for index in 0..found.schema().columns().len() {
            push(found, row.get_ref(index).map_err(sqlite_error)?);
        }
        found.end_row(Op::Upsert)?;
    }
    Ok(())
}
