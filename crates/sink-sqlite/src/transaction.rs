//! [`SqliteTransaction`]: rows, checkpoints and everything else, together or not at all.

use sync_core::{
    Checkpoint, CopyState, Error, FailedRow, ReplicaTable, Result, RowBatch, RunRecord, SchemaChange, SinkTransaction,
    StreamId, WriteStats,
};

use crate::error::sqlite_error;
use crate::write::WrittenTables;
use crate::{SqliteSink, ddl, open, publish, state, write};

pub(crate) struct SqliteTransaction<'a> {
    sink: &'a mut SqliteSink,
    written: WrittenTables,
    failed: bool,
}

impl<'a> SqliteTransaction<'a> {
    pub(crate) fn begin(sink: &'a mut SqliteSink) -> Result<Self> {
        // At once the writer: a transaction that began as a reader could find out too late that it may not write.
        let begun = sink.conn.execute_batch("BEGIN IMMEDIATE").map_err(sqlite_error);
        begun.map_err(|error| error.at(open::place(&sink.path)))?;
        Ok(Self { sink, written: WrittenTables::default(), failed: false })
    }

    /// Does one step. After one that failed there is no other: SQLite may have rolled back already, and would store single rows.
    fn step<T>(
        &mut self,
        table: Option<&str>,
        step: impl FnOnce(&mut SqliteSink, &mut WrittenTables) -> Result<T>,
    ) -> Result<T> {
        let result = if self.failed {
            Err(Error::internal("a transaction that failed was not dropped"))
        } else {
            step(self.sink, &mut self.written)
        };
        result.map_err(|error| {
            self.failed = true;
            let path = &self.sink.path;
            error.at(table.map_or_else(|| open::place(path), |table| open::place_of(table, path)))
        })
    }
}

impl SinkTransaction for SqliteTransaction<'_> {
    fn apply_schema(&mut self, table: &ReplicaTable, change: &SchemaChange) -> Result<()> {
        self.step(Some(&table.name), |sink, written| {
            // Statements for tables that are gone would only take room.
            sink.conn.flush_prepared_statement_cache();
            written.forget(&table.name);
            ddl::apply(&sink.conn, table, change)
        })
    }

    fn write(&mut self, table: &ReplicaTable, state: CopyState, rows: &RowBatch) -> Result<WriteStats> {
        self.step(Some(&table.name), |sink, written| {
            let written = written.of(&sink.conn, table, state)?;
            write::write(&sink.conn, table, sink.statements.of(table, state), written, rows)
        })
    }

    fn fail(&mut self, table: &ReplicaTable, row: &FailedRow) -> Result<()> {
        self.step(Some(&table.name), |sink, written| {
            written.note_failed(table);
            state::keep_failed(&sink.conn, table, row).map(|_| ())
        })
    }

    fn publish(&mut self, table: &ReplicaTable) -> Result<()> {
        self.step(Some(&table.name), |sink, written| {
            sink.conn.flush_prepared_statement_cache();
            written.forget(&table.name);
            publish::publish(&sink.conn, table)
        })
    }

    fn record(&mut self, stream: &StreamId, run: &RunRecord) -> Result<()> {
        self.step(Some(stream.as_str()), |sink, _| state::record(&sink.conn, stream, run))
    }

    fn commit(mut self: Box<Self>, checkpoints: &[Checkpoint]) -> Result<()> {
        for checkpoint in checkpoints {
            self.step(Some(checkpoint.stream.as_str()), |sink, _| state::store_checkpoint(&sink.conn, checkpoint))?;
        }
        self.step(None, |sink, _| sink.conn.execute_batch("COMMIT").map_err(sqlite_error))?;
        self.sink.note_commit();
        Ok(())
    }
}

impl Drop for SqliteTransaction<'_> {
    fn drop(&mut self) {
        let conn = &self.sink.conn;
        if conn.is_autocommit() {
            return;
        }
        if let Err(error) = conn.execute_batch("ROLLBACK") {
            tracing::error!(path = %self.sink.path.display(), "a transaction could not be rolled back: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sync_core::{Column, DataType, ErrorKind, Op, Sink, TableId, TableSchema};

    use super::*;
    use crate::SqliteConfig;

    fn table() -> ReplicaTable {
        let schema = TableSchema::builder(TableId::unqualified("t"))
            .column(Column::new("id", DataType::Integer))
            .column(Column::new("text", DataType::Text))
            .key(["id"])
            .build();
        ReplicaTable::new("tmp_t", Arc::new(schema.unwrap()))
    }

    fn large_row(table: &ReplicaTable) -> RowBatch {
        let mut rows = RowBatch::new(Arc::clone(&table.schema));
        rows.push_integer(1);
        rows.push_text(&"x".repeat(1 << 20));
        rows.end_row(Op::Upsert).unwrap();
        rows
    }

    #[test]
    fn a_full_disk_is_told_and_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let mut sink = SqliteSink::open(SqliteConfig::new(folder.path().join("replica.db"))).unwrap();
        sink.conn.pragma_update(None, "max_page_count", 50).unwrap();
        let table = table();
        let mut transaction = sink.begin().unwrap();
        transaction.apply_schema(&table, &SchemaChange::StartBuild).unwrap();
        let error = transaction.write(&table, CopyState::Building, &large_row(&table)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("the disk is full"), "{error}");
        // SQLite may have ended the transaction: nothing may be stored on its own now.
        let after = transaction.fail(&table, &FailedRow::new("[1]", "e", "{}")).unwrap_err();
        assert_eq!(after.kind(), ErrorKind::Internal);
        drop(transaction);
        let failed: i64 =
            sink.conn.query_row("SELECT count(*) FROM tmp_data_sync_failed_rows", [], |row| row.get(0)).unwrap();
        assert_eq!(failed, 0);

        sink.conn.pragma_update(None, "max_page_count", 100_000).unwrap();
        let mut transaction = sink.begin().unwrap();
        transaction.apply_schema(&table, &SchemaChange::StartBuild).unwrap();
        assert_eq!(transaction.write(&table, CopyState::Building, &large_row(&table)).unwrap().changed, 1);
        transaction.commit(&[]).unwrap();
    }

    #[test]
    fn a_row_that_is_too_big_is_kept_aside() {
        let folder = tempfile::tempdir().unwrap();
        let mut sink = SqliteSink::open(SqliteConfig::new(folder.path().join("replica.db"))).unwrap();
        sink.conn.set_limit(rusqlite::limits::Limit::SQLITE_LIMIT_LENGTH, 100_000).unwrap();
        let table = table();
        let mut transaction = sink.begin().unwrap();
        transaction.apply_schema(&table, &SchemaChange::StartBuild).unwrap();
        let stats = transaction.write(&table, CopyState::Building, &large_row(&table)).unwrap();
        assert_eq!((stats.failed, stats.changed), (1, 0));
        transaction.commit(&[]).unwrap();
        let failed = sink.failed_rows(&table, 1).unwrap().remove(0);
        assert!(failed.error.contains("larger than SQLite can hold"), "{}", failed.error);
    }
}
