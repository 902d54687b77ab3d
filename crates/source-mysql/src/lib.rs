//! MySQL and MariaDB as sources of Data Sync.
//!
//! It asks the server for nothing but a login with SELECT. The folder tells the way of a table: `config` (where and how to connect) →
//! `pool` and `session` (a connection for one read, `rows` over it) → `catalog` and `discover` (which tables there are), `server` and `pulse` (who it
//! is, and whether anything happened) → `types` (what a column means, how it is selected) → `read` (copy, poll, keys, rows) → `decode`
//! (the protocol's values into batches), with `cursor` for the position that is stored beside the rows.
#![doc = include_str!("../README.md")]

mod catalog;
mod config;
mod cursor;
mod decode;
mod discover;
mod error;
mod known;
mod pool;
mod pulse;
mod read;
mod rows;
mod server;
mod session;
mod source;
mod sql;
mod tls;
mod types;

use sync_core::{Driver, Result, Source};

pub use config::MysqlConfig;
pub use source::MysqlSource;
pub use tls::SslMode;

/// Makes [`MysqlSource`]s for `mysql://` and `mariadb://` URLs.
#[derive(Clone, Copy, Debug)]
pub struct MysqlDriver;

impl Driver for MysqlDriver {
    const SCHEMES: &'static [&'static str] = &["mysql", "mariadb"];
    type Config = MysqlConfig;

    async fn connect(config: MysqlConfig) -> Result<Box<dyn Source>> {
        Ok(Box::new(MysqlSource::new(&config)?))
    }
}
