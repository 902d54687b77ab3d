//! What happens to tables and servers besides rows: after each the replica is equal again, or stops with a reason.

mod crash;
mod locks;
mod meaning;
mod partitions;
mod replaced;
mod replica;
mod rewrites;
mod rights;
mod standby;
