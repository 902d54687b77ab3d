//! One connection for the time of one transaction.

use std::time::Duration;

use deadpool_postgres::Object;
use sync_core::Result;
use tokio_postgres::Client;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::Timeouts;
use crate::error::within;
use crate::pool::Pool;

/// Owns a connection from BEGIN to COMMIT. Whatever ends otherwise is cancelled on the server, and its connection closed: the
/// library would read a dropped COPY to its end.
#[derive(Debug)]
pub(crate) struct Session {
    connection: Option<Object>,
    tls: Tls,
    timeouts: Timeouts,
}

#[derive(Clone)]
struct Tls(MakeRustlsConnect);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

/// How long a cancel request, a COMMIT that nobody needs, or a farewell may take.
const FAREWELL: Duration = Duration::from_secs(5);

impl Session {
    /// Takes a connection. The caller sends BEGIN first.
    pub(crate) async fn open(pool: &Pool) -> Result<Self> {
        let connection = pool.connection().await?;
        Ok(Self { connection: Some(connection), tls: Tls(pool.tls().clone()), timeouts: *pool.timeouts() })
    }

    /// The connection.
    pub(crate) fn client(&self) -> &Client {
        #[expect(clippy::expect_used, reason = "only `finish`, which consumes the session, takes the connection out")]
        self.connection.as_ref().expect("a session has a connection until it is finished")
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// Commits, and gives the connection back. All rows were read by then, so a failure costs the connection and nothing else.
    pub(crate) async fn finish(mut self) {
        match within(FAREWELL, "commit", self.client().batch_execute("COMMIT")).await {
            Ok(()) => drop(self.connection.take()),
            Err(error) => tracing::debug!("a connection is given up: {error}"),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let client = Object::take(connection);
        let tls = self.tls.0.clone();
        // Without a runtime there is no task that reads the connection either: it just closes.
        if let Ok(runtime) = tokio::runtime::Handle::try_current()
            && !client.is_closed()
        {
            runtime.spawn(async move {
                let cancelled =
                    within(FAREWELL, "take a cancel request", client.cancel_token().cancel_query(tls)).await;
                if let Err(error) = cancelled {
                    tracing::debug!("an abandoned read could not be cancelled: {error}");
                }
                drop(client);
            });
        }
    }
}
