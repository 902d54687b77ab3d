//! A session at MariaDB or MySQL, in the server's own text.

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Error, Opts, Row, Value};
use tokio::runtime::{Builder, Runtime};

use super::Failure;

/// As PostgreSQL quotes and joins, and in UTC. Series may be long; the two servers name their bound differently.
const SETTINGS: &str = "SET /*!80000 cte_max_recursion_depth = 1000000, */ \
                        /*M!100500 max_recursive_iterations = 1000000, */ sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES', \
                        time_zone = '+00:00', NAMES utf8mb4";

/// A lock that was not given in time, a deadlock, a key that is there already, a transaction that a deadlock has ended.
const CONFLICTS: [u16; 4] = [1205, 1213, 1062, 1402];

pub(crate) struct Session {
    url: String,
    runtime: Runtime,
    // Nothing only while it is dropped, within the runtime that it belongs to.
    connection: Option<Conn>,
}

impl Session {
    pub(super) fn connect(url: &str) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let connection = runtime.block_on(Conn::new(Opts::from_url(&format!("{url}?prefer_socket=false")).unwrap()));
        let connection = connection.unwrap_or_else(|error| panic!("{error}"));
        let mut session = Self { url: url.to_owned(), runtime, connection: Some(connection) };
        session.execute(SETTINGS).unwrap();
        session
    }

    /// The server's number for it.
    pub(super) fn id(&self) -> u32 {
        self.connection.as_ref().unwrap().id()
    }

    /// Another session of the same login.
    pub(super) fn another(&self) -> Self {
        Self::connect(&self.url)
    }

    pub(super) fn execute(&mut self, sql: &str) -> Result<(), Failure> {
        self.query(sql).map(drop)
    }

    /// Runs statements; what they answer, a line a row, columns separated by `|`, NULL as nothing.
    pub(super) fn query(&mut self, sql: &str) -> Result<String, Failure> {
        let connection = self.connection.as_mut().unwrap();
        self.runtime.block_on(answer(connection, sql)).map_err(|error| Failure {
            is_conflict: matches!(&error, Error::Server(error) if CONFLICTS.contains(&error.code)),
            reason: error.to_string(),
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            // A server that is gone closed it already.
            let _ = self.runtime.block_on(connection.disconnect());
        }
    }
}

async fn answer(connection: &mut Conn, sql: &str) -> Result<String, Error> {
    let mut answers = connection.query_iter(sql).await?;
    let mut lines = Vec::new();
    while !answers.is_empty() {
        for row in answers.collect::<Row>().await? {
            let cells: Vec<_> = row.unwrap().into_iter().map(text).collect();
            lines.push(cells.join("|"));
        }
    }
    // The error of a statement that is not the first.
    answers.drop_result().await?;
    Ok(lines.join("\n"))
}

/// Without parameters, every value comes as the server's text.
fn text(value: Value) -> String {
    match value {
        Value::NULL => String::new(),
        Value::Bytes(bytes) => String::from_utf8(bytes).unwrap(),
        other => panic!("{other:?} is no text"),
    }
}
