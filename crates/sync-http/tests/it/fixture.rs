//! A small shop in a source, its replica, and the endpoints over both.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use sink_sqlite::{SqliteConfig, SqliteSink};
use sync_core::engine::{Commands, control};
use sync_core::memory::{Change, MemorySource};
use sync_core::status::Status;
use sync_core::{Column, DataType, Engine, EngineSource, OwnedValue, TableId, TableSchema, Wanted};
use sync_http::{Endpoints, Server};
use tempfile::TempDir;
use tokio::runtime::{self, Runtime};
use tokio::sync::watch;

pub(crate) struct Shop {
    pub(crate) source: MemorySource,
    pub(crate) engine: Engine,
    pub(crate) path: PathBuf,
    pub(crate) runtime: Runtime,
    _folder: TempDir,
}

/// What the tests show as the status, and where commands end.
pub(crate) struct Served {
    pub(crate) server: Server,
    pub(crate) status: watch::Sender<Status>,
    _commands: Commands,
}

impl Shop {
    /// Two rows in each of `users` and `audit.logs`, not synced yet.
    pub(crate) fn new() -> Self {
        Self::with(&["users", "audit.logs"])
    }

    pub(crate) fn with(wanted: &[&str]) -> Self {
        let source = MemorySource::new();
        for id in [users(), logs()] {
            let table = TableSchema::builder(id.clone())
                .column(Column::new("id", DataType::Integer).not_null())
                .column(Column::new("text", DataType::Text))
                .column(Column::new("bytes", DataType::Bytes));
            source.create(table.key(["id"]).build().unwrap());
            let rows = [(1, format!("{} 1", id.name())), (i64::MAX, "FROM audit.logs".to_owned())];
            let changes = rows.map(|(key, text)| row(id.clone(), key, &text));
            source.commit(changes.into()).unwrap();
        }
        Self::over(source, wanted)
    }

    pub(crate) fn over(source: MemorySource, wanted: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("replica.db");
        let mut wanted = Wanted::tables(wanted.iter().map(|name| name.parse().unwrap()));
        // What is synced in a test was asked for.
        wanted.defaults.sync_interval = Some(100 * LONG);
        let sources = vec![EngineSource::new(Box::new(source.clone()), wanted)];
        let sink = SqliteSink::open(SqliteConfig::new(&path)).unwrap();
        let engine = Engine::new(Box::new(sink), sources).unwrap();
        let runtime = runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Self { source, engine, path, runtime, _folder: folder }
    }

    pub(crate) fn synced() -> Self {
        let shop = Self::new();
        assert!(shop.runtime.block_on(shop.engine.sync()).is_success());
        shop
    }

    pub(crate) fn status(&self) -> Status {
        self.engine.status().borrow().clone()
    }

    /// Serves the present status, which the tests can change.
    pub(crate) fn serve(&self, change: impl FnOnce(&mut Endpoints)) -> Served {
        self.serve_at("127.0.0.1:0".parse().unwrap(), change).unwrap()
    }

    pub(crate) fn serve_at(
        &self,
        address: SocketAddr,
        change: impl FnOnce(&mut Endpoints),
    ) -> sync_core::Result<Served> {
        let (status, receiver) = watch::channel(self.status());
        let (control, commands) = control();
        let mut endpoints = Endpoints::new(receiver, control, &self.path).debug(json!({"sync_interval": 300}));
        change(&mut endpoints);
        Ok(Served { server: sync_http::start(address, endpoints)?, status, _commands: commands })
    }
}

impl Served {
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }
}

pub(crate) fn users() -> TableId {
    TableId::new("public", "users")
}

pub(crate) fn logs() -> TableId {
    TableId::new("audit", "logs")
}

pub(crate) fn row(table: TableId, id: i64, text: &str) -> Change {
    Change::upsert(table, vec![id.into(), text.into(), OwnedValue::Bytes(vec![0, 255])])
}

pub(crate) fn gone(table: TableId, id: i64) -> Change {
    Change::delete(table, vec![id.into(), OwnedValue::Null, OwnedValue::Null])
}

/// A span that no test waits out.
pub(crate) const LONG: Duration = Duration::from_secs(60);
