#![doc = include_str!("../README.md")]

mod clock;
mod endpoints;
mod feed;
#[cfg(test)]
mod fixture;
mod freshness;
mod guarantee;
mod guard;
mod health;
mod history;
mod metrics;
mod pool;
mod priority;
mod reply;
mod router;
mod routes;
mod server;
mod sessions;
mod stored;
mod tables;

pub use endpoints::{Endpoints, HttpLimits};
pub use health::{Health, HealthProblem, health};
pub use router::router;
pub use server::{Server, start};
