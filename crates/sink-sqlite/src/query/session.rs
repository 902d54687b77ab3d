//! [`QuerySession`]: a replica open for queries.

use std::collections::HashSet;
use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, ErrorCode};
use sync_core::{Error, Result};

use super::answer::{Answer, Collected, Rows, values};
use super::error::explained;
use super::names::{Names, PublishedTable};
use super::statement::{LONGEST, one_statement};
use super::token::Token;
use super::{Query, permission, rewrite};
use crate::error::sqlite_error;
use crate::names::quoted;
use crate::{SqliteReplica, open};

/// How long a query waits for a file that is just being opened or closed.
const PATIENCE: Duration = Duration::from_secs(5);
/// Steps of SQLite's machine between two looks at the clock: some microseconds.
const STEPS: i32 = 1000;
/// Parameters that a statement can have.
const PARAMETERS: i32 = 1000;
/// Characters of a LIKE or GLOB pattern: matching can take as many steps as the text is long, for each of them, without a look at the clock.
const PATTERN: i32 = 1000;

/// A replica that answers read-only queries. It never waits for the writer, and the writer never waits for it.
///
/// Nothing but reading is let through, by SQLite's authorizer: no write, no temporary table, no other file, no extension.
///
/// Opening one costs many times what a small query costs, so keep it for the next one; between queries it holds no lock and no snapshot.
/// Each query sees the tables of its moment.
#[derive(Debug)]
pub struct QuerySession {
    conn: Connection,
    path: PathBuf,
    place: String,
    file: Option<FileId>,
    names: Names,
    /// SQLite's number of the state of the file at which `names` were read.
    version: i64,
    /// Views that stand for names of the source, in lower case.
    views: HashSet<String>,
    // After `conn`: as the last to close, it takes away the side files that reading needs.
    replica: SqliteReplica,
}

/// Which file a path led to.
type FileId = (u64, u64);

