//! One connection for the time of one read.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params};
use sync_core::Result;

use crate::config::Timeouts;
use crate::error::{from_server, within};
use crate::pool::{Lease, Pool};
use crate::rows::{Rows, Waits};
use crate::server::Server;

/// Owns a connection until it is finished. Whatever ends otherwise is killed on the server, and its connection closed: the library would
/// read a dropped result to its end.
#[derive(Debug)]
pub(crate) struct Session {
    lease: Option<Lease>,
    timeouts: Timeouts,
    /// Whether there is a transaction to commit.
    begun: bool,
}

/// How long a kill, a COMMIT that nobody needs, or a farewell may take.
const FAREWELL: Duration = Duration::from_secs(5);

/// A snapshot of all tables at once; without REPEATABLE READ, which every session has, the server would ignore it.
const BEGIN: &str = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

impl Session {
    /// Takes a connection whose settings are those that the source relies on.
    pub(crate) async fn open(pool: &Pool) -> Result<Self> {
        let lease = pool.connection().await?;
        Ok(Self { lease: Some(lease), timeouts: *pool.timeouts(), begun: false })
    }

    /// The connection.
    pub(crate) fn connection(&mut self) -> &mut Conn {
        #[expect(clippy::expect_used, reason = "only `finish`, which consumes the session, takes the connection out")]
        let lease = self.lease.as_mut().expect("a session has a connection until it is finished");
        &mut lease.connection
    }

    /// What is known of the server.
    pub(crate) fn server(&self) -> Arc<Server> {
        #[expect(clippy::expect_used, reason = "only `finish`, which consumes the session, takes the connection out")]
        let lease = self.lease.as_ref().expect("a session has a connection until it is finished");
        Arc::clone(&lease.server)
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// Begins a transaction that sees the tables as they are now, and writes nothing.
    pub(crate) async fn begin(&mut self) -> Result<()> {
        let limit = self.timeouts.statement;
        within(limit, "begin", self.connection().query_drop(BEGIN)).await?;
        self.begun = true;
        Ok(())
    }

    /// Sends a statement whose rows come one by one. Its parameters are `?`; an empty list is `()`.
    pub(crate) async fn rows(
        mut self,
        statement: &str,
        parameters: impl Into<Params> + Send,
        waits: Waits,
    ) -> Result<Rows> {
        let sent = self.connection().exec_iter(statement, parameters);
        let result = match tokio::time::timeout(waits.first, sent).await {
            Ok(result) => result.map_err(from_server)?,
            Err(_) => return Err(waits.exceeded(true)),
        };
        let columns = result.columns().unwrap_or_default();
        drop(result);
        Ok(Rows::new(self, columns, waits))
    }

    /// Commits, and gives the connection back. All rows were read by then, so a failure costs the connection and nothing else.
    pub(crate) async fn finish(mut self) {
        if self.begun
            && let Err(error) = within(FAREWELL, "commit", self.connection().query_drop("COMMIT")).await
        {
            tracing::debug!("a connection is given up: {error}");
            return;
        }
        if let Some(lease) = self.lease.take() {
            lease.put_back();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(lease) = self.lease.take() else { return };
        // Without a runtime there is nobody to send a kill; the library closes the connection then.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            // The library calls a connection disconnected too when only our waiting ended, and the statement goes on.
            if let Ok(Err(error)) = tokio::time::timeout(FAREWELL, kill(&lease)).await {
                tracing::debug!("an abandoned read could not be killed: {error}");
            }
            close(lease);
        });
    }
}

async fn kill(lease: &Lease) -> Result<()> {
    let mut beside = lease.pool().beside().await?;
    // A server counts its connections from its start: a lower number is that of a server that was started again since.
    if beside.id() > lease.connection.id() {
        let statement = format!("KILL QUERY {}", lease.connection.id());
        beside.query_drop(statement).await.map_err(from_server)?;
    }
    beside.disconnect().await.map_err(from_server)
}

/// A farewell that is not waited for: its first step marks the connection as ended, and what would follow is to read the rest of the
/// result.
fn close(lease: Lease) {
    drop(lease.into_connection().disconnect().now_or_never());
}
