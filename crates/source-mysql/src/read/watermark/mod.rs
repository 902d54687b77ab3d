//! The low watermark: no transaction that can still commit began before it.
//!
//! It is asked for before the rows are, outside of any snapshot: whatever is not seen then has been committed, or begins later.

mod activity;
mod cover;

use std::time::Duration;

use sync_core::{ErrorKind, Result};

use super::arrival::{Clock, Writers, ask_writers};
use crate::session::Session;
pub(crate) use cover::{Cover, Gap};

/// Clocks are set now and then, and a statement is stamped a little before it is seen to run.
const MARGIN: Duration = Duration::from_secs(1);

/// How far back a copy looks for rows of a prepared transaction that nobody can say the age of.
const PREPARED_SINCE: Duration = Duration::from_secs(3600);

/// Up to when everything was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Watermark {
    /// Microseconds since 1970 on the server's clock. `None` while a transaction of unknown age may commit.
    low: Option<i64>,
    clock: Clock,
    /// Rows are stamped on another server.
    elsewhere: bool,
    /// How long a transaction may take before its rows can be missed, where nobody can tell which ones are open.
    overlap: Duration,
}

impl Watermark {
    /// Asks the server. The session must be outside of a transaction.
    pub(super) async fn ask(session: &mut Session, clock: Clock, writers: Writers) -> Result<Self> {
        let overlap = session.timeouts().overlap;
        let low = match cover(session, writers).await? {
            (Cover::Watched, Activity { prepared: true, .. }) => None,
            (Cover::Watched, activity) => Some(activity.now - activity.oldest.max(0) - micros(MARGIN)),
            (Cover::Overlap(_), _) => Some(clock.now - micros(overlap)),
        };
        Ok(Self { low, clock, elsewhere: writers.elsewhere, overlap })
    }

    /// Where a cursor may stand at most, in microseconds since 1970.
    pub(super) fn low(&self) -> Option<i64> {
        self.low
    }

    /// From where on rows may be missing in what is read now.
    pub(super) fn start(&self) -> i64 {
        self.low.unwrap_or(self.clock.now - micros(PREPARED_SINCE))
    }

    /// Whether rows arrive from another server, some time after they were stamped.
    pub(super) fn is_from_elsewhere(&self) -> bool {
        self.elsewhere
    }

    /// How late a row may come, in microseconds.
    pub(super) fn overlap(&self) -> i64 {
        micros(self.overlap)
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }
}

/// What is known of transactions under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Activity {
    now: i64,
    /// For how long the oldest one has been going on, in microseconds.
    oldest: i64,
    /// Whether one is prepared that nobody holds.
    prepared: bool,
}

/// How late commits are covered on this server, and for this login.
pub(crate) async fn covered(session: &mut Session) -> Result<Cover> {
    let (writers, _) = ask_writers(session).await?;
    cover(session, writers).await.map(|(cover, _)| cover)
}

async fn cover(session: &mut Session, writers: Writers) -> Result<(Cover, Activity)> {
    let known = match writers {
        Writers { elsewhere: true, .. } => Some(Gap::Elsewhere),
        Writers { watched: false, .. } => Some(Gap::Off),
        _ => None,
    };
    let answer = match known {
        Some(gap) => Err(gap),
        None => match activity::ask(session).await {
            Err(error) if error.kind() == ErrorKind::Denied => Err(Gap::Denied),
            answer => answer?,
        },
    };
    Ok(match answer {
        Ok(activity) => (Cover::Watched, activity),
        Err(gap) => (Cover::Overlap(gap), Activity::default()),
    })
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
