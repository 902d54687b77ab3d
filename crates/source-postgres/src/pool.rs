//! The connections to one server.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deadpool_postgres::tokio_postgres::config::{ChannelBinding as Binding, SslMode as Mode};
use deadpool_postgres::tokio_postgres::error::SqlState;
use deadpool_postgres::{Connect, Manager, ManagerConfig, Object, RecyclingMethod, Runtime};
use sync_core::{Error, Result};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::{ChannelBinding, Settings, Timeouts};
use crate::error::{from_pool, is_tls};
use crate::tls::{SslMode, connector};

/// Lends connections to one server, and knows how long to wait for it.
pub(crate) struct Pool {
    pool: deadpool_postgres::Pool,
    tls: MakeRustlsConnect,
    place: String,
    size: usize,
    timeouts: Timeouts,
    unencoded: Arc<AtomicBool>,
}

impl Pool {
    /// Connects to nothing yet.
    pub(crate) fn new(settings: &Settings) -> Result<Self> {
        let tls = connector(&settings.tls)?;
        let fallback = settings.tls.mode == SslMode::Prefer;
        let unencoded = Arc::new(AtomicBool::new(false));
        let connect = Connector { tls: tls.clone(), fallback, unencoded: Arc::clone(&unencoded) };
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = deadpool_postgres::Pool::builder(Manager::from_connect(driver_config(settings), connect, recycling))
            .max_size(settings.pool_size)
            .wait_timeout(Some(settings.timeouts.statement))
            .create_timeout(Some(settings.timeouts.connect))
            .recycle_timeout(Some(settings.timeouts.connect))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::internal(error.to_string()))?;
        let Settings { host, port, user, database, .. } = settings;
        let place = format!("PostgreSQL at {host}:{port}, database {database}, login {user}");
        Ok(Self { pool, tls, place, size: settings.pool_size, timeouts: settings.timeouts, unencoded })
    }

    /// A connection, within the time limits.
    pub(crate) async fn connection(&self) -> Result<Object> {
        self.pool.get().await.map_err(|error| {
            let waited = match &error {
                deadpool_postgres::PoolError::Timeout(deadpool_postgres::TimeoutType::Wait) => self.timeouts.statement,
                _ => self.timeouts.connect,
            };
            from_pool(error, self.size, waited).at(&self.place)
        })
    }

    pub(crate) fn tls(&self) -> &MakeRustlsConnect {
        &self.tls
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// The encoding to ask for. A database without one would refuse a whole read for one text that is not UTF-8; as it is, the text
    /// comes, and fails its row alone.
    pub(crate) fn encoding(&self) -> &'static str {
        if self.unencoded.load(Ordering::Relaxed) { "SQL_ASCII" } else { "UTF8" }
    }

    /// Server, database and login, for errors.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }
}

/// The library's own `Debug` of its configuration leaves the password out, but why rely on it.
impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("place", &self.place).field("size", &self.size).finish_non_exhaustive()
    }
}

/// No startup `options`: a pooler in transaction mode refuses or ignores them.
fn driver_config(settings: &Settings) -> Config {
    let mut config = Config::new();
    config
        .host(&settings.host)
        .port(settings.port)
        .user(&settings.user)
        .dbname(&settings.database)
        .application_name(&settings.application_name)
        .connect_timeout(settings.timeouts.connect)
        .keepalives(true)
        .keepalives_idle(settings.timeouts.keepalive)
        .keepalives_interval(settings.timeouts.keepalive / 3)
        .keepalives_retries(3)
        .tcp_user_timeout(settings.timeouts.idle)
        .ssl_mode(match settings.tls.mode {
            SslMode::Disable => Mode::Disable,
            SslMode::Prefer => Mode::Prefer,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => Mode::Require,
        })
        .channel_binding(match settings.channel_binding {
            ChannelBinding::Disable => Binding::Disable,
            ChannelBinding::Prefer => Binding::Prefer,
            ChannelBinding::Require => Binding::Require,
        });
    if let Some(password) = &settings.password {
        config.password(password.expose());
    }
    config
}

struct Connector {
    tls: MakeRustlsConnect,
    /// `prefer`: where encryption fails or is not welcome, go on without, as libpq does.
    fallback: bool,
    /// Whether the database has no encoding, as the server says when a connection begins.
    unencoded: Arc<AtomicBool>,
}

type Connected = Result<(Client, JoinHandle<()>), tokio_postgres::Error>;

impl Connect for Connector {
    fn connect(&self, config: &Config) -> Pin<Box<dyn Future<Output = Connected> + Send + '_>> {
        let mut config = config.clone();
        Box::pin(async move {
            let connected = match config.connect(self.tls.clone()).await {
                Err(error) if self.fallback && encryption_is_unwelcome(&error) => {
                    config.ssl_mode(Mode::Disable).connect(self.tls.clone()).await?
                }
                connected => connected?,
            };
            let (client, connection) = connected;
            let unencoded = connection.parameter("server_encoding") == Some("SQL_ASCII");
            self.unencoded.store(unencoded, Ordering::Relaxed);
            let driver = tokio::spawn(async move {
                // Whoever waits for an answer gets the error; between answers nobody has to know.
                if let Err(error) = connection.await {
                    tracing::debug!("a connection ended: {error}");
                }
            });
            Ok((client, driver))
        })
    }
}

fn encryption_is_unwelcome(error: &tokio_postgres::Error) -> bool {
    is_tls(error) || error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
}
