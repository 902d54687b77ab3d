//! Read-only queries over a replica: one statement at a time, which may name the tables as their source does.
//!
//! ```no_run
//! use sink_sqlite::query::{Parameters, Query, QuerySession};
//! use sync_core::OwnedValue;
//!
//! # fn main() -> sync_core::Result<()> {
//! let mut session = QuerySession::open("replica.db")?;
//! let query = Query::new("SELECT name FROM users WHERE id = ?")
//!     .parameters(Parameters::Positional(vec![OwnedValue::Integer(7)]));
//! for row in session.ask(&query)?.rows {
//!     println!("{row:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Names
//!
//! | in the statement | is answered from |
//! |---|---|
//! | `users` | the replica of `public.users`, or of whatever the source's default schema is |
//! | `audit.logs`, `"audit"."logs"` | the replica of that table |
//! | `audit.logs.id`, `audit.logs.*` | its columns |
//! | `tmp_users`, `tmp_audit_logs` | the replica itself |
//!
//! Names are names as SQLite parses them: strings, comments, aliases, column names and common table expressions stay what they are.
//! A table or view of the user's own wins over a replica that could be named alike. A name that could mean several replicas means
//! none, and the error lists them. Only published tables have a source's name.
//!
//! # Values as JSON
//!
//! | SQLite | JSON |
//! |---|---|
//! | NULL | `null` |
//! | INTEGER | a number with all its digits, up to 64 bits |
//! | REAL | a number that is never written as an integer (`1.0`); the infinities are the texts `"Infinity"` and `"-Infinity"` |
//! | TEXT | text; what is not UTF-8 in it becomes U+FFFD |
//! | BLOB | `{"$blob": "<base64>"}` |
//!
//! Parameters take the same forms; `true` and `false` are 1 and 0.

mod answer;
mod error;
mod json;
mod names;
mod parameters;
mod permission;
mod rewrite;
mod session;
mod statement;
mod token;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use answer::{Answer, Rows};
pub use json::JsonRows;
pub use names::PublishedTable;
pub use parameters::Parameters;
pub use session::QuerySession;

/// A statement with its parameters and limits.
#[derive(Clone, Debug)]
pub struct Query {
    sql: String,
    parameters: Parameters,
    limits: QueryLimits,
    stop: StopFlag,
}

impl Query {
    /// A statement without parameters, under the usual limits.
    #[must_use]
    pub fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            parameters: Parameters::default(),
            limits: QueryLimits::default(),
            stop: StopFlag::default(),
        }
    }

    /// Gives the values of its parameters.
    #[must_use]
    pub fn parameters(mut self, parameters: Parameters) -> Self {
        self.parameters = parameters;
        self
    }

    /// Sets other limits.
    #[must_use]
    pub fn limits(mut self, limits: QueryLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets somebody else stop it.
    #[must_use]
    pub fn stopped_by(mut self, stop: StopFlag) -> Self {
        self.stop = stop;
        self
    }
}

/// How much a query may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryLimits {
    /// How long it may run; then it ends with an error. `None` is for ever.
    pub time: Option<Duration>,
    /// Rows of the answer; what is beyond them is left out, and the answer says so.
    pub rows: usize,
    /// Bytes of the answer in memory, likewise. A single value that is larger is an error.
    pub bytes: usize,
}

impl Default for QueryLimits {
    /// 10 seconds, 10 000 rows, 8 MiB.
    fn default() -> Self {
        Self { time: Some(Duration::from_secs(10)), rows: 10_000, bytes: 8 << 20 }
    }
}

impl QueryLimits {
    /// No limits but SQLite's own: for a person at a terminal, who sees each row as it comes.
    #[must_use]
    pub fn none() -> Self {
        Self { time: None, rows: usize::MAX, bytes: usize::MAX }
    }
}

/// Stops a query from another thread. Clones are one flag.
#[derive(Clone, Debug, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Ends the query with an error, soon; one that has not begun yet ends as it begins.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
