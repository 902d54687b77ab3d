//! End to end: what a user of the command can rely on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod broken_rules;
mod case;
mod children;
mod columns;
mod compare;
mod crowd;
mod cursors;
mod daemon;
mod docs;
mod events;
mod failed;
mod faults;
mod first_sync;
mod freshness;
mod http;
mod kill;
mod late;
mod limits;
mod litestream;
mod load;
mod memory;
mod model;
mod names;
mod problems;
mod proxy;
mod running;
mod secrets;
mod server;
mod soak;
mod torture;
mod two_sources;
mod whole;
mod writer;
