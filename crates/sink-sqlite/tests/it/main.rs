//! The sink against real files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod conformance;
mod failed;
mod fixture;
mod indexes;

mod marked;
mod migration;
mod model;
mod opening;
mod publishing;
mod reading;
mod refused;
mod staging;
mod state;
mod tables;
mod together;
mod transactions;
mod values;
mod writing;
mod years;
