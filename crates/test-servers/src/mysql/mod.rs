//! A private MariaDB or MySQL server.

mod arguments;
mod client;
mod database;
mod options;
mod replica;
mod shared;
mod template;

use std::net::Ipv4Addr;
use std::path::PathBuf;

use client::Client;
pub use database::MysqlDatabase;
pub use options::{MysqlOptions, Transactions};
pub use shared::{SHARED_MYSQL, SHARED_MYSQL_HIDDEN};

use crate::folders;
use crate::guardian::Signal;
use crate::instance::{Instance, LIMIT, not_ours, start_in_time};
use crate::{MysqlFamily, MysqlTools, Result, TlsFiles, find_mysql, ports};

/// Somebody took the port.
const PASSING: [&str; 1] = ["Bind on TCP/IP port"];

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
    tools: MysqlTools,
    /// The whole command line but the port.
    arguments: Vec<String>,
    instance: Instance,
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
        let own = OwnServer { tools, arguments, instance: Instance::new(folder) };
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
        self.own_mut()?.instance.end(Signal::Terminate)
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
                self.client.port = ports::free_port()?;
            }
            let port = self.client.port;
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
        let MysqlTools { server, version, .. } = &self.tools;
        let name = format!("{} {version}", server.file_name().unwrap_or_default().to_string_lossy());
        let mut arguments = self.arguments.clone();
        arguments.push(format!("--port={port}"));
        let is_ready = |_: &_, logged: &str| logged.contains("ready for connections");
        self.instance.run(&name, (server, &arguments), Signal::Kill, is_ready)
    }
}
