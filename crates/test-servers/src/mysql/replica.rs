//! A second server that follows a first by its binlog and GTIDs.

use super::{LIMIT, Mysql, MysqlOptions};
use crate::guardian::wait_until;
use crate::{Error, MysqlFamily, Result};

/// What is said differently to the two servers.
struct Words {
    follow: &'static str,
    by_position: &'static str,
    start: &'static str,
    stop: &'static str,
    pause: &'static str,
    resume: &'static str,
    forget: &'static str,
    written: &'static str,
}

const MARIADB: Words = Words {
    follow: "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_USER = 'root', MASTER_CONNECT_RETRY = 1, MASTER_PORT =",
    by_position: "MASTER_USE_GTID = slave_pos",
    start: "START SLAVE",
    stop: "STOP SLAVE",
    pause: "STOP SLAVE SQL_THREAD",
    resume: "START SLAVE SQL_THREAD",
    forget: "RESET SLAVE ALL",
    written: "SELECT @@gtid_binlog_pos",
};

const MYSQL: Words = Words {
    follow: "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_USER = 'root', SOURCE_CONNECT_RETRY = 1, SOURCE_PORT =",
    by_position: "SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1",
    start: "START REPLICA",
    stop: "STOP REPLICA",
    pause: "STOP REPLICA SQL_THREAD",
    resume: "START REPLICA SQL_THREAD",
    forget: "RESET REPLICA ALL",
    written: "SELECT @@gtid_executed",
};

impl Mysql {
    /// Starts a server that follows this one by its binlog, from its beginning on, and refuses writes of others. It outlives
    /// this one.
    ///
    /// # Errors
    /// Another process started this server, or the replica does not start.
    pub fn replica(&self, options: &MysqlOptions) -> Result<Self> {
        let mut options = options.clone();
        if options.root.is_none() {
            options.root.clone_from(&self.own()?.tools.root);
        }
        let replica = Self::start_as(&options.setting("read-only", "ON"), 2)?;
        let Words { follow, by_position, start, .. } = self.words();
        replica.execute(&format!("{follow} {}, {by_position}; {start}", self.port()))?;
        Ok(replica)
    }

    /// Waits until this replica shows everything that `primary` has committed up to now.
    ///
    /// # Errors
    /// It takes too long: it is paused, or the connection between them is gone.
    pub fn wait_until_caught_up(&self, primary: &Self) -> Result<()> {
        let position = primary.query("mysql", self.words().written)?.replace("\\n", "");
        let sql = match self.family {
            MysqlFamily::Mariadb => format!("SELECT MASTER_GTID_WAIT('{position}', {}) = 0", LIMIT.as_secs()),
            MysqlFamily::Mysql => format!("SELECT WAIT_FOR_EXECUTED_GTID_SET('{position}', {}) = 0", LIMIT.as_secs()),
        };
        match self.query("mysql", &sql)?.as_str() {
            "1" => Ok(()),
            _ => Err(Error::new(format!("the replica does not reach {position}"))),
        }
    }

    /// Stops a replica from applying what it receives: it stays at one moment.
    ///
    /// # Errors
    /// It is no replica.
    pub fn pause_replay(&self) -> Result<()> {
        self.execute(self.words().pause)
    }

    /// Lets a replica go on after [`Mysql::pause_replay`].
    ///
    /// # Errors
    /// It is no replica.
    pub fn resume_replay(&self) -> Result<()> {
        self.execute(self.words().resume)
    }

    /// Makes this replica a server of its own that takes writes.
    ///
    /// # Errors
    /// The server's message.
    pub fn promote(&self) -> Result<()> {
        let Words { stop, forget, .. } = self.words();
        self.execute(&format!("{stop}; {forget}; SET GLOBAL read_only = OFF"))?;
        let is_writable = || self.query("mysql", "SELECT @@global.read_only").is_ok_and(|answer| answer == "0");
        wait_until(LIMIT, is_writable).map_err(Error::doing("the replica was not promoted"))
    }

    fn words(&self) -> &'static Words {
        match self.family {
            MysqlFamily::Mariadb => &MARIADB,
            MysqlFamily::Mysql => &MYSQL,
        }
    }
}
