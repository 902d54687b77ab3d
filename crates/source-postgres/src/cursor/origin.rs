//! Where the rows of a cursor came from, and whether what answers now goes on from there.

use serde::{Deserialize, Serialize};
use sync_core::{Error, Result};

use crate::server::{Server, Snapshot};

/// The server and the point in its history that a cursor stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Origin {
    /// The system identifier, where the login may ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    system: Option<i64>,
    /// The database's oid.
    database: u32,
    /// The highest timeline seen, where the login may ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeline: Option<i32>,
    /// When the primary's statistics began, if a primary was seen: anew after each crash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reset: Option<i64>,
    /// Whether the rows of the last snapshot came from a standby.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    standby: bool,
    /// Address, port and start of the server that gave the last snapshot.
    pub(crate) endpoint: String,
    /// No snapshot whose rows are in the replica saw a transaction from this id on.
    pub(crate) xmax: u64,
}

impl Origin {
    /// What the rows of `snapshot` come from.
    pub(crate) fn new(server: &Server, snapshot: Snapshot) -> Self {
        Self {
            system: server.system,
            database: server.database,
            timeline: server.timeline,
            reset: server.statistics_reset.filter(|_| !server.in_recovery),
            standby: server.in_recovery,
            endpoint: server.endpoint.clone(),
            xmax: snapshot.xmax,
        }
    }

    /// The same after rows of `snapshot`, which `server` gave, were added. [`Origin::check`] and [`Origin::is_reached`] come first.
    pub(crate) fn and(&self, server: &Server, snapshot: Snapshot) -> Self {
        let new = Self::new(server, snapshot);
        Self {
            system: new.system.or(self.system),
            timeline: new.timeline.max(self.timeline),
            reset: new.reset.or(self.reset),
            xmax: new.xmax.max(self.xmax),
            ..new
        }
    }

    /// Fails when `server` is not the one that was read, or forgot something of what was read.
    ///
    /// # Errors
    /// `Replaced` or `Diverged`.
    pub(crate) fn check(&self, server: &Server) -> Result<()> {
        self.check_history(server)?;
        if (!server.in_recovery || self.endpoint == server.endpoint) && server.snapshot.xmax < self.xmax {
            let (is, was) = (server.snapshot.xmax, self.xmax);
            let what = format!("the server's next transaction id is {is} and was {was}: it went back in time");
            return Err(Error::diverged(what));
        }
        Ok(())
    }

    /// The part of [`Origin::check`] for which it does not matter how long ago the server answered. What one side does not know is
    /// not compared.
    ///
    /// # Errors
    /// `Replaced` or `Diverged`.
    pub(crate) fn check_history(&self, server: &Server) -> Result<()> {
        if self.database != server.database || differ(self.system, server.system) {
            let (was, is) = (name(self.system, self.database), name(server.system, server.database));
            return Err(Error::replaced(format!("{was} was copied, and {is} answers now")));
        }
        if let (Some(was), Some(is)) = (self.timeline, server.timeline) {
            // A standby learns late of a timeline; it is never ahead of what it follows.
            if is > was || (is != was && !server.in_recovery) {
                let what = format!(
                    "the server is on timeline {is} and was on {was}: a standby was promoted, or a backup restored"
                );
                return Err(Error::diverged(what));
            }
        }
        if !server.in_recovery && differ(self.reset, server.statistics_reset) {
            let what = "the server's statistics were reset, as by a crash, which may undo what was read and use its transaction ids again";
            return Err(Error::diverged(what));
        }
        Ok(())
    }

    /// Whether every snapshot from now on contains all that was read. On one server a later snapshot contains every earlier one; another
    /// server must first have come to know all that the former did.
    pub(crate) fn is_reached(&self, server: &Server) -> bool {
        let one_primary = !self.standby && !server.in_recovery;
        one_primary || self.endpoint == server.endpoint || server.snapshot.xmin >= self.xmax
    }

    /// The error when that does not come to be.
    pub(crate) fn not_reached(&self, server: &Server, waited: std::time::Duration) -> Error {
        let (xmin, xmax) = (server.snapshot.xmin, self.xmax);
        Error::diverged(format!(
            "another server answers now, and within {waited:?} it did not get to where the former was: \
             its oldest transaction is {xmin}, and {xmax} is needed"
        ))
    }
}

fn differ<T: PartialEq>(was: Option<T>, is: Option<T>) -> bool {
    was.is_some() && is.is_some() && was != is
}

fn name(system: Option<i64>, database: u32) -> String {
    match system {
        Some(system) => format!("database {database} of system {system}"),
        None => format!("database {database}"),
    }
}
