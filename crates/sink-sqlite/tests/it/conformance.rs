//! The kit's promises, with a stock SQLite connection as the reader.

use rusqlite::Connection;
use rusqlite::types::Value;
use sink_sqlite::{SqliteConfig, SqliteSink};
use sync_core::memory::OwnedRow;
use sync_core::{Error, OwnedValue, Result, Sink};
use sync_testkit::{SinkFixture, sink_tests};

struct File {
    folder: tempfile::TempDir,
    stages: bool,
}

impl File {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), stages: false }
    }

    /// Whose first load is staged.
    fn staging() -> Self {
        Self { stages: true, ..Self::new() }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("replica.db")
    }
}

impl SinkFixture for File {
    fn open(&self) -> Result<Box<dyn Sink>> {
        let config = SqliteConfig::new(self.path());
        Ok(Box::new(SqliteSink::open(if self.stages { config.stage_first_load() } else { config })?))
    }

    fn read(&self, replica: &str) -> Result<Option<Vec<OwnedRow>>> {
        let failed = |error: rusqlite::Error| Error::internal(error.to_string());
        if !self.path().exists() {
            return Ok(None);
        }
        let connection = Connection::open(self.path()).map_err(failed)?;
        if !connection.table_exists(None, replica).map_err(failed)? {
            return Ok(None);
        }
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{replica}\" ORDER BY id")).map_err(failed)?;
        let width = statement.column_count();
        let rows = statement.query_map([], |row| (0..width).map(|column| row.get(column).map(owned)).collect());
        rows.map_err(failed)?.collect::<Result<_, _>>().map(Some).map_err(failed)
    }

    fn refuse(&self, replica: &str, note: &str) -> Result<()> {
        let failed = |error: rusqlite::Error| Error::internal(error.to_string());
        let rule = format!(
            "CREATE TRIGGER rule BEFORE INSERT ON \"{replica}\" WHEN new.note = '{note}' BEGIN SELECT raise(ABORT, 'no'); END"
        );
        Connection::open(self.path()).and_then(|connection| connection.execute_batch(&rule)).map_err(failed)
    }
}

fn owned(value: Value) -> OwnedValue {
    match value {
        Value::Null => OwnedValue::Null,
        Value::Integer(value) => OwnedValue::Integer(value),
        Value::Real(value) => OwnedValue::Real(value),
        Value::Text(value) => OwnedValue::Text(value),
        Value::Blob(value) => OwnedValue::Bytes(value),
    }
}

sink_tests!(File::new());

mod staged {
    use super::File;

    sync_testkit::sink_tests!(File::staging());
}
