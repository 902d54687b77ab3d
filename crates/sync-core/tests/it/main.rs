//! The engine and the reference implementations, through the public API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod capture;
mod daemon;
mod engine;
mod plan;
mod reconcile;
mod registry;
mod shop;
mod staged;
mod upkeep;
mod verify;
