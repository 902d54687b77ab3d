#![doc = include_str!("../README.md")]

mod clock;
mod endpoints;
#[cfg(test)]
mod fixture;
mod guarantee;
mod guard;
mod health;
mod pool;
mod reply;
mod router;
mod routes;
mod server;
mod tables;

pub use endpoints::{Endpoints, HttpLimits};
pub use health::{Health, HealthProblem, health};
pub use router::router;
pub use server::{Server, start};
