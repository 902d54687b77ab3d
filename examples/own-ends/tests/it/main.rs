//! Every promise of the kit, held by both ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod sink;
mod source;
mod sync;
