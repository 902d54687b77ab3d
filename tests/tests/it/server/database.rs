//! A database of a test's own, on whichever server.

use source_mysql::{MysqlConfig, MysqlSource};
use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::Source;
use test_servers::{Mysql, MysqlDatabase, Postgres, Transactions};

use super::{Client, Server};

/// Dropped with the value.
pub(crate) enum Database {
    Postgres(test_servers::Database),
    Mariadb(MysqlDatabase, Transactions),
}

impl Database {
    /// On the server that all tests of a run share.
    pub(crate) fn shared(server: Server) -> Self {
        match server {
            Server::Postgres => Self::Postgres(Postgres::shared().database().unwrap()),
            Server::Mariadb(transactions) => {
                Self::Mariadb(Mysql::shared(transactions).database().unwrap(), transactions)
            }
        }
    }

    pub(crate) fn server(&self) -> Server {
        match self {
            Self::Postgres(_) => Server::Postgres,
            Self::Mariadb(_, transactions) => Server::Mariadb(*transactions),
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Postgres(database) => database.name(),
            Self::Mariadb(database, _) => database.name(),
        }
    }

    /// Its address, for somebody who may do everything.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Postgres(database) => database.url(),
            Self::Mariadb(database, _) => database.url(),
        }
    }

    /// Likewise at another port: that of a proxy, or of a pooler.
    pub(crate) fn url_at(&self, port: u16) -> String {
        let url = self.url();
        let (login, _) = url.rsplit_once('@').unwrap();
        format!("{login}@127.0.0.1:{port}/{}", self.name())
    }

    /// Its address for somebody with a password.
    pub(crate) fn url_as(&self, user: &str, password: &str) -> String {
        match self {
            Self::Postgres(database) => database.url_as(user, password),
            Self::Mariadb(database, _) => database.url_as(user, password),
        }
    }

    /// Runs statements that are written as for PostgreSQL.
    pub(crate) fn execute(&self, sql: &str) {
        self.query(sql);
    }

    /// Runs statements that are written as for PostgreSQL: what they answer, a line a row, columns separated by `|`, NULL as nothing.
    pub(crate) fn query(&self, sql: &str) -> String {
        match self {
            Self::Postgres(database) => database.query(sql).unwrap_or_else(|error| panic!("{error}")),
            Self::Mariadb(..) => self.connect().query(sql),
        }
    }

    /// The source that the product has for it.
    pub(crate) fn source(&self) -> Box<dyn Source> {
        match self {
            Self::Postgres(_) => Box::new(PostgresSource::new(&PostgresConfig::new(self.url())).unwrap()),
            Self::Mariadb(..) => Box::new(MysqlSource::new(&MysqlConfig::new(self.url())).unwrap()),
        }
    }

    /// Where its server listens.
    pub(crate) fn address(&self) -> (String, u16) {
        let url = self.url();
        let address = url.rsplit_once('@').and_then(|(_, rest)| rest.split_once('/')).unwrap().0;
        let (host, port) = address.rsplit_once(':').unwrap();
        (host.to_owned(), port.parse().unwrap())
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.server(), &self.url())
    }
}
