//! A reader over batches that are there already.

use async_trait::async_trait;

use crate::{Batch, End, Next, Reader, Result};

/// Gives these batches, then the end: for sources that have all rows at once, and for tests.
#[derive(Debug)]
pub struct ReadyReader {
    batches: std::vec::IntoIter<Batch>,
    end: End,
}

impl ReadyReader {
    /// A reader of these batches.
    #[must_use]
    pub fn new(batches: Vec<Batch>, end: End) -> Self {
        Self { batches: batches.into_iter(), end }
    }
}

#[async_trait]
impl Reader for ReadyReader {
    async fn next(&mut self) -> Result<Next> {
        Ok(self.batches.next().map_or(Next::End(self.end), Next::Batch))
    }
}
