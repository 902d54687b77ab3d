//! The endpoints over a real connection, a real replica and a real engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod abuse;
mod client;
mod commands;
mod documented;
mod fixture;
mod freshness;
mod guards;
mod openapi;
mod page;
mod probes;
mod queries;
mod seeing;
mod serving;
mod tables;
