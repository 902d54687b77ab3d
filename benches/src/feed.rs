//! Rows from memory into a bare SQLite file.

use std::path::Path;
use std::time::Instant;

use rusqlite::types::Null;
use rusqlite::{Connection, Statement};
use serde_json::{Value as Json, json};
use sync_core::{RowBatch, TableSchema, Value, ValueKind};

/// Rows after which a transaction ends, as in a sync.
const ROWS_IN_TRANSACTION: usize = 20_000;

/// Stores the batches and says what that took.
pub(crate) fn feed(batches: &[RowBatch], file: &Path, live: bool) -> rusqlite::Result<Json> {
    let (start, used) = (Instant::now(), processor_seconds());
    let conn = Connection::open(file)?;
    configure(&conn, live)?;
    if let Some(first) = batches.first() {
        conn.execute_batch(&create(first.schema()))?;
        store(&conn, batches, live)?;
    }
    if !live {
        // What was written without a journal must be on the disk before anybody may see it.
        let synced = std::fs::File::open(file).and_then(|file| file.sync_all());
        synced.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    }
    drop(conn);
    Ok(json!({
        "rows": batches.iter().map(RowBatch::len).sum::<usize>(),
        "wall": start.elapsed().as_secs_f64(),
        "client": processor_seconds() - used,
    }))
}

fn configure(conn: &Connection, live: bool) -> rusqlite::Result<()> {
    conn.pragma_update(None, "page_size", 8192)?;
    conn.pragma_update(None, "cache_size", -4096)?;
    let (journal, synchronous) = if live { ("WAL", "NORMAL") } else { ("OFF", "OFF") };
    conn.pragma_update_and_check(None, "journal_mode", journal, |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", synchronous)
}

fn create(schema: &TableSchema) -> String {
    let column = |(position, column): (usize, &sync_core::Column)| {
        let kind = match column.data_type.value_kind() {
            ValueKind::Integer => "INTEGER",
            ValueKind::Real => "REAL",
            ValueKind::Bytes => "BLOB",
            _ => "TEXT",
        };
        let key = if schema.key() == [position] { " PRIMARY KEY" } else { "" };
        format!("\"{}\" {kind}{key}", column.name)
    };
    let columns: Vec<String> = schema.columns().iter().enumerate().map(column).collect();
    format!("CREATE TABLE fed ({})", columns.join(", "))
}

fn store(conn: &Connection, batches: &[RowBatch], live: bool) -> rusqlite::Result<()> {
    let width = batches.first().map_or(0, |batch| batch.schema().columns().len());
    let parameters = vec!["?"; width].join(", ");
    let mut insert = conn.prepare(&format!("INSERT INTO fed VALUES ({parameters})"))?;
    let mut waiting = 0;
    conn.execute_batch("BEGIN")?;
    for batch in batches {
        for row in batch.rows() {
            for (position, value) in row.values().enumerate() {
                bind(&mut insert, position + 1, value)?;
            }
            insert.raw_execute()?;
        }
        waiting += batch.len();
        if live && waiting >= ROWS_IN_TRANSACTION {
            conn.execute_batch("COMMIT; BEGIN")?;
            waiting = 0;
        }
    }
    conn.execute_batch("COMMIT")
}

#[inline]
fn bind(statement: &mut Statement<'_>, index: usize, value: Value<'_>) -> rusqlite::Result<()> {
    match value {
        Value::Integer(value) => statement.raw_bind_parameter(index, value),
        Value::Real(value) => statement.raw_bind_parameter(index, value),
        Value::Text(value) => statement.raw_bind_parameter(index, value),
        Value::Bytes(value) => statement.raw_bind_parameter(index, value),
        _ => statement.raw_bind_parameter(index, Null),
    }
}

/// Processor seconds of this process: fields twelve and thirteen behind its name, in hundredths.
pub(crate) fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().skip(11).take(2));
    fields.into_iter().flatten().filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
