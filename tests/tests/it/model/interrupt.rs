//! A source that goes away in the middle.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sync_core::{
    Capabilities, Cursor, Error, Next, Pulse, ReadRequest, Reader, Result, Source, SourceIdentity, StreamId,
    TableSchema, async_trait,
};
use tokio::sync::Notify;

/// What happens when the batches are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The connection is cut.
    Cut,
    /// Nothing comes any more, and whoever waits for it is told.
    Silence,
}

/// Lets so many batches through, over all reads.
#[derive(Debug)]
pub(super) struct Interrupted {
    pub(super) source: Box<dyn Source>,
    pub(super) left: Arc<AtomicUsize>,
    pub(super) ending: Ending,
    pub(super) silent: Arc<Notify>,
}

#[async_trait]
impl Source for Interrupted {
    fn capabilities(&self) -> Capabilities {
        self.source.capabilities()
    }

    async fn identity(&self) -> Result<SourceIdentity> {
        self.source.identity().await
    }

    async fn discover(&self) -> Result<Vec<TableSchema>> {
        self.source.discover().await
    }

    async fn pulse(&self) -> Result<Pulse> {
        self.source.pulse().await
    }

    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let reader = self.source.read(request).await?;
        let (left, silent) = (Arc::clone(&self.left), Arc::clone(&self.silent));
        Ok(Box::new(InterruptedReader { reader, left, ending: self.ending, silent }))
    }

    async fn committed(&self, stream: &StreamId, cursor: &Cursor) -> Result<()> {
        self.source.committed(stream, cursor).await
    }
}

struct InterruptedReader {
    reader: Box<dyn Reader>,
    left: Arc<AtomicUsize>,
    ending: Ending,
    silent: Arc<Notify>,
}

#[async_trait]
impl Reader for InterruptedReader {
    async fn next(&mut self) -> Result<Next> {
        let spent = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err();
        if !spent {
            return self.reader.next().await;
        }
        if self.ending == Ending::Silence {
            self.silent.notify_one();
            std::future::pending::<()>().await;
        }
        Err(Error::unavailable("the connection was cut"))
    }
}
