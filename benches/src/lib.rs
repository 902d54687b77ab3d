//! The inner loops of a copy, each alone: rows into a batch, the server's bytes into values, and a batch into SQLite.

pub mod fill;
pub mod read;
pub mod read_mysql;
pub mod store;

/// Rows in each batch, as in a sync.
pub const ROWS: usize = 1000;
