//! The source against real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod conformance;
mod connecting;
mod copying;
mod cursor_columns;
mod describing;
mod discovery;
mod events;
mod failing;
mod filtering;
mod forms;
mod indexes;
mod inheritance;
mod origins;
mod place;
mod polling;
mod pulsing;
mod reconciling;
mod schema_change;
mod skipping;
mod sweeping;
mod texts_connecting;
mod texts_copying;
mod texts_filtering;
mod texts_reading;
mod texts_settings;
mod texts_sweeping;
mod tls;
mod types;
mod unreadable;
