//! The `data-sync` command: configuration, command line and wiring.

pub mod config;
