//! The source against real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod base;
mod connecting;
mod discovery;
mod pulsing;
mod texts_connecting;
mod texts_settings;
mod tls;
mod types;
mod unreadable;
