//! The configuration and the command line as a user meets them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod accept_deletes;
mod check;
mod command;
mod command_line;
mod config_columns;
mod config_documented;
mod config_external;
mod config_layers;
mod config_mistakes;
mod config_tables;
mod daemon;
mod endpoints;
mod failed;
mod file;
mod init;
mod load;
mod query;
mod resync;
mod run;
mod shop;
mod status;
mod stuck;
mod supervised;
#[cfg(feature = "opentelemetry")]
mod traces;
mod verify;