impl QuerySession {
    /// Opens a replica. It creates no file.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](sync_core::ErrorKind::Config) when there is no such file, or it is no replica that this program can read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let replica = SqliteReplica::open(path)?;
        replica.check_in_place()?;
        let place = open::place(path);
        let path = open::resolve(path)?;
        // Should another file take its place right now, this one is taken for stale, which does no harm.
        let file = file_id(&path);
        let opened = open::reader(&path, PATIENCE).and_then(|conn| {
            restrict(&conn).map_err(sqlite_error)?;
            // First the number: what changes in between is then seen by the next look.
            let version = version(&conn).map_err(sqlite_error)?;
            Ok((version, Names::read(&conn)?, conn))
        });
        let (version, names, conn) = opened.map_err(|error| error.at(place.clone()))?;
        Ok(Self { conn, path, place, file, names, version, views: HashSet::new(), replica })
    }

    /// The tables that readers could see at the last query or [`refresh`](Self::refresh), by their names in the replica.
    #[must_use]
    pub fn tables(&self) -> &[PublishedTable] {
        self.names.tables()
    }

    /// The replica itself, for what is no query.
    #[must_use]
    pub fn replica(&self) -> &SqliteReplica {
        &self.replica
    }

    /// Whether its path leads to another file by now, or to none: a backup was put back, say. Then only a new session sees it.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.file.is_none() || file_id(&self.path) != self.file
    }

    /// Looks which tables there are by now. Each query does so by itself.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn refresh(&mut self) -> Result<()> {
        self.release().and_then(|()| self.read_names()).map_err(|error| error.at(self.place.clone()))
    }

    /// Asks a query and collects what it gives, up to its limits.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](sync_core::ErrorKind::Unsupported) for everything that the one who asks can cure: a statement that does
    /// not read, or is none, or takes too long, a missing table, parameters that don't fit. Other kinds are about the file.
    pub fn ask(&mut self, query: &Query) -> Result<Answer> {
        let mut collected = Collected::new(query.limits);
        self.each(query, &mut collected)?;
        Ok(collected.answer)
    }

    /// Asks a query and hands on each row as it comes, without the limits of rows and bytes.
    ///
    /// # Errors
    /// As [`QuerySession::ask`], and whatever `rows` returns.
    pub fn each(&mut self, query: &Query, rows: &mut dyn Rows) -> Result<()> {
        self.refresh()?;
        let tokens = one_statement(&query.sql).map_err(|error| error.at("query"))?;
        let sql =
            rewrite::rewrite(&query.sql, &tokens, |schema, name| self.names.pair(schema, name).map(str::to_owned));
        self.make_ready(query, &tokens).map_err(|error| sqlite_error(error).at(self.place.clone()))?;
        read(&self.conn, &sql, query, rows).map_err(|failure| match failure {
            Failure::Rows(error) => error,
            Failure::Query(error) => error.at("query"),
            Failure::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                interrupted(query).at("query")
            }
            Failure::Sqlite(error) => explained(error, &self.names).at("query"),
        })
    }

    /// Frees the connection of what an earlier query was held to: that is not for statements of our own.
    fn release(&mut self) -> Result<()> {
        permission::disarm(&mut self.conn).map_err(sqlite_error)?;
        self.conn.progress_handler(0, None::<fn() -> bool>).map_err(sqlite_error)?;
        self.conn.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::MAX).map(drop).map_err(sqlite_error)
    }

    fn read_names(&mut self) -> Result<()> {
        let version = version(&self.conn).map_err(sqlite_error)?;
        if version == self.version {
            return Ok(());
        }
        let names = Names::read(&self.conn)?;
        if names != self.names {
            // They may stand for something else by now.
            for view in self.views.drain() {
                self.conn.execute_batch(&format!("DROP VIEW temp.{}", quoted(&view))).map_err(sqlite_error)?;
            }
            self.names = names;
        }
        self.version = version;
        Ok(())
    }

    /// Holds the connection to what the query may do: after this, it only reads.
    fn make_ready(&mut self, query: &Query, tokens: &[Token]) -> rusqlite::Result<()> {
        self.add_views(&query.sql, tokens)?;
        let length = i32::try_from(query.limits.bytes).unwrap_or(i32::MAX).max(1);
        self.conn.set_limit(Limit::SQLITE_LIMIT_LENGTH, length)?;
        self.watch(query)?;
        permission::arm(&mut self.conn)
    }

    /// Makes a view for each name of the source that occurs in the statement, in whatever role: one too many does no harm.
    fn add_views(&mut self, sql: &str, tokens: &[Token]) -> rusqlite::Result<()> {
        for name in tokens.iter().filter_map(|token| token.name(sql)) {
            let Some(replica) = self.names.plain(&name) else { continue };
            if !self.views.contains(&name.to_ascii_lowercase()) {
                let view = format!("CREATE TEMP VIEW {} AS SELECT * FROM main.{}", quoted(&name), quoted(replica));
                self.conn.execute_batch(&view)?;
                self.views.insert(name.to_ascii_lowercase());
            }
        }
        Ok(())
    }

    /// Lets the clock and the asker stop the query.
    fn watch(&mut self, query: &Query) -> rusqlite::Result<()> {
        let stop = query.stop.clone();
        let deadline = query.limits.time.and_then(|time| Instant::now().checked_add(time));
        let is_over = move || stop.is_stopped() || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        self.conn.progress_handler(STEPS, Some(is_over))
    }
}

/// A number that is another one as soon as somebody else has committed.
fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("PRAGMA data_version", [], |row| row.get(0))
}

fn file_id(path: &Path) -> Option<FileId> {
    fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// Takes from the connection what no query needs.
fn restrict(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // A misspelt "column" is an error, not a text.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, i32::try_from(2 * LONGEST).unwrap_or(i32::MAX)),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, PARAMETERS),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        conn.set_limit(limit, value)?;
    }
    Ok(())
}

enum Failure {
    /// Of whoever takes the rows.
    Rows(Error),
    Query(Error),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn read(conn: &Connection, sql: &str, query: &Query, rows: &mut dyn Rows) -> Result<(), Failure> {
    if query.stop.is_stopped() {
        return Err(Failure::Query(interrupted(query)));
    }
    let mut statement = conn.prepare(sql)?;
    if !statement.readonly() {
        return Err(Failure::Query(super::statement::only_reads()));
    }
    let width = statement.column_count();
    query.parameters.bind(&mut statement).map_err(Failure::Query)?;
    rows.columns(statement.column_names().map(str::to_owned).collect()).map_err(Failure::Rows)?;
    let mut found = statement.raw_query();
    while let Some(row) = found.next()? {
        if let ControlFlow::Break(()) = rows.row(&values(row, width)?).map_err(Failure::Rows)? {
            break;
        }
    }
    Ok(())
}

fn interrupted(query: &Query) -> Error {
    if query.stop.is_stopped() {
        return Error::unsupported("it was stopped before it ended");
    }
    let time = query.limits.time.unwrap_or_default();
    Error::unsupported(format!("it took longer than {time:?} and was stopped"))
        .hint("ask for less, with WHERE and LIMIT")
}
