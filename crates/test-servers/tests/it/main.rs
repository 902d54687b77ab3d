//! Throwaway servers, against real ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod disk;
mod leaks;
mod mysql;
mod pgbouncer;
mod postgres;
mod replica;
mod standby;
