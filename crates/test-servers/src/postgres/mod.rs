//! A private PostgreSQL server.

mod crash;
mod database;
mod options;
mod shared;
mod standby;
mod template;

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;

pub use database::Database;
pub use options::PostgresOptions;
pub use shared::SHARED_POSTGRES;

use crate::folders;
use crate::guardian::{Guardian, Signal};
use crate::instance::{Instance, LIMIT, not_ours, start_in_time};
use crate::psql::Psql;
use crate::{PostgresTools, Result, TlsFiles, find_postgres, ports};

/// Somebody took the port, or the sessions of a server that was killed are still ending.
const PASSING: [&str; 4] =
    ["could not bind", "could not create any TCP/IP sockets", "pre-existing shared memory block", "lock file"];

/// A PostgreSQL server on 127.0.0.1. One that this process started is stopped, and its data removed, with the value.
///
/// The superuser `postgres` needs no password; everybody else logs in with SCRAM-SHA-256. TLS is offered, not required.
#[derive(Debug)]
pub struct Postgres {
    psql: Psql,
    tls: Option<TlsFiles>,
    own: Option<OwnServer>,
}

/// What is known of a server that this process started.
#[derive(Debug)]
struct OwnServer {
    tools: PostgresTools,
    instance: Instance,
}

impl Postgres {
    /// Starts a server of its own, with new data.
    ///
    /// # Errors
    /// No PostgreSQL is installed, or it does not start: the message holds the end of its log.
    pub fn start(options: &PostgresOptions) -> Result<Self> {
        let tools = match &options.bin {
            Some(bin) => PostgresTools::in_folder(bin)?,
            None => find_postgres()?,
        };
        let servers = folders::servers_folder()?;
        let (folder, tls) = template::copy(&servers, &tools, options)?;
        let psql = Psql { program: tools.psql.clone(), host: Ipv4Addr::LOCALHOST.to_string(), port: 0 };
        let mut server = Self { psql, tls, own: Some(OwnServer { tools, instance: Instance::new(folder) }) };
        server.run(true)?;
        Ok(server)
    }

    /// The address it listens on.
    pub fn host(&self) -> &str {
        &self.psql.host
    }

    /// The port it listens on; it stays the same when the server is started again.
    pub fn port(&self) -> u16 {
        self.psql.port
    }

    /// The certificates, or nothing if this build of PostgreSQL has no TLS.
    pub fn tls(&self) -> Option<&TlsFiles> {
        self.tls.as_ref()
    }

    /// Makes a new, empty database, dropped with the value.
    pub fn database(&self) -> Result<Database> {
        Database::create(self.psql.clone())
    }

    /// Runs statements as `postgres` in the database `postgres`; for what belongs to the whole server, as roles.
    pub fn execute(&self, sql: &str) -> Result<()> {
        self.psql.run("postgres", sql).map(drop)
    }

    /// Runs statements as `postgres` in a database and answers what they return, as [`Database::query`] does.
    ///
    /// # Errors
    /// The first statement that failed, with the server's message.
    pub fn query(&self, database: &str, sql: &str) -> Result<String> {
        self.psql.run(database, sql)
    }

    /// The address of a database of this name for the superuser: a standby has those of its primary.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}:{}/{database}", self.psql.host, self.psql.port)
    }

    /// The folder of its data.
    ///
    /// # Errors
    /// Another process started it.
    pub fn data_folder(&self) -> Result<PathBuf> {
        Ok(self.own()?.instance.data())
    }

    /// What it logged so far.
    ///
    /// # Errors
    /// Another process started it.
    pub fn log(&self) -> Result<String> {
        self.own()?.instance.log()
    }

    /// Stops it in an orderly way; open sessions are ended. Its data stays.
    ///
    /// # Errors
    /// Another process started it.
    pub fn stop(&mut self) -> Result<()> {
        self.own_mut()?.instance.end(Signal::Interrupt)
    }

    /// Kills it with SIGKILL, as the kernel or a power cut would. Its data stays.
    ///
    /// # Errors
    /// Another process started it.
    pub fn kill(&mut self) -> Result<()> {
        self.own_mut()?.instance.end(Signal::Kill)
    }

    /// Starts it again on the same port with the same data, after stopping it if it still runs.
    ///
    /// # Errors
    /// Another process started it, or it does not start.
    pub fn restart(&mut self) -> Result<()> {
        self.stop()?;
        self.run(false)
    }

    fn run(&mut self, new_port: bool) -> Result<()> {
        let start = || {
            if new_port {
                self.psql.port = ports::free_port()?;
            }
            let port = self.psql.port;
            self.own_mut()?.run(port)
        };
        start_in_time(start, &PASSING)
    }

    fn own(&self) -> Result<&OwnServer> {
        self.own.as_ref().ok_or_else(not_ours)
    }

    fn own_mut(&mut self) -> Result<&mut OwnServer> {
        self.own.as_mut().ok_or_else(not_ours)
    }
}

impl OwnServer {
    fn run(&mut self, port: u16) -> Result<()> {
        let (name, program) = (format!("PostgreSQL {}", self.tools.version), self.tools.bin.join("postgres"));
        let arguments = ["-D", "data", "-p", &port.to_string()].map(str::to_owned);
        let pid_file = self.instance.data().join("postmaster.pid");
        let is_ready = |guardian: &Guardian, _: &str| is_ready(&pid_file, guardian.server());
        self.instance.run(&name, (&program, &arguments), Signal::Quit, is_ready)
    }
}

/// Line 1 is the process id, line 8 the state. A file that a killed server left behind has another id.
fn is_ready(pid_file: &std::path::Path, pid: u32) -> bool {
    let text = fs::read_to_string(pid_file).unwrap_or_default();
    let line = |number: usize| text.lines().nth(number - 1).map(str::trim);
    line(1) == Some(pid.to_string().as_str()) && line(8) == Some("ready")
}
