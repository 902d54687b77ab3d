//! A session that a test holds open.

use postgres::error::SqlState;
use postgres::{NoTls, SimpleQueryMessage, SimpleQueryRow};
use test_servers::Transactions;

use super::Server;
use super::mariadb::Session;

/// One session; its transaction is rolled back when it is dropped.
pub(crate) enum Client {
    Postgres(postgres::Client),
    Mariadb(Session, Transactions),
}

/// Why a statement failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Another session was in the way.
    pub(crate) is_conflict: bool,
    pub(crate) reason: String,
}

impl Client {
    pub(crate) fn connect(server: Server, url: &str) -> Self {
        match server {
            Server::Postgres => Self::Postgres(postgres::Client::connect(url, NoTls).unwrap()),
            Server::Mariadb(transactions) => Self::Mariadb(Session::connect(url), transactions),
        }
    }

    pub(crate) fn server(&self) -> Server {
        match self {
            Self::Postgres(_) => Server::Postgres,
            Self::Mariadb(_, transactions) => Server::Mariadb(*transactions),
        }
    }

    /// Runs statements that are written as for PostgreSQL.
    pub(crate) fn try_execute(&mut self, sql: &str) -> Result<(), Failure> {
        let sql = self.server().dialect(sql);
        match self {
            Self::Postgres(client) => client.batch_execute(&sql).map_err(Failure::from),
            Self::Mariadb(session, _) => session.query(&sql).map(drop),
        }
    }

    /// Likewise; they must succeed.
    pub(crate) fn execute(&mut self, sql: &str) {
        self.try_execute(sql).unwrap_or_else(|failure| panic!("{} in {sql}", failure.reason));
    }

    /// What statements answer, as [`Database::query`](super::Database::query) gives it.
    pub(crate) fn query(&mut self, sql: &str) -> String {
        let sql = self.server().dialect(sql);
        match self {
            Self::Postgres(client) => {
                let answers = client.simple_query(&sql).unwrap();
                let rows = answers.iter().filter_map(|answer| match answer {
                    SimpleQueryMessage::Row(row) => Some(row),
                    _ => None,
                });
                let cells = |row: &SimpleQueryRow| {
                    (0..row.len()).map(|n| row.get(n).unwrap_or_default()).collect::<Vec<_>>().join("|")
                };
                rows.map(cells).collect::<Vec<_>>().join("\n")
            }
            Self::Mariadb(session, _) => {
                session.query(&sql).unwrap_or_else(|failure| panic!("{} in {sql}", failure.reason))
            }
        }
    }

    /// Waits for nobody's locks for long.
    pub(crate) fn be_impatient(&mut self) {
        self.execute(match self {
            Self::Postgres(_) => "SET lock_timeout = '100ms'",
            // Less can't be had; and locks on rows that are not there would let everybody wait for everybody.
            Self::Mariadb(..) => {
                "SET innodb_lock_wait_timeout = 1; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
            }
        });
    }

    /// Begins a transaction; writer and number together are its name in the history, where the server has none for it.
    pub(crate) fn begin(&mut self, writer: u64, number: u64) {
        self.name_transaction(writer, number);
        self.execute("BEGIN");
    }

    pub(super) fn name_transaction(&mut self, writer: u64, number: u64) {
        if let Self::Mariadb(..) = self {
            self.execute(&format!("SET @tx = {}", (writer + 1) * 1_000_000_000 + number));
        }
    }
}

impl From<postgres::Error> for Failure {
    fn from(error: postgres::Error) -> Self {
        let conflicts = [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::UNIQUE_VIOLATION];
        let is_conflict = error.code().is_some_and(|code| conflicts.contains(code));
        Self { is_conflict, reason: format!("{error}: {:?}", error.as_db_error()) }
    }
}
