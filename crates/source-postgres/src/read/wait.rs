//! Waiting for the next piece of a stream, but not for ever.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{FutureExt, Stream, StreamExt};
use sync_core::{Error, Result};

use crate::config::Timeouts;
use crate::error::from_server;

/// How long a stream may be silent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    /// Before its first piece, while the server searches and sorts.
    pub(super) first: Duration,
    /// The setting that raises `first`.
    pub(super) first_setting: &'static str,
    /// Between two pieces.
    pub(super) later: Duration,
    /// The setting that raises `later`.
    pub(super) later_setting: &'static str,
}

impl Waits {
    /// The server sorts first, then rows follow each other.
    pub(super) fn of_scan(timeouts: &Timeouts) -> Self {
        Self {
            first: timeouts.scan,
            first_setting: "scan_timeout",
            later: timeouts.idle,
            later_setting: "idle_timeout",
        }
    }

    /// Rows lie far apart: any of them may be searched for long.
    pub(super) fn of_search(timeouts: &Timeouts) -> Self {
        Self { later: timeouts.scan, later_setting: "scan_timeout", ..Self::of_scan(timeouts) }
    }

    /// An index finds the rows.
    pub(super) fn of_poll(timeouts: &Timeouts) -> Self {
        Self { first: timeouts.statement, first_setting: "statement_timeout", ..Self::of_scan(timeouts) }
    }

    pub(super) fn exceeded(&self, first: bool) -> Error {
        let (limit, what, setting) = match first {
            true => (self.first, "its first row", self.first_setting),
            false => (self.later, "another row", self.later_setting),
        };
        Error::unavailable(format!("the server did not send {what} within {limit:?}")).hint(format!("raise {setting}"))
    }
}

/// The next piece; `None` at the end.
pub(super) async fn next<S, T>(stream: &mut Pin<Box<S>>, waits: &Waits, first: bool) -> Result<Option<T>>
where
    S: Stream<Item = Result<T, tokio_postgres::Error>>,
{
    // Mostly it is there already, and a timer for each row would cost more than the row.
    let piece = match stream.next().now_or_never() {
        Some(piece) => piece,
        None => {
            let limit = if first { waits.first } else { waits.later };
            tokio::time::timeout(limit, stream.next()).await.map_err(|_| waits.exceeded(first))?
        }
    };
    piece.transpose().map_err(from_server)
}
