//! Opening the file: what is refused, and the settings of a connection.

use std::fs;
use std::io::ErrorKind as IoErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use sync_core::{Error, Result};

use crate::SqliteConfig;
use crate::error::sqlite_error;
use crate::state;

/// Prepared statements that are kept: some for each of hundreds of tables.
const STATEMENTS: usize = 1000;
/// The size that the write-ahead log is cut back to after it had to grow, in bytes.
const LOG_BYTES: i64 = 16 << 20;
/// Of a new file. Twice SQLite's own: a load costs a tenth less, and changes scattered over a large table a twentieth more.
const PAGE_BYTES: i64 = 8192;

/// The file's one path, so that two links to it share one lock. The file itself may be missing, but not its folder.
pub(crate) fn resolve(path: &Path) -> Result<PathBuf> {
    resolve_file(path).map_err(|error| error.at(place(path)))
}

fn resolve_file(path: &Path) -> Result<PathBuf> {
    let Some(name) = path.file_name().filter(|_| path != Path::new(":memory:")) else {
        return Err(Error::config("the replica must be a file").hint("set its path, such as replica.db"));
    };
    let unreadable = |error: std::io::Error| Error::config(format!("it can't be looked at: {error}"));
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(Error::config("it is a folder").hint("name a file in it")),
        Ok(found) if !found.is_file() => Err(Error::config("it is no regular file").hint("choose another path")),
        Ok(_) => fs::canonicalize(path).map_err(unreadable),
        Err(error) if error.kind() != IoErrorKind::NotFound => Err(unreadable(error)),
        Err(_) if fs::symlink_metadata(path).is_ok() => {
            Err(Error::config("it is a link to nothing").hint("remove the link, or make what it points to"))
        }
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let folder = fs::canonicalize(folder).map_err(|error| match error.kind() {
                IoErrorKind::NotFound => Error::config(format!("the folder {} does not exist", folder.display()))
                    .hint("create it, or choose another path"),
                _ => unreadable(error),
            })?;
            Ok(folder.join(name))
        }
    }
}

/// Where an error about the whole file happened.
pub(crate) fn place(path: &Path) -> String {
    format!("replica {}", path.display())
}

/// Where an error about one table happened.
pub(crate) fn place_of(table: &str, path: &Path) -> String {
    format!("table {table} of {}", place(path))
}

/// The connection that writes to a replica in its place. Whoever calls it holds the lock.
pub(crate) fn writer(path: &Path, config: &SqliteConfig) -> Result<Connection> {
    connect(path, config, turn_on_log)
}

/// The connection that writes to a file that is not in its place yet; or that goes back to what was committed there.
pub(crate) fn staged(path: &Path, config: &SqliteConfig) -> Result<Connection> {
    connect(path, config, do_without_log)
}

fn connect(path: &Path, config: &SqliteConfig, journal: fn(&Connection) -> Result<()>) -> Result<Connection> {
    // No URI: a path is a path, whatever its characters.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(sqlite_error)?;
    conn.busy_timeout(config.busy_timeout).map_err(sqlite_error)?;
    // Nothing is changed in a file that is refused.
    let format = state::stored_format(&conn)?;
    configure(&conn, config).map_err(sqlite_error)?;
    journal(&conn)?;
    match format {
        None => state::create(&conn)?,
        Some(format) => state::migrate(&conn, format)?,
    }
    Ok(conn)
}

fn configure(conn: &Connection, config: &SqliteConfig) -> rusqlite::Result<()> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // Counts only in a new file.
    conn.pragma_update(None, "page_size", PAGE_BYTES)?;
    // In a file of somebody else's making, free pages are kept as they are.
    if conn.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0))? == 0 {
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    let kibibytes = i64::try_from(config.cache_bytes / 1024).unwrap_or(i64::MAX);
    conn.pragma_update(None, "cache_size", -kibibytes.clamp(64, i64::from(i32::MAX)))?;
    // Rows of several tables come in the order of their tables, not of their references.
    conn.pragma_update(None, "foreign_keys", false)?;
    // A rename must not rewrite what users made.
    conn.pragma_update(None, "legacy_alter_table", true)?;
    conn.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |row| row.get::<_, i64>(0))?;
    Ok(())
}

/// With a write-ahead log, readers and the writer never wait for each other.
pub(crate) fn turn_on_log(conn: &Connection) -> Result<()> {
    let mode: String =
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(sqlite_error)?;
    if mode.eq_ignore_ascii_case("wal") {
        return Ok(());
    }
    Err(Error::config(format!("its file system allows no write-ahead log (SQLite stays in mode {mode})"))
        .hint("put the file on a local disk"))
}

/// A journal takes back what was not committed, and nothing waits for the disk.
fn do_without_log(conn: &Connection) -> Result<()> {
    conn.pragma_update_and_check(None, "journal_mode", "PERSIST", |_| Ok(()))
        .and_then(|()| conn.pragma_update(None, "synchronous", "OFF"))
        .map_err(sqlite_error)
}

/// A connection that can't write. The file must be there.
pub(crate) fn reader(path: &Path, busy_timeout: Duration) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(sqlite_error)?;
    conn.busy_timeout(busy_timeout).map_err(sqlite_error)?;
    Ok(conn)
}
