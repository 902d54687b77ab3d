//! How fast rows go in: `cargo run --release -p sink-sqlite --example load [ROWS]`.
#![allow(clippy::print_stdout, missing_docs, reason = "a program that prints what it measured")]

use std::sync::Arc;
use std::time::Instant;

use sink_sqlite::{SqliteConfig, SqliteSink};
use sync_core::{
    Checkpoint, Column, CopyState, Cursor, DataType, Op, ReplicaTable, Result, RowBatch, SchemaChange, Sink, TableId,
    TableSchema,
};

const ROWS_IN_BATCH: i64 = 1000;
const BATCHES_IN_TRANSACTION: i64 = 20;

fn main() -> Result<()> {
    let rows = std::env::args().nth(1).and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().map_err(|error| sync_core::Error::unavailable(error.to_string()))?;
    let mut sink = SqliteSink::open(SqliteConfig::new(folder.path().join("replica.db")))?;
    let orders = orders()?;

    let mut transaction = sink.begin()?;
    transaction.apply_schema(&orders, &SchemaChange::StartBuild)?;
    transaction.commit(&[])?;
    measured("copied", rows, || load(&mut sink, &orders, CopyState::Building, rows, 0))?;
    let mut transaction = sink.begin()?;
    transaction.publish(&orders)?;
    transaction.commit(&[])?;
    measured("again, unchanged", rows, || load(&mut sink, &orders, CopyState::Live, rows, 0))?;
    measured("again, all changed", rows, || load(&mut sink, &orders, CopyState::Live, rows, 1))
}

fn measured(what: &str, rows: i64, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let start = Instant::now();
    work()?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{what}: {seconds:.2} s, {:.0} rows/s", rows as f64 / seconds);
    Ok(())
}

fn orders() -> Result<ReplicaTable> {
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
    let mut schema = TableSchema::builder(TableId::new("public", "orders"));
    for (name, data_type) in columns {
        schema = schema.column(Column::new(name, data_type));
    }
    Ok(ReplicaTable::new("tmp_orders", Arc::new(schema.key(["id"]).build()?)))
}

fn load(sink: &mut SqliteSink, orders: &ReplicaTable, state: CopyState, rows: i64, version: i64) -> Result<()> {
    let mut batch = RowBatch::new(Arc::clone(&orders.schema));
    let mut id = 0;
    while id < rows {
        let mut transaction = sink.begin()?;
        for _ in 0..BATCHES_IN_TRANSACTION {
            batch.clear();
            for id in id..rows.min(id + ROWS_IN_BATCH) {
                push_order(&mut batch, id, version)?;
            }
            id += ROWS_IN_BATCH;
            transaction.write(orders, state, &batch)?;
        }
        transaction.commit(&[Checkpoint::new(orders.stream(), Cursor::new(id.to_string()), state, "")])?;
    }
    Ok(())
}

fn push_order(batch: &mut RowBatch, id: i64, version: i64) -> Result<()> {
    use std::fmt::Write;
    batch.push_integer(id);
    batch.push_integer(id % 5000);
    batch.push_text(["new", "paid", "shipped"][usize::try_from(id % 3).unwrap_or(0)]);
    batch.push_real((id * 37 % 100_000) as f64 / 100.0);
    if id % 4 == 0 {
        batch.push_null()
    } else {
        batch.push_text("Größe ✓ a note of usual length")
    }
    let written = batch.push_text_with(|text| write!(text, "{{\"items\": [{id}, 2, 3], \"gift\": false}}"));
    let written = written.and_then(|()| batch.push_text_with(|text| write!(text, "00000000-0000-4000-8000-{id:012}")));
    written.map_err(|error| sync_core::Error::internal(error.to_string()))?;
    batch.push_integer(id % 2);
    batch.push_text("2024-02-29 13:37:00.000001Z");
    batch.push_text(if version == 0 { "2024-02-29 13:37:00.000002Z" } else { "2024-03-01 00:00:00.000000Z" });
    batch.end_row(Op::Upsert)
}
