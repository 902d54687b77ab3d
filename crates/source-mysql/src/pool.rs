//! The connections to one server.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder};
use sync_core::{Error, ErrorKind, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::{Settings, Timeouts};
use crate::error::{from_server, is_tls, timed_out, within};
use crate::server::{Server, prepare};
use crate::sql::quoted;
use crate::tls::{self, SslMode};

/// Lends connections to one server, and knows how long to wait for it.
///
/// The library has a pool too; it reads what is left of an abandoned result to its end, and sets sessions back to the server's defaults.
#[derive(Clone)]
pub(crate) struct Pool(Arc<Shared>);

struct Shared {
    options: Opts,
    /// `PREFERRED`: where encryption fails or is not offered, go on without, as MySQL's own client does.
    plain: Option<Opts>,
    idle: Mutex<Vec<Idle>>,
    permits: Arc<Semaphore>,
    place: String,
    login: String,
    database: String,
    size: usize,
    timeouts: Timeouts,
}

/// A connection that waits to be used again.
struct Idle {
    connection: Conn,
    server: Arc<Server>,
    since: Instant,
}

/// A connection on loan. Dropped, it is closed.
pub(crate) struct Lease {
    pub(crate) connection: Conn,
    pub(crate) server: Arc<Server>,
    pool: Pool,
    _permit: OwnedSemaphorePermit,
}

/// A connection that rested longer is asked first whether it still stands.
const TRUSTED: Duration = Duration::from_secs(5);

/// A row may be as large as the protocol allows.
const LARGEST_PACKET: usize = 1 << 30;

impl Pool {
    /// Connects to nothing yet.
    pub(crate) fn new(settings: &Settings) -> Result<Self> {
        let tls = tls::options(&settings.tls)?;
        let plain = (settings.tls.mode == SslMode::Preferred).then(|| driver_options(settings).into());
        let options = driver_options(settings).ssl_opts(tls).into();
        let Settings { host, port, user, database, pool_size, .. } = settings;
        let at = settings.socket.clone().unwrap_or_else(|| format!("{host}:{port}"));
        Ok(Self(Arc::new(Shared {
            options,
            plain,
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(*pool_size)),
            place: format!("MySQL at {at}, database {database}, login {user}"),
            login: user.clone(),
            database: database.clone(),
            size: *pool_size,
            timeouts: settings.timeouts,
        })))
    }

    /// A connection, within the time limits.
    pub(crate) async fn connection(&self) -> Result<Lease> {
        self.lend().await.map_err(|error| self.explained(error).at(self.place()))
    }

    /// A connection beside the pool, as a kill can't wait for one to become free.
    pub(crate) async fn beside(&self) -> Result<Conn> {
        within(self.0.timeouts.connect, "accept a connection", connect(&self.0)).await
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.0.timeouts
    }

    /// Server, database and login, for errors.
    pub(crate) fn place(&self) -> &str {
        &self.0.place
    }

    pub(crate) fn login(&self) -> &str {
        &self.0.login
    }

    pub(crate) fn database(&self) -> &str {
        &self.0.database
    }

    async fn lend(&self) -> Result<Lease> {
        let permit = self.permit().await?;
        let (connection, server) = match self.rested().await {
            Some(Idle { connection, server, .. }) => (connection, server),
            None => self.connect().await?,
        };
        Ok(Lease { connection, server, pool: self.clone(), _permit: permit })
    }

    /// A login without any right on its database is told so when it connects.
    fn explained(&self, error: Error) -> Error {
        let (database, login) = (quoted(self.database()), quoted(self.login()));
        match error.kind() {
            ErrorKind::Denied => error.hint(format!("run GRANT SELECT ON {database}.* TO {login}")),
            _ => error,
        }
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit> {
        let (waited, size) = (self.0.timeouts.statement, self.0.size);
        let permit = tokio::time::timeout(waited, Arc::clone(&self.0.permits).acquire_owned()).await;
        permit
            .map_err(|_| {
                Error::unavailable(format!("no connection became free within {waited:?}, and {size} are in use"))
                    .hint("raise pool_size")
            })?
            .map_err(|closed| Error::internal(closed.to_string()))
    }

    /// The connection that rested least and still stands.
    async fn rested(&self) -> Option<Idle> {
        loop {
            let mut idle = locked(&self.0.idle).pop()?;
            if idle.since.elapsed() < TRUSTED {
                return Some(idle);
            }
            let ping = within(self.0.timeouts.connect, "answer a ping", idle.connection.ping()).await;
            match ping {
                Ok(()) => return Some(idle),
                Err(error) => tracing::debug!("a connection ended while it rested: {error}"),
            }
        }
    }

    async fn connect(&self) -> Result<(Conn, Arc<Server>)> {
        let limit = self.0.timeouts.connect;
        let connected = async {
            let mut connection = connect(&self.0).await.map_err(from_server)?;
            let server = prepare(&mut connection).await?;
            Ok((connection, Arc::new(server)))
        };
        tokio::time::timeout(limit, connected).await.unwrap_or_else(|_| {
            Err(timed_out(limit, "accept a connection").hint("check host and port, or raise connect_timeout"))
        })
    }
}

impl Lease {
    /// Gives the connection back, as good as new.
    pub(crate) fn put_back(self) {
        let Self { connection, server, pool, _permit } = self;
        locked(&pool.0.idle).push(Idle { connection, server, since: Instant::now() });
    }

    /// The connection alone, to be closed.
    pub(crate) fn into_connection(self) -> Conn {
        self.connection
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }
}

async fn connect(shared: &Shared) -> Result<Conn, mysql_async::Error> {
    match (Conn::new(shared.options.clone()).await, &shared.plain) {
        (Err(error), Some(plain)) if is_tls(&error) => Conn::new(plain.clone()).await,
        (connected, _) => connected,
    }
}

/// A socket is used only where one is named: a proxy on this machine would be passed by otherwise.
fn driver_options(settings: &Settings) -> OptsBuilder {
    OptsBuilder::default()
        .ip_or_hostname(&settings.host)
        .tcp_port(settings.port)
        .socket(settings.socket.clone())
        .prefer_socket(false)
        .user(Some(&settings.user))
        .pass(settings.password.as_ref().map(|password| password.expose().to_owned()))
        .db_name(Some(&settings.database))
        .tcp_keepalive(Some(settings.timeouts.keepalive))
        .max_allowed_packet(Some(LARGEST_PACKET))
        .wait_timeout(Some(0))
        .connect_attribute("program_name", &settings.application_name)
}

/// The library's own `Debug` of its options shows the password.
impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("place", &self.0.place).field("size", &self.0.size).finish_non_exhaustive()
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("place", &self.pool.0.place).field("id", &self.connection.id()).finish()
    }
}

/// Connections stand for themselves, so a panic elsewhere leaves nothing half done here.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
