//! The real command in a folder of its own, and replicas for it to read.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use sink_sqlite::{SqliteConfig, SqliteSink};
use sync_core::{
    Checkpoint, Column, CopyState, Cursor, DataType, Op, ReplicaTable, RowBatch, RunRecord, SchemaChange, Sink as _,
    TableId, TableSchema, Value,
};
use tempfile::TempDir;

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A folder with this configuration.
pub(crate) fn folder(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data-sync.toml"), config).unwrap();
    folder
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Ran {
    run_with(folder, arguments, &[])
}

pub(crate) fn run_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_data-sync"));
    command.args(arguments).current_dir(folder).env_remove("RUST_LOG").envs(variables.iter().copied());
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A folder with a replica `replica.db` of one table `users`: a row with a value of each kind, then `more` others.
pub(crate) fn replica(more: i64) -> TempDir {
    let folder = folder("");
    let schema = TableSchema::builder(TableId::new("public", "users"))
        .column(Column::new("id", DataType::Integer).not_null())
        .column(Column::new("name", DataType::Text))
        .column(Column::new("score", DataType::Real))
        .column(Column::new("raw", DataType::Bytes))
        .key(["id"])
        .build();
    let table = ReplicaTable::new("tmp_users", Arc::new(schema.unwrap()));
    let mut rows = RowBatch::new(Arc::clone(&table.schema));
    let first = [Value::Integer(i64::MAX), Value::Text("two\nlines"), Value::Real(0.1), Value::Bytes(&[0, 255])];
    let others = (0..more).map(|id| [Value::Integer(id), Value::Null, Value::Null, Value::Null]);
    for row in std::iter::once(first).chain(others) {
        row.into_iter().for_each(|value| rows.push(value));
        rows.end_row(Op::Upsert).unwrap();
    }
    let mut sink = SqliteSink::open(SqliteConfig::new(folder.path().join("replica.db"))).unwrap();
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&table, &SchemaChange::StartBuild).unwrap();
    let stats = transaction.write(&table, CopyState::Building, &rows).unwrap();
    transaction.publish(&table).unwrap();
    let mut run = RunRecord::new(1_700_000_000_000, 1_700_000_001_500);
    (run.rows_read, run.written) = (rows.len() as u64, stats);
    transaction.record(&table.stream(), &run).unwrap();
    transaction.commit(&[Checkpoint::new(table.stream(), Cursor::new("{}"), CopyState::Live, "f")]).unwrap();
    folder
}
