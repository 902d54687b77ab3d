//! A replica in a folder of its own, and short ways to write to it and to look at it from outside.

use std::path::PathBuf;
use std::sync::Arc;

use sink_sqlite::rusqlite::{Connection, Row, types::Value as Stored};
use sink_sqlite::{SqliteConfig, SqliteSink};
use sync_core::{
    Checkpoint, Column, CopyState, Cursor, DataType, Op, ReplicaTable, Result, RowBatch, SchemaChange, Sink, TableId,
    TableSchema, Value, WriteStats,
};
use tempfile::TempDir;

pub(crate) struct Replica {
    pub(crate) folder: TempDir,
}

impl Replica {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("replica.db")
    }

    pub(crate) fn open(&self) -> SqliteSink {
        SqliteSink::open(SqliteConfig::new(self.path())).unwrap()
    }

    /// A connection of somebody else.
    pub(crate) fn user(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    pub(crate) fn execute(&self, sql: &str) {
        self.user().execute_batch(sql).unwrap();
    }

    pub(crate) fn query(&self, sql: &str) -> Vec<Vec<Stored>> {
        let conn = self.user();
        let mut select = conn.prepare(sql).unwrap();
        let width = select.column_count();
        let row = |row: &Row<'_>| (0..width).map(|column| row.get(column)).collect();
        select.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// One number.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.user().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    pub(crate) fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

pub(crate) fn table(name: &str, columns: &[(&str, DataType)], key: &[&str]) -> ReplicaTable {
    let mut schema = TableSchema::builder(TableId::new("public", name));
    for (column, data_type) in columns {
        schema = schema.column(Column::new(*column, *data_type).native_type("native"));
    }
    ReplicaTable::new(name, Arc::new(schema.key(key.iter().copied()).build().unwrap()))
}

/// `tmp_users(id, name)` with an integer key.
pub(crate) fn users() -> ReplicaTable {
    table("tmp_users", &[("id", DataType::Integer), ("name", DataType::Text)], &["id"])
}

pub(crate) fn rows(table: &ReplicaTable, rows: &[(Op, &[Value<'_>])]) -> RowBatch {
    let mut batch = RowBatch::new(Arc::clone(&table.schema));
    for (op, values) in rows {
        for value in *values {
            batch.push(*value);
        }
        batch.end_row(*op).unwrap();
    }
    batch
}

/// Upserts for [`users`].
pub(crate) fn named(users: &ReplicaTable, names: &[(i64, &str)]) -> RowBatch {
    let mut batch = RowBatch::new(Arc::clone(&users.schema));
    for (id, name) in names {
        batch.push_integer(*id);
        batch.push_text(name);
        batch.end_row(Op::Upsert).unwrap();
    }
    batch
}

/// Builds and publishes the table with these rows, in one transaction with its checkpoint.
pub(crate) fn publish(sink: &mut SqliteSink, table: &ReplicaTable, rows: &RowBatch) -> Result<WriteStats> {
    let mut transaction = sink.begin()?;
    transaction.apply_schema(table, &SchemaChange::StartBuild)?;
    let stats = transaction.write(table, CopyState::Building, rows)?;
    transaction.publish(table)?;
    transaction.commit(&[checkpoint(table, CopyState::Live, "published")])?;
    Ok(stats)
}

/// Writes to the published table in a transaction of its own.
pub(crate) fn write(sink: &mut SqliteSink, table: &ReplicaTable, rows: &RowBatch) -> Result<WriteStats> {
    let mut transaction = sink.begin()?;
    let stats = transaction.write(table, CopyState::Live, rows)?;
    transaction.commit(&[])?;
    Ok(stats)
}

pub(crate) fn checkpoint(table: &ReplicaTable, state: CopyState, token: &str) -> Checkpoint {
    Checkpoint::new(table.stream(), Cursor::new(token), state, "fingerprint")
}
