#![doc = include_str!("../README.md")]

mod checkpointer;
mod config;
mod ddl;
mod error;
pub mod file;
mod flusher;
mod indexes;
mod lock;
mod names;
mod open;
mod publish;
pub mod query;
mod read;
mod replica;
mod sink;
mod staging;
mod state;
mod statements;
mod transaction;
mod types;
mod write;

pub use config::SqliteConfig;
pub use replica::{FailedRowStatus, LastRun, SqliteReplica, TableStatus};
pub use sink::SqliteSink;

/// The connection that [`SqliteReplica::connection`] lends.
pub use rusqlite;
