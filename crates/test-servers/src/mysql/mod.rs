//! A private MariaDB or MySQL server.

mod arguments;
mod client;
mod database;
mod options;
mod replica;
mod shared;
mod template;

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use client::Client;
pub use database::MysqlDatabase;
pub use options::{MysqlOptions, Transactions};
pub use shared::{SHARED_MYSQL, SHARED_MYSQL_HIDDEN};

use crate::folders::{self, InstanceFolder};
use crate::guardian::{Guardian, Signal, wait_until};
use crate::{Error, MysqlFamily, MysqlTools, Result, TlsFiles, find_mysql, ports};

/// How long a server may take to start or to stop.
const LIMIT: Duration = Duration::from_secs(60);

/// How often another port is tried.
const ATTEMPTS: u32 = 20;

/// A MariaDB or MySQL server on 127.0.0.1, of the release that [`find_mysql`] finds. One that this process started is stopped,
/// and its data removed, with the value.
///
/// `root` needs no password. TLS is offered, not required. There is no socket.
#[derive(Debug)]
pub struct Mysql {
    client: Client,
    family: MysqlFamily,
    tls: Option<TlsFiles>,
    own: Option<OwnServer>,
}

/// What is known of a server that this process started.
#[derive(Debug)]
struct OwnServer {
    // Dropped in this order: first the server ends, then its data goes.
    guardian: Option<Guardian>,
    tools: MysqlTools,
    /// The whole command line but the port.
    arguments: Vec<String>,
    folder: InstanceFolder,
}

impl Mysql {
    /// Starts a server of its own, with new data.
    ///
    /// # Errors
    /// None is installed, or it does not start: the message holds the end of its log.
    pub fn start(options: &MysqlOptions) -> Result<Self> {
        Self::start_as(options, 1)
    }

    /// Servers that replicate each other need different numbers.
    fn start_as(options: &MysqlOptions, number: u32) -> Result<Self> {
        let tools = match &options.root {
            Some(root) => MysqlTools::in_folder(root)?,
            None => find_mysql()?,
        };
        let servers = folders::servers_folder()?;
        let (folder, tls) = template::copy(&servers, &tools)?;
        let mut arguments = arguments::of_server(&tools, folder.path(), Some(&tls), options.transactions);
        arguments.push(format!("--server-id={number}"));
        arguments.extend(options.settings.iter().cloned());
        let client = Client { program: tools.client.clone(), host: Ipv4Addr::LOCALHOST.to_string(), port: 0 };
        let family = tools.family;
        let own = OwnServer { guardian: None, tools, arguments, folder };
        let mut server = Self { client, family, tls: Some(tls), own: Some(own) };
        server.run(true)?;
        Ok(server)
    }

    /// MariaDB or MySQL.
    pub fn family(&self) -> MysqlFamily {
        self.family
    }

    /// The address it listens on.
    pub fn host(&self) -> &str {
        &self.client.host
    }

    /// The port it listens on; it stays the same when the server is started again.
    pub fn port(&self) -> u16 {
        self.client.port
    }

    /// The certificates, or nothing if it has no TLS.
    pub fn tls(&self) -> Option<&TlsFiles> {
        self.tls.as_ref()
    }

    /// Makes a new, empty database with a login that may read it, dropped with the value.
    pub fn database(&self) -> Result<MysqlDatabase> {
        MysqlDatabase::create(self.client.clone())
    }

    /// Runs statements as `root` in the database `mysql`; for what belongs to the whole server, as users.
    pub fn execute(&self, sql: &str) -> Result<()> {
        self.client.run("mysql", sql).map(drop)
    }

    /// Runs statements as `root` in a database and answers what they return, as [`MysqlDatabase::query`] does.
    ///
    /// # Errors
    /// The first statement that failed, with the server's message.
    pub fn query(&self, database: &str, sql: &str) -> Result<String> {
        self.client.run(database, sql)
    }

    /// The address of a database of this name for `root`: a replica has those of its primary.
    pub fn url(&self, database: &str) -> String {
        format!("mysql://root@{}:{}/{database}", self.client.host, self.client.port)
    }

    /// The folder of its data.
    ///
    /// # Errors
    /// Another process started it.
    pub fn data_folder(&self) -> Result<PathBuf> {
        Ok(self.own()?.folder.path().join("data"))
    }

    /// What it logged so far.
    ///
    /// # Errors
    /// Another process started it.
    pub fn log(&self) -> Result<String> {
        self.own()?.log()
    }

    /// Stops it in an orderly way; open sessions are ended. Its data stays.
    ///
    /// # Errors
    /// Another process started it.
    pub fn stop(&mut self) -> Result<()> {
        self.end(Signal::Terminate)
    }

    /// Kills it with SIGKILL, as the kernel or a power cut would. Its data stays.
    ///
    /// # Errors
    /// Another process started it.
    pub fn kill(&mut self) -> Result<()> {
        self.end(Signal::Kill)
    }

    /// Starts it again on the same port with the same data, after stopping it if it still runs.
    ///
    /// # Errors
    /// Another process started it, or it does not start.
    pub fn restart(&mut self) -> Result<()> {
        self.stop()?;
        self.run(false)
    }

    fn end(&mut self, signal: Signal) -> Result<()> {
        match self.own_mut()?.guardian.take() {
            Some(mut guardian) => guardian.end(signal, LIMIT),
            None => Ok(()),
        }
    }

    fn run(&mut self, new_port: bool) -> Result<()> {
        let mut reason = Error::new("not tried");
        for _ in 0..ATTEMPTS {
            if new_port {
                self.client.port = ports::free_port()?;
            }
            let port = self.client.port;
            match self.own_mut()?.run(port) {
                Ok(()) => return Ok(()),
                // Somebody took the port.
                Err(error) if error.to_string().contains("Bind on TCP/IP port") => reason = error,
                Err(error) => return Err(error),
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(reason)
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
        let (folder, log) = (self.folder.path(), self.folder.path().join("log"));
        let seen = self.log().map_or(0, |text| text.len());
        let new_text = || self.log().unwrap_or_default().get(seen..).unwrap_or_default().to_owned();
        let mut arguments = self.arguments.clone();
        arguments.push(format!("--port={port}"));
        let mut guardian = Guardian::start(folder, &log, Signal::Kill, &self.tools.server, &arguments)?;
        let is_ready = || new_text().contains("ready for connections");
        let ready = wait_until(LIMIT, || is_ready() || guardian.ended().is_some());
        if ready.is_ok() && guardian.ended().is_none() {
            self.guardian = Some(guardian);
            return Ok(());
        }
        drop(guardian);
        Err(Error::new(format!("{} {} does not start: {}", self.program(), self.tools.version, new_text())))
    }

    fn program(&self) -> String {
        self.tools.server.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn log(&self) -> Result<String> {
        let path = self.folder.path().join("log");
        let bytes = fs::read(&path).map_err(Error::doing(format!("cannot read {}", path.display())))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn not_ours() -> Error {
    Error::new("another process started this server: a test that stops or inspects one starts its own")
}
