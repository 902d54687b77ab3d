//! What happens to tables and servers besides rows: after each the replica is equal again, or stops with a reason.

mod locks;
mod rights;
mod standby;
