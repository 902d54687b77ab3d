//! Whole reads: test tables are small.

use sync_core::{Batch, End, Next, Reader, Result};

/// Everything that a reader gives.
pub(crate) async fn read_all(mut reader: Box<dyn Reader>) -> Result<(Vec<Batch>, End)> {
    let mut batches = Vec::new();
    loop {
        match reader.next().await? {
            Next::Batch(batch) => batches.push(batch),
            Next::End(end) => return Ok((batches, end)),
            _ => {}
        }
    }
}
