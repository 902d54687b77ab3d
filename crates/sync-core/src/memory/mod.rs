//! A source and a sink in memory: the reference implementations, for tests and for reading.

mod cursor;
mod reader;
mod sink;
mod source;

pub use reader::ReadyReader;
pub use sink::MemorySink;
pub use source::{Change, MemorySource};

use crate::{Op, OwnedValue, Result, RowBatch};

/// All cells of a row, in the order of the columns.
pub type OwnedRow = Vec<OwnedValue>;
/// The cells of a row's key, in key order.
pub type OwnedKey = Vec<OwnedValue>;

fn push_row(batch: &mut RowBatch, row: &OwnedRow, op: Op) -> Result<()> {
    for value in row {
        batch.push(value.as_value());
    }
    batch.end_row(op)
}

fn push_key(batch: &mut RowBatch, key: &OwnedKey) -> Result<()> {
    let mut row = vec![OwnedValue::Null; batch.schema().columns().len()];
    for (column, value) in batch.schema().key().iter().zip(key) {
        row[*column] = value.clone();
    }
    push_row(batch, &row, Op::Delete)
}
