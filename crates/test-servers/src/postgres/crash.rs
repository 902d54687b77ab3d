//! The end of a server's memory while its clients go on.

use super::{LIMIT, Postgres};
use crate::guardian::{Signal, send, wait_until};
use crate::{Error, Result};

impl Postgres {
    /// Kills one backend with SIGKILL. The server then ends all its sessions and recovers from its log, as it does when a backend
    /// crashes: commits that were not waited for (`synchronous_commit = off`) may be lost. Returns when it takes connections again.
    ///
    /// # Errors
    /// Another process started it, or it does not recover in time.
    pub fn crash(&self) -> Result<()> {
        let seen = self.log()?.len();
        let backend = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'background writer'";
        let answer = self.query("postgres", backend)?;
        let pid = answer.parse().map_err(Error::doing(format!("{answer:?} is no process")))?;
        send(pid, Signal::Kill)?;
        let recovered = || {
            let log = self.log().unwrap_or_default();
            log.get(seen..).is_some_and(|text| text.contains("database system is ready to accept connections"))
        };
        wait_until(LIMIT, recovered).map_err(Error::doing("the server does not recover"))
    }
}
