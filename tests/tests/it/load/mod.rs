//! A load that loses rows wherever a rule is missing, a reader that watches the replica under it, and the ledger that tells who is right.

mod ledger;
mod random;
mod table;
mod transaction;
mod watch;
mod writers;

pub(crate) use ledger::Ledger;
pub(crate) use random::{Random, SEED};
pub(crate) use table::{torture, torture_differences};
pub(crate) use watch::Watcher;
pub(crate) use writers::{Load, Pace};
