//! PostgreSQL as a source of Data Sync.
//!
//! It asks the server for nothing but a login with SELECT, and works through a standby or a pooler in transaction mode. The folder
//! tells the way of a table: `config` (where and how to connect) → `pool` and `session` (a connection for one read) → `catalog` and
//! `discover` (which tables there are), `server` and `pulse` (who it is, and whether anything happened) → `types` (what a column means, how it is selected) → `read` (copy, poll, sweep, keys, rows)
//! → `decode` (binary values into batches), with `cursor` for the position that is stored beside the rows.
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
mod server;
mod session;
mod source;
mod sql;
mod tls;
mod types;

use sync_core::{Driver, Result, Source};

pub use config::PostgresConfig;
pub use source::PostgresSource;
pub use tls::SslMode;

/// Makes [`PostgresSource`]s for `postgres://` and `postgresql://` URLs.
#[derive(Clone, Copy, Debug)]
pub struct PostgresDriver;

impl Driver for PostgresDriver {
    const SCHEMES: &'static [&'static str] = &["postgres", "postgresql"];
    type Config = PostgresConfig;

    async fn connect(config: PostgresConfig) -> Result<Box<dyn Source>> {
        Ok(Box::new(PostgresSource::new(&config)?))
    }
}
