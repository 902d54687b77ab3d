//! Whether a file is sound.

use rusqlite::Connection;
use sync_core::Result;

use crate::error::sqlite_error;

/// What is damaged in a file, in SQLite's words, at most so many; nothing where it is sound. It reads the whole file.
///
/// # Errors
/// When it can't be read.
pub fn damages(conn: &Connection, limit: u32) -> Result<Vec<String>> {
    let look = || -> rusqlite::Result<Vec<String>> {
        let mut statement = conn.prepare(&format!("PRAGMA integrity_check({limit})"))?;
        let found = statement.query_map([], |row| row.get::<_, String>(0))?;
        found.collect()
    };
    let found = look().map_err(sqlite_error)?;
    Ok(if found.first().is_some_and(|first| first == "ok") { Vec::new() } else { found })
}
