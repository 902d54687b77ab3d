//! Readers with a fault of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sync_core::{Next, ReadRequest, Reader, Result, Source, async_trait};

use crate::reading::read_all;

/// A copy whose last watermark is of the moment in which it ends, and not of the one of its rows.
pub(super) struct EndsAtThePresent {
    pub(super) reader: Box<dyn Reader>,
    pub(super) source: Arc<dyn Source>,
    /// The copy itself.
    pub(super) request: ReadRequest,
    /// One batch ahead, so that the last is known.
    pub(super) next: Option<Next>,
}

#[async_trait]
impl Reader for EndsAtThePresent {
    async fn next(&mut self) -> Result<Next> {
        let now = match self.next.take() {
            Some(next) => next,
            None => self.reader.next().await?,
        };
        let Next::Batch(mut batch) = now else { return Ok(now) };
        let following = self.reader.next().await?;
        if matches!(following, Next::End(_)) {
            let (batches, _) = read_all(self.source.read(self.request.clone()).await?).await?;
            batch.watermark = batches.iter().rev().find_map(|batch| batch.watermark.clone());
        }
        self.next = Some(following);
        Ok(Next::Batch(batch))
    }
}

/// A reader that must be read to its end to be closed.
pub(super) struct Leaking {
    pub(super) reader: Box<dyn Reader>,
    pub(super) open: Arc<AtomicUsize>,
}

#[async_trait]
impl Reader for Leaking {
    async fn next(&mut self) -> Result<Next> {
        let next = self.reader.next().await;
        if !matches!(next, Ok(Next::Batch(_))) {
            self.open.fetch_sub(1, Ordering::Relaxed);
        }
        next
    }
}
