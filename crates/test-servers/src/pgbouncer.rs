//! A connection pooler in front of a server.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::account::Account;
use crate::folders::{self, InstanceFolder};
use crate::guardian::{Guardian, Signal, wait_until};
use crate::install::debian;
use crate::{Database, Error, Postgres, Result, find_pgbouncer, percent, ports};

const ATTEMPTS: u32 = 5;
const LIMIT: Duration = Duration::from_secs(20);

/// A PgBouncer in transaction mode: two transactions of a client may run in different sessions of the server, and two
/// clients share one. It stops with the value.
#[derive(Debug)]
pub struct PgBouncer {
    port: u16,
    _guardian: Guardian,
    _folder: InstanceFolder,
}

impl PgBouncer {
    /// Starts one, or answers `None` where PgBouncer is not installed (`cargo xtask test` installs it where it can).
    ///
    /// # Errors
    /// It is installed and does not start: the message holds its log.
    pub fn start(server: &Postgres) -> Result<Option<Self>> {
        let Some(program) = find_pgbouncer() else { return Ok(None) };
        let mut reason = Error::new("not tried");
        for _ in 0..ATTEMPTS {
            match Self::run(&program, server) {
                Ok(pooler) => return Ok(Some(pooler)),
                Err(error) => reason = error,
            }
        }
        Err(reason)
    }

    /// The port it listens on, at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of a database through the pooler, for the superuser.
    pub fn url(&self, database: &Database) -> String {
        self.address("postgres", database)
    }

    /// The address of a database through the pooler, for a role with a password.
    pub fn url_as(&self, database: &Database, user: &str, password: &str) -> String {
        self.address(&percent::login(user, password), database)
    }

    fn address(&self, login: &str, database: &Database) -> String {
        format!("postgres://{login}@{}:{}/{}", Ipv4Addr::LOCALHOST, self.port, database.name())
    }

    fn run(program: &Path, server: &Postgres) -> Result<Self> {
        let servers = folders::servers_folder()?;
        let lock = folders::lock(&servers)?;
        let folder = InstanceFolder::create(&servers, "pgbouncer")?;
        drop(lock);
        let port = ports::free_port()?;
        let log = folder.path().join("log");
        write(folder.path(), "pgbouncer.ini", &configuration(port, server))?;
        write(folder.path(), "users.txt", "\"postgres\" \"\"\n")?;
        write(folder.path(), "logins.conf", LOGINS)?;
        // It has nothing to lose, and what its other signals mean changed between versions.
        let arguments = [libraries(), program.display().to_string(), "pgbouncer.ini".to_owned()];
        let mut guardian = Guardian::start(folder.path(), &log, Signal::Kill, Path::new("/usr/bin/env"), &arguments)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let answers = || TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok();
        let ready = wait_until(LIMIT, || guardian.ended().is_some() || answers());
        if ready.is_ok() && guardian.ended().is_none() {
            return Ok(Self { port, _guardian: guardian, _folder: folder });
        }
        drop(guardian);
        Err(Error::new(format!("PgBouncer does not start: {}", fs::read_to_string(&log).unwrap_or_default())))
    }
}

/// As the server does it. The pooler looks roles up in the server and logs in as its client did.
const LOGINS: &str = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";

/// A PgBouncer that was unpacked finds its libraries beside it.
fn libraries() -> String {
    let folders: Vec<String> = debian::unpacked_libraries().iter().map(|path| path.display().to_string()).collect();
    format!("LD_LIBRARY_PATH={}", folders.join(":"))
}

/// Few server sessions, so that clients really share them; the strict defaults for what a client may ask for at start.
fn configuration(port: u16, server: &Postgres) -> String {
    format!(
        "[databases]\n\
         * = host={} port={}\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         pool_mode = transaction\n\
         default_pool_size = 5\n\
         max_client_conn = 200\n\
         auth_type = hba\n\
         auth_hba_file = logins.conf\n\
         auth_file = users.txt\n\
         auth_user = postgres\n\
         auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1\n",
        server.host(),
        server.port(),
    )
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(Error::doing(format!("cannot write {}", path.display())))?;
    Account::current()?.own(&path)
}
