//! A server of a test's own, which it may stop and kill.

use test_servers::{Mysql, MysqlOptions, Postgres, PostgresOptions, Transactions};

use super::{Client, Database, Server};

#[derive(Debug)]
pub(crate) enum OwnServer {
    Postgres(Postgres),
    Mariadb(Mysql, Transactions),
}

impl OwnServer {
    pub(crate) fn start(server: Server) -> Self {
        match server {
            Server::Postgres => Self::Postgres(Postgres::start(&PostgresOptions::new()).unwrap()),
            Server::Mariadb(transactions) => {
                let options = MysqlOptions::new().transactions(transactions);
                Self::Mariadb(Mysql::start(&options).unwrap(), transactions)
            }
        }
    }

    pub(crate) fn database(&self) -> Database {
        match self {
            Self::Postgres(server) => Database::Postgres(server.database().unwrap()),
            Self::Mariadb(server, transactions) => Database::Mariadb(server.database().unwrap(), *transactions),
        }
    }

    pub(crate) fn create_database(&self, name: &str) {
        let sql = format!("CREATE DATABASE {name}");
        match self {
            Self::Postgres(server) => server.execute(&sql).unwrap(),
            Self::Mariadb(server, _) => server.execute(&sql).unwrap(),
        }
    }

    /// Runs statements that are written as for PostgreSQL in a database of this name, as [`Database::query`] does.
    pub(crate) fn query(&self, database: &str, sql: &str) -> String {
        match self {
            Self::Postgres(server) => server.query(database, sql).unwrap(),
            Self::Mariadb(server, transactions) => {
                Client::connect(Server::Mariadb(*transactions), &server.url(database)).query(sql)
            }
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> (String, u16) {
        match self {
            Self::Postgres(server) => (server.host().to_owned(), server.port()),
            Self::Mariadb(server, _) => (server.host().to_owned(), server.port()),
        }
    }

    /// Stops it in an orderly way. Its data stays.
    pub(crate) fn stop(&mut self) {
        match self {
            Self::Postgres(server) => server.stop().unwrap(),
            Self::Mariadb(server, _) => server.stop().unwrap(),
        }
    }

    /// Kills it with SIGKILL. Its data stays.
    pub(crate) fn kill(&mut self) {
        match self {
            Self::Postgres(server) => server.kill().unwrap(),
            Self::Mariadb(server, _) => server.kill().unwrap(),
        }
    }

    /// Starts it again on the same port with the same data.
    pub(crate) fn restart(&mut self) {
        match self {
            Self::Postgres(server) => server.restart().unwrap(),
            Self::Mariadb(server, _) => server.restart().unwrap(),
        }
    }
}
