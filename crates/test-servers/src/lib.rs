#![doc = include_str!("../README.md")]

mod account;
mod commands;
mod disk;
mod error;
mod find;
mod folders;
mod guardian;
pub mod install;
mod instance;
mod length;
mod mysql;
mod percent;
mod pgbouncer;
mod ports;
mod postgres;
mod psql;
mod text;
mod tls;

use account::Account;
pub use disk::SmallDisk;
pub use error::Error;
pub use find::{
    CHOSEN_MYSQL, CHOSEN_POSTGRES, MysqlFamily, MysqlTools, PostgresTools, find_mysql, find_pgbouncer, find_postgres,
};
pub(crate) use find::{own_mysql, own_postgres};
pub use folders::{tools_folder, workspace_root};
pub use length::{LONG_TEST_SECONDS, long_test_length};
pub use mysql::{Mysql, MysqlDatabase, MysqlOptions, SHARED_MYSQL, SHARED_MYSQL_HIDDEN, Transactions};
pub use pgbouncer::PgBouncer;
pub use postgres::{Database, Postgres, PostgresOptions, SHARED_POSTGRES};
use text::shortened;
pub use tls::TlsFiles;

/// What the functions of this crate answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;
