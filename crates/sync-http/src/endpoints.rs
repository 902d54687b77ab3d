//! What the endpoints need to know, and the bounds they keep.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use sink_sqlite::query::QueryLimits;
use sync_core::engine::Control;
use sync_core::settings::Secret;
use sync_core::status::Status;
use tokio::sync::{Notify, watch};

use crate::feed::Feed;
use crate::history::History;
use crate::pool::Pool;
use crate::sessions::Sessions;

/// Everything that is served: what the engine is doing, a way to command it, and the replica.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// What is going on.
    pub status: watch::Receiver<Status>,
    /// Where commands go.
    pub control: Control,
    /// The file that queries read.
    pub replica: PathBuf,
    /// The configuration as `/debug` shows it; without secrets.
    pub debug: Json,
    /// What clients must send as `Authorization: Bearer …`; `None` lets everybody in.
    pub token: Option<Secret>,
    /// What clients may send instead that only read. Without meaning where there is no `token`.
    pub read_token: Option<Secret>,
    /// Notified when somebody asks to read the configuration again.
    pub reload: Option<Arc<Notify>>,
    /// Answer only requests whose `Host` names this machine, so that no web page can reach the endpoints by a name of its own.
    /// [`start`](crate::start) sets it where only this machine can reach the address.
    pub local_hosts_only: bool,
    /// Bounds.
    pub limits: HttpLimits,
}

impl Endpoints {
    /// Endpoints without a token, for this machine alone.
    #[must_use]
    pub fn new(status: watch::Receiver<Status>, control: Control, replica: impl Into<PathBuf>) -> Self {
        Self {
            status,
            control,
            replica: replica.into(),
            debug: Json::Object(serde_json::Map::new()),
            token: None,
            read_token: None,
            reload: None,
            local_hosts_only: true,
            limits: HttpLimits::default(),
        }
    }

    /// Sets what `/debug` shows as the configuration. It must hold no secrets.
    #[must_use]
    pub fn debug(mut self, config: Json) -> Self {
        self.debug = config;
        self
    }

    /// Asks every client for this token.
    #[must_use]
    pub fn token(mut self, token: Option<Secret>) -> Self {
        self.token = token;
        self
    }

    /// Lets clients with this token read, and command nothing.
    #[must_use]
    pub fn read_token(mut self, token: Option<Secret>) -> Self {
        self.read_token = token;
        self
    }

    /// Offers `POST /reload`, which notifies this.
    #[must_use]
    pub fn reload(mut self, reload: Arc<Notify>) -> Self {
        self.reload = Some(reload);
        self
    }

    /// Sets other bounds.
    #[must_use]
    pub fn limits(mut self, limits: HttpLimits) -> Self {
        self.limits = limits;
        self
    }
}

/// Bounds of what clients can ask for.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// Of one query.
    pub query: QueryLimits,
    /// Queries that run side by side; further ones wait.
    pub queries: usize,
    /// How long a query waits for its turn before it is sent away. Who asks without a pause is slowed down by that, whereas a refusal at
    /// once would only let it ask more often.
    pub queue: Duration,
    /// How long an answer is held back until the replica is as fresh as was demanded.
    pub freshness: Duration,
    /// Bytes of a request's body.
    pub body: usize,
    /// How long a request's head may take to arrive, and a connection may wait for its next request.
    pub head: Duration,
    /// How long a request may take from its head to its answer.
    pub request: Duration,
    /// How long a connection lives.
    pub connection: Duration,
    /// Connections that are open side by side; further ones wait.
    pub connections: usize,
}

impl Default for HttpLimits {
    /// 4 queries, a second for their turn and 10 for freshness, bodies of 1 MiB, 10 seconds for a head, 30 for a request, 5 minutes and 128 connections.
    fn default() -> Self {
        Self {
            query: QueryLimits::default(),
            queries: 4,
            queue: Duration::from_secs(1),
            freshness: Duration::from_secs(10),
            body: 1 << 20,
            head: Duration::from_secs(10),
            request: Duration::from_secs(30),
            connection: Duration::from_secs(300),
            connections: 128,
        }
    }
}

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) endpoints: Endpoints,
    pub(crate) queries: Pool,
    pub(crate) sessions: Sessions,
    /// Looks of our own at the replica: never sent away, one at a time.
    pub(crate) looks: Pool,
    pub(crate) history: History,
    pub(crate) feed: Feed,
    last: Mutex<Option<LastQuery>>,
}

/// What was asked last, for `/debug`.
#[derive(Clone, Debug)]
pub(crate) struct LastQuery {
    pub(crate) sql: String,
    pub(crate) result: Json,
}

impl Shared {
    pub(crate) fn new(endpoints: Endpoints) -> Self {
        let queries = Pool::new(endpoints.limits.queries);
        Self {
            endpoints,
            queries,
            sessions: Sessions::default(),
            looks: Pool::new(1),
            history: History::default(),
            feed: Feed::default(),
            last: Mutex::default(),
        }
    }

    pub(crate) fn status(&self) -> Status {
        self.endpoints.status.borrow().clone()
    }

    pub(crate) fn last_query(&self) -> Option<LastQuery> {
        self.last().clone()
    }

    pub(crate) fn keep_last_query(&self, query: LastQuery) {
        *self.last() = Some(query);
    }

    /// A whole value is put in at once, so a panic elsewhere leaves nothing half done.
    fn last(&self) -> MutexGuard<'_, Option<LastQuery>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
