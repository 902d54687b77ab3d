//! One connection for the time of one transaction.

use std::time::Duration;

use deadpool_postgres::Object;
use sync_core::Result;
use tokio_postgres::Client;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::Timeouts;
use crate::error::within;
use crate::pool::Pool;
use crate::sql;

/// Owns a connection from BEGIN to COMMIT. Whatever ends otherwise is cancelled on the server, and its connection closed: the
/// library would read a dropped COPY to its end.
#[derive(Debug)]
pub(crate) struct Session {
    connection: Option<Object>,
    tls: Tls,
    timeouts: Timeouts,
    encoding: &'static str,
    /// Whether there is a transaction to commit.
    begun: bool,
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
    /// Takes a connection. The caller sends BEGIN first, or says [`Session::alone`].
    pub(crate) async fn open(pool: &Pool) -> Result<Self> {
        let connection = pool.connection().await?;
        let (tls, timeouts, encoding) = (Tls(pool.tls().clone()), *pool.timeouts(), pool.encoding());
        Ok(Self { connection: Some(connection), tls, timeouts, encoding, begun: true })
    }

    /// The connection.
    pub(crate) fn client(&self) -> &Client {
        #[expect(clippy::expect_used, reason = "only `finish`, which consumes the session, takes the connection out")]
        self.connection.as_ref().expect("a session has a connection until it is finished")
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// The statements that begin the transaction, with the style of texts that the source promises. `limit` is the server's own limit
    /// on each statement; zero leaves watching to this side.
    pub(crate) fn begin(&self, isolation: &str, limit: Duration) -> String {
        let limit = limit.as_millis().min(i32::MAX as u128);
        let (style, encoding) = (sql::STYLE, self.encoding);
        format!(
            "BEGIN ISOLATION LEVEL {isolation} READ ONLY; {style}; \
             SET LOCAL client_encoding = '{encoding}'; SET LOCAL statement_timeout = {limit}"
        )
    }

    /// Does without a transaction: the one statement to come is its own, and its answer the same under any settings.
    pub(crate) fn alone(&mut self) {
        self.begun = false;
    }

    /// Whether texts come as UTF-8 without being asked for; the library asks for it when it connects.
    pub(crate) fn is_utf8(&self) -> bool {
        self.encoding.eq_ignore_ascii_case("utf8")
    }

    /// Commits, and gives the connection back. All rows were read by then, so a failure costs the connection and nothing else.
    pub(crate) async fn finish(mut self) {
        if !self.begun {
            drop(self.connection.take());
            return;
        }
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
