//! A second server that follows a first, and may take its place.

use std::net::Ipv4Addr;

use super::{LIMIT, OwnServer, Postgres};
use crate::account::Account;
use crate::commands::succeed;
use crate::folders::{self, InstanceFolder};
use crate::guardian::wait_until;
use crate::instance::Instance;
use crate::psql::Psql;
use crate::{Error, Result};

impl Postgres {
    /// Starts a server that streams from this one and answers queries meanwhile (a hot standby). It outlives this one.
    ///
    /// # Errors
    /// Another process started this server, its installation lacks `pg_basebackup`, or the standby does not start.
    pub fn standby(&self) -> Result<Self> {
        let tools = self.own()?.tools.clone();
        let servers = folders::servers_folder()?;
        let lock = folders::lock(&servers)?;
        let folder = InstanceFolder::create(&servers, "postgres")?;
        drop(lock);
        let mut backup = Account::current()?.command(tools.bin.join("pg_basebackup"));
        backup.args(["-w", "-X", "stream", "-c", "fast", "--no-sync", "-R", "-U", "postgres", "-D"]);
        backup.arg(folder.path().join("data")).args(["-h", self.host(), "-p", &self.port().to_string()]);
        succeed(&mut backup)?;
        let psql = Psql { program: tools.psql.clone(), host: Ipv4Addr::LOCALHOST.to_string(), port: 0 };
        let mut standby =
            Self { psql, tls: self.tls.clone(), own: Some(OwnServer { tools, instance: Instance::new(folder) }) };
        standby.run(true)?;
        Ok(standby)
    }

    /// Makes this standby a server of its own, on a timeline of its own. Returns when it takes writes.
    ///
    /// # Errors
    /// It is no standby, or it does not become a primary in time.
    pub fn promote(&self) -> Result<()> {
        self.execute(&format!("SELECT pg_promote(true, {})", LIMIT.as_secs()))?;
        if self.query("postgres", "SELECT pg_is_in_recovery()")? == "t" {
            return Err(Error::new("the standby was not promoted in time"));
        }
        Ok(())
    }

    /// Waits until this standby shows everything that `primary` has committed up to now.
    ///
    /// # Errors
    /// It takes too long: replay is paused, or the connection between them is gone.
    pub fn wait_until_caught_up(&self, primary: &Self) -> Result<()> {
        let written = primary.query("postgres", "SELECT pg_current_wal_insert_lsn()")?;
        let sql = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
        let mut reason = Error::new("it is behind");
        let is_there = || match self.query("postgres", &sql) {
            Ok(answer) => answer == "t",
            Err(error) => {
                reason = error;
                false
            }
        };
        wait_until(LIMIT, is_there).map_err(|_| Error::new(format!("the standby does not reach {written}: {reason}")))
    }

    /// Cuts a standby off from its primary: it shows what it has received, and no more.
    ///
    /// # Errors
    /// It is no standby, or goes on receiving.
    pub fn cut_off(&self) -> Result<()> {
        self.execute("ALTER SYSTEM SET primary_conninfo = ''; SELECT pg_reload_conf()")?;
        let is_alone =
            || self.query("postgres", "SELECT count(*) FROM pg_stat_wal_receiver").is_ok_and(|count| count == "0");
        wait_until(LIMIT, is_alone).map_err(Error::doing("the standby goes on receiving"))
    }

    /// Stops a standby from applying what it receives: it stays at one moment.
    ///
    /// # Errors
    /// It is no standby.
    pub fn pause_replay(&self) -> Result<()> {
        self.execute("SELECT pg_wal_replay_pause()")?;
        let paused = || self.query("postgres", "SELECT pg_get_wal_replay_pause_state()").is_ok_and(|at| at == "paused");
        wait_until(LIMIT, paused).map_err(Error::doing("the standby does not pause"))
    }

    /// Lets a standby go on after [`Postgres::pause_replay`].
    ///
    /// # Errors
    /// It is no standby.
    pub fn resume_replay(&self) -> Result<()> {
        self.execute("SELECT pg_wal_replay_resume()")
    }
}
