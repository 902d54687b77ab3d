//! The tables of the state, and the version of their format.

use rusqlite::{Connection, OptionalExtension};
use sync_core::{Error, Result};

use crate::error::sqlite_error;
use crate::names::{RESERVED, table_exists};

/// The format that this program writes. `PRAGMA user_version` is the user's.
const FORMAT: i64 = 2;

const TABLES: &str = "
CREATE TABLE tmp_data_sync_format (version INTEGER NOT NULL);
CREATE TABLE tmp_data_sync_metadata (
  table_name TEXT NOT NULL PRIMARY KEY,
  source_table TEXT,
  last_sync_timestamp INTEGER,
  last_sync_id TEXT,
  sync_errors TEXT,
  cursor TEXT,
  state TEXT,
  fingerprint TEXT,
  published INTEGER NOT NULL DEFAULT 0,
  last_success_ms INTEGER,
  last_run_started_ms INTEGER,
  last_run_finished_ms INTEGER,
  last_rows_read INTEGER,
  last_rows_changed INTEGER,
  last_rows_deleted INTEGER,
  last_rows_unchanged INTEGER,
  last_rows_failed INTEGER,
  upkeep TEXT
);
CREATE TABLE tmp_data_sync_columns (
  table_name TEXT NOT NULL,
  position INTEGER NOT NULL,
  column_name TEXT NOT NULL,
  source_type TEXT NOT NULL,
  data_type TEXT NOT NULL,
  PRIMARY KEY (table_name, position)
);
CREATE TABLE tmp_data_sync_failed_rows (
  table_name TEXT NOT NULL,
  key TEXT NOT NULL,
  error TEXT NOT NULL,
  row TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  PRIMARY KEY (table_name, key)
);
CREATE TABLE tmp_data_sync_log (
  run INTEGER PRIMARY KEY,
  table_name TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  finished_ms INTEGER NOT NULL,
  rows_read INTEGER NOT NULL,
  rows_changed INTEGER NOT NULL,
  rows_deleted INTEGER NOT NULL,
  rows_unchanged INTEGER NOT NULL,
  error TEXT,
  rows_failed INTEGER NOT NULL DEFAULT 0,
  UNIQUE (table_name, run)
);
";

/// What format 1 lacks.
const FROM_1_TO_2: &str = "
ALTER TABLE tmp_data_sync_metadata ADD COLUMN last_rows_failed INTEGER;
ALTER TABLE tmp_data_sync_metadata ADD COLUMN upkeep TEXT;
ALTER TABLE tmp_data_sync_log ADD COLUMN rows_failed INTEGER NOT NULL DEFAULT 0;
UPDATE tmp_data_sync_format SET version = 2;
";

/// The format of the file: `None` where it holds no state of ours yet. A format that can't be read here is refused.
pub(crate) fn stored_format(conn: &Connection) -> Result<Option<i64>> {
    if !table_exists(conn, "tmp_data_sync_format")? {
        return refuse_foreign(conn).map(|()| None);
    }
    let version = conn
        .query_row("SELECT max(version) FROM tmp_data_sync_format", [], |row| row.get::<_, Option<i64>>(0))
        .map_err(sqlite_error)?;
    match version {
        Some(version) if version > FORMAT => Err(Error::config(format!(
            "its format is {version}, and this program knows formats up to {FORMAT}: a newer release wrote it"
        ))
        .hint("use that release, or choose another path")),
        Some(version) if version >= 1 => Ok(Some(version)),
        _ => Err(Error::config("its table tmp_data_sync_format holds no version")
            .hint("choose another path, or drop all tables whose names begin with tmp_data_sync_")),
    }
}

/// Tables under our names and without our format are those of another program.
fn refuse_foreign(conn: &Connection) -> Result<()> {
    let foreign: Option<String> = conn
        .query_row(
            "SELECT name FROM sqlite_master WHERE lower(substr(name, 1, length(?1))) = ?1 ORDER BY name LIMIT 1",
            [RESERVED],
            |row| row.get(0),
        )
        .optional()
        .map_err(sqlite_error)?;
    match foreign {
        None => Ok(()),
        Some(name) => Err(Error::config(format!("it holds {name}, which another program made"))
            .hint("choose another path, or drop what begins with tmp_data_sync_")),
    }
}

/// Makes the tables of the state.
pub(crate) fn create(conn: &Connection) -> Result<()> {
    let version = format!("INSERT INTO tmp_data_sync_format VALUES ({FORMAT});");
    conn.execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} {version} COMMIT;")).map_err(sqlite_error)
}

/// Brings the tables of an older format to the present one, all or nothing.
pub(crate) fn migrate(conn: &Connection, from: i64) -> Result<()> {
    if from >= FORMAT {
        return Ok(());
    }
    let migrated = conn.execute_batch(&format!("BEGIN IMMEDIATE; {FROM_1_TO_2} COMMIT;"));
    if migrated.is_err() && !conn.is_autocommit() {
        conn.execute_batch("ROLLBACK").map_err(sqlite_error)?;
    }
    migrated.map_err(sqlite_error)
}
