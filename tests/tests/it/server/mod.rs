//! The servers that a test runs against, each as a value: one test, whichever server it is.

mod client;
mod database;
mod dialect;
mod login;
mod mariadb;
mod own;
mod two_phase;

use test_servers::Transactions;

pub(crate) use client::{Client, Failure};
pub(crate) use database::Database;
pub(crate) use own::OwnServer;
pub(crate) use two_phase::TwoPhase;

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Postgres,
    Mariadb(Transactions),
}

impl Server {
    /// With what tells of open transactions switched on.
    pub(crate) const MARIADB: Self = Self::Mariadb(Transactions::Visible);
    pub(crate) const MARIADB_AS_IT_SHIPS: Self = Self::Mariadb(Transactions::Hidden);
}

/// Makes a test of each of these functions for each server: `postgres::name`, `mariadb::name`. The functions take the [`Server`].
macro_rules! on_each_server {
    ($($test:ident),+ $(,)?) => {
        mod postgres {
            $(#[test] fn $test() { super::$test(crate::server::Server::Postgres) })+
        }
        mod mariadb {
            $(#[test] fn $test() { super::$test(crate::server::Server::MARIADB) })+
        }
    };
}

pub(crate) use on_each_server;

/// Likewise for a MariaDB that hides open transactions, as it ships.
macro_rules! as_it_ships {
    ($($test:ident),+ $(,)?) => {
        mod mariadb_as_it_ships {
            $(#[test] fn $test() { super::$test(crate::server::Server::MARIADB_AS_IT_SHIPS) })+
        }
    };
}

pub(crate) use as_it_ships;
