//! Rows into a batch.

use std::sync::Arc;

use sync_core::{Column, DataType, Op, Result, RowBatch, TableId, TableSchema};

use crate::ROWS;

/// The table of all loops: what a shop has of its orders.
///
/// # Errors
/// None: the table is a valid one.
pub fn orders() -> Result<Arc<TableSchema>> {
    let columns = [
        ("id", DataType::Integer),
        ("customer", DataType::Integer),
        ("status", DataType::Text),
        ("total", DataType::Decimal { precision: 12, scale: 2 }),
        ("note", DataType::Text),
        ("details", DataType::Json),
        ("token", DataType::Uuid),
        ("paid", DataType::Boolean),
        ("created_at", DataType::TimestampTz),
        ("updated_at", DataType::TimestampTz),
    ];
    let table = TableSchema::builder(TableId::unqualified("orders"));
    let add = |table: sync_core::TableSchemaBuilder, (name, kind)| table.column(Column::new(name, kind));
    Ok(Arc::new(columns.into_iter().fold(table, add).key(["id"]).build()?))
}

/// Fills a batch with [`ROWS`] orders.
///
/// # Errors
/// None: the rows fit the table.
pub fn fill(rows: &mut RowBatch) -> Result<()> {
    rows.clear();
    for id in 0..ROWS as i64 {
        rows.push_integer(id);
        rows.push_integer(id * 7919 % 50_000);
        rows.push_utf8(b"packed");
        rows.push_real(id as f64 / 8.0);
        match id % 10 {
            0 => rows.push_null(),
            1 => rows.push_utf8("Grüße ✓ 注文: bitte an der Tür klingeln".as_bytes()),
            _ => rows.push_utf8(b"please ring twice, the bell is a little tired these days"),
        }
        rows.push_utf8(b"{\"lines\": 3, \"from\": \"shop\", \"tags\": [\"t12\", \"u93\"]}");
        rows.push_utf8(b"6f1c1f0e-5b1e-4d55-a8c5-0d6f3b7f2a11");
        rows.push_integer(id & 1);
        rows.push_utf8(b"2024-02-29 13:37:00.000001Z");
        rows.push_utf8(b"2025-06-01 08:15:30.250000Z");
        rows.end_row(Op::Upsert)?;
    }
    Ok(())
}
