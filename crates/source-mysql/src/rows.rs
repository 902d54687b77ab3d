//! The rows of one statement, one after the other, never all of them.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use mysql_async::{BinaryProtocol, Column, QueryResult, Row};
use sync_core::{Error, Result};

use crate::config::Timeouts;
use crate::error::from_server;
use crate::session::Session;

/// How long a stream may be silent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waits {
    /// Before its first row, while the server searches and sorts.
    pub(crate) first: Duration,
    /// The setting that raises `first`.
    pub(crate) first_setting: &'static str,
    /// Between two rows.
    pub(crate) later: Duration,
    /// The setting that raises `later`.
    pub(crate) later_setting: &'static str,
}

impl Waits {
    /// The server sorts first, then rows follow each other.
    pub(crate) fn of_scan(timeouts: &Timeouts) -> Self {
        Self {
            first: timeouts.scan,
            first_setting: "scan_timeout",
            later: timeouts.idle,
            later_setting: "idle_timeout",
        }
    }

    /// An index finds the rows.
    pub(crate) fn of_poll(timeouts: &Timeouts) -> Self {
        Self { first: timeouts.statement, first_setting: "statement_timeout", ..Self::of_scan(timeouts) }
    }

    pub(crate) fn exceeded(&self, first: bool) -> Error {
        let (limit, what, setting) = match first {
            true => (self.first, "its first row", self.first_setting),
            false => (self.later, "another row", self.later_setting),
        };
        Error::unavailable(format!("the server did not send {what} within {limit:?}")).hint(format!("raise {setting}"))
    }
}

/// A statement under way, with the session that it runs in. Dropped before its end, it is killed on the server.
#[derive(Debug)]
pub(crate) struct Rows {
    session: Session,
    columns: Arc<[Column]>,
    waits: Waits,
    first: bool,
    ended: bool,
}

impl Rows {
    /// Of a statement that was sent and answered with its columns.
    pub(crate) fn new(session: Session, columns: Arc<[Column]>, waits: Waits) -> Self {
        Self { session, columns, waits, first: true, ended: false }
    }

    /// The columns as the server describes them.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The next row; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Row>> {
        if self.ended {
            return Ok(None);
        }
        let mut result = QueryResult::<BinaryProtocol>::new(self.session.connection());
        let mut next = pin!(result.next());
        // Mostly it is there already, and a timer for each row would cost more than the row.
        let row = match next.as_mut().now_or_never() {
            Some(row) => row,
            None => {
                let limit = if self.first { self.waits.first } else { self.waits.later };
                tokio::time::timeout(limit, next).await.map_err(|_| self.waits.exceeded(self.first))?
            }
        };
        let row = row.map_err(from_server)?;
        self.first = false;
        self.ended = row.is_none();
        Ok(row)
    }

    /// The session, for another statement. Rows that are still to come are read and dropped then: ask at the end only.
    pub(crate) fn into_session(self) -> Session {
        self.session
    }

    /// Commits, and gives the connection back; before the end of the rows, the statement is killed instead.
    pub(crate) async fn finish(self) {
        if self.ended {
            self.session.finish().await;
        }
    }
}
