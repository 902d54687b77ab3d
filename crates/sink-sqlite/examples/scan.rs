//! How fast keys and rows come out: `cargo run --release -p sink-sqlite --example scan [ROWS]`.
#![allow(clippy::print_stdout, missing_docs, reason = "a program that prints what it measured")]

use std::sync::Arc;
use std::time::Instant;

use sink_sqlite::{SqliteConfig, SqliteSink};
use sync_core::{
    Column, CopyState, DataType, Error, Op, ReplicaReader, ReplicaTable, Result, RowBatch, SchemaChange, Sink, TableId,
    TableSchema,
};

fn main() -> Result<()> {
    let rows = std::env::args().nth(1).and_then(|rows| rows.parse().ok()).unwrap_or(10_000_000);
    let folder = tempfile::tempdir().map_err(|error| Error::unavailable(error.to_string()))?;
    let mut sink = SqliteSink::open(SqliteConfig::new(folder.path().join("replica.db")))?;
    for (name, key) in [("tmp_by_id", "id"), ("tmp_by_token", "token")] {
        let table = table(name, key)?;
        load(&mut sink, &table, rows)?;
        let replica = sink.replica();
        measured(&format!("keys of {name}"), &table, replica.keys(&table, CopyState::Live)?)?;
        measured(&format!("rows of {name}"), &table, replica.rows(&table, CopyState::Live)?)?;
        let mut keys = RowBatch::new(Arc::clone(&table.schema));
        replica.keys(&table, CopyState::Live)?.next(&mut keys)?;
        let start = Instant::now();
        let found = replica.rows_of(&table, &keys)?.len();
        println!("rows of {} keys of {name}: {found} found, {:?}", keys.len(), start.elapsed());
    }
    Ok(())
}

fn table(name: &str, key: &str) -> Result<ReplicaTable> {
    let schema = TableSchema::builder(TableId::new("public", "t"))
        .column(Column::new("id", DataType::Integer))
        .column(Column::new("token", DataType::Uuid))
        .column(Column::new("amount", DataType::Decimal { precision: 12, scale: 2 }))
        .column(Column::new("updated_at", DataType::TimestampTz));
    Ok(ReplicaTable::new(name, Arc::new(schema.key([key]).build()?)))
}

fn load(sink: &mut SqliteSink, table: &ReplicaTable, rows: i64) -> Result<()> {
    let mut transaction = sink.begin()?;
    transaction.apply_schema(table, &SchemaChange::StartBuild)?;
    let mut batch = RowBatch::new(Arc::clone(&table.schema));
    for id in 0..rows {
        batch.push_integer(id);
        batch.push_text(&format!("00000000-0000-4000-8000-{id:012}"));
        batch.push_real((id % 10_000) as f64 / 100.0);
        batch.push_text("2024-02-29 13:37:00.000001Z");
        batch.end_row(Op::Upsert)?;
        if batch.len() == 1000 || id + 1 == rows {
            transaction.write(table, CopyState::Building, &batch)?;
            batch.clear();
        }
    }
    transaction.publish(table)?;
    transaction.commit(&[])
}

fn measured(what: &str, table: &ReplicaTable, mut reader: Box<dyn ReplicaReader>) -> Result<()> {
    let mut page = RowBatch::new(Arc::clone(&table.schema));
    let start = Instant::now();
    let mut rows = 0;
    loop {
        reader.next(&mut page)?;
        if page.is_empty() {
            break;
        }
        rows += page.len();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{what}: {rows} in {seconds:.2} s, {:.2} million/s", rows as f64 / seconds / 1e6);
    Ok(())
}
