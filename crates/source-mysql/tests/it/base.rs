//! A database of its own for each test, and a source that sees it alone.

use std::sync::OnceLock;

use source_mysql::{MysqlConfig, MysqlSource};
use sync_core::{Source, TableSchema};
use test_servers::{Mysql, MysqlDatabase, MysqlOptions, TlsFiles, Transactions};
use tokio::sync::{Mutex, MutexGuard};

pub(crate) struct Base {
    pub(crate) database: MysqlDatabase,
    pub(crate) source: MysqlSource,
}

impl Base {
    /// A new database in which `sql` was run.
    pub(crate) fn with(sql: &str) -> Self {
        Self::on(server(), sql)
    }

    /// The same on a server of the test's own.
    pub(crate) fn on(server: &Mysql, sql: &str) -> Self {
        let database = server.database().unwrap();
        database.execute(sql).unwrap();
        let source = MysqlSource::new(&MysqlConfig::new(database.reader_url())).unwrap();
        Self { database, source }
    }

    pub(crate) fn name(&self) -> &str {
        self.database.name()
    }

    pub(crate) fn run(&self, sql: &str) {
        self.database.execute(sql).unwrap();
    }

    /// What one question is answered.
    pub(crate) fn ask(&self, sql: &str) -> String {
        self.database.query(sql).unwrap().trim_end().to_owned()
    }

    pub(crate) async fn schema(&self, name: &str) -> TableSchema {
        let found = self.source.discover().await.unwrap().into_iter().find(|schema| schema.id().name() == name);
        found.unwrap_or_else(|| panic!("{name} is not listed"))
    }
}

pub(crate) fn server() -> &'static Mysql {
    Mysql::shared(Transactions::Visible)
}

/// A server where nobody else writes, for whoever holds this.
pub(crate) struct Alone {
    pub(crate) server: &'static Mysql,
    #[expect(dead_code, reason = "it is kept for its drop")]
    guard: MutexGuard<'static, ()>,
}

/// Waits until nobody else is there.
pub(crate) async fn alone() -> Alone {
    static ALONE: Mutex<()> = Mutex::const_new(());
    static SERVER: OnceLock<Mysql> = OnceLock::new();
    let guard = ALONE.lock().await;
    Alone { server: SERVER.get_or_init(|| Mysql::start(&MysqlOptions::new()).unwrap()), guard }
}

/// Certificates of the server, where it has any.
pub(crate) fn files() -> Option<&'static TlsFiles> {
    let files = server().tls();
    if files.is_none() {
        eprintln!("SKIPPED: this server has no TLS");
    }
    files
}
