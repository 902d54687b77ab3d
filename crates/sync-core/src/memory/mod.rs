//! A source and a sink in memory: the reference implementations, for tests and for reading.

mod cursor;
mod reader;
mod sink;
mod source;

pub use reader::ReadyReader;
pub use sink::MemorySink;
pub use source::{Change, MemorySource};

use crate::OwnedValue;

/// All cells of a row, in the order of the columns.
pub type OwnedRow = Vec<OwnedValue>;
/// The cells of a row's key, in key order.
pub type OwnedKey = Vec<OwnedValue>;
