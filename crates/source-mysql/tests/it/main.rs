//! The source against real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod base;
mod conformance;
mod connecting;
mod copying;
mod cursor_columns;
mod discovery;
mod failing;
mod filtering;
mod forms;
mod guarantees;
mod late_commits;
mod place;
mod polling;
mod pulsing;
mod reconciling;
mod replicas;
mod schema_change;
mod texts_connecting;
mod texts_settings;
mod tls;
mod types;
mod unreadable;
