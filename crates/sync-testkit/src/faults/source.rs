//! [`FaultySource`]: readers that are cut, held or slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sync_core::{
    Capabilities, Cursor, Error, Next, Pulse, ReadRequest, Reader, Result, Source, SourceIdentity, SourceTable,
    StreamId, Survey, TableId, TableSchema, async_trait,
};
use tokio::sync::watch;
use tokio::time;

/// A source whose readers are disturbed. Whatever is asked of it besides reading is answered by the source that it wraps.
#[derive(Debug)]
pub struct FaultySource<S> {
    source: S,
    fault: Fault,
}

/// A place at which readers wait until they are released.
#[derive(Clone, Debug)]
pub struct Hold {
    state: Arc<watch::Sender<Held>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    reached: bool,
    released: bool,
}

/// What happens to a batch.
#[derive(Clone, Debug)]
enum Fault {
    Cut { left: Arc<AtomicUsize> },
    Hold { left: Arc<AtomicUsize>, at: Hold },
    Wait(Duration),
}

impl<S: Source> FaultySource<S> {
    /// Lets so many batches through, over all reads; then every read fails as if the connection was lost.
    #[must_use]
    pub fn cut_after(source: S, batches: usize) -> Self {
        Self { source, fault: Fault::Cut { left: Arc::new(AtomicUsize::new(batches)) } }
    }

    /// Lets so many batches through, over all reads; then every read waits until it is released.
    #[must_use]
    pub fn held_after(source: S, batches: usize) -> (Self, Hold) {
        let at = Hold { state: Arc::new(watch::channel(Held::default()).0) };
        (Self { source, fault: Fault::Hold { left: Arc::new(AtomicUsize::new(batches)), at: at.clone() } }, at)
    }

    /// Has each batch in hand for so long before it gives it, as a reader of a slow connection may.
    #[must_use]
    pub fn slow(source: S, each: Duration) -> Self {
        Self { source, fault: Fault::Wait(each) }
    }
}

impl Hold {
    /// Waits until a read waits here.
    pub async fn reached(&self) {
        // The sender is this very one, so it is not gone.
        let _ = self.state.subscribe().wait_for(|held| held.reached).await;
    }

    /// Lets every read go on, for good.
    pub fn release(&self) {
        self.state.send_modify(|held| held.released = true);
    }

    async fn pass(&self) {
        self.state.send_modify(|held| held.reached = true);
        let _ = self.state.subscribe().wait_for(|held| held.released).await;
    }
}

impl Fault {
    async fn before_batch(&self) -> Result<()> {
        match self {
            Self::Cut { left } if !take_one(left) => return Err(Error::unavailable("the connection was cut")),
            Self::Hold { left, at } if !take_one(left) => at.pass().await,
            Self::Cut { .. } | Self::Hold { .. } | Self::Wait(_) => {}
        }
        Ok(())
    }

    async fn after_batch(&self) {
        if let Self::Wait(each) = self {
            time::sleep(*each).await;
        }
    }
}

/// Whether there was one left.
fn take_one(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

#[async_trait]
impl<S: Source> Source for FaultySource<S> {
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

    async fn try_out(&self, table: &SourceTable) -> Result<()> {
        self.source.try_out(table).await
    }

    async fn clock(&self) -> Result<Option<i64>> {
        self.source.clock().await
    }

    async fn survey(&self, columns: &[(TableId, String)]) -> Result<Survey> {
        self.source.survey(columns).await
    }

    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let reader = self.source.read(request).await?;
        Ok(Box::new(FaultyReader { reader, fault: self.fault.clone() }))
    }

    async fn committed(&self, stream: &StreamId, cursor: &Cursor) -> Result<()> {
        self.source.committed(stream, cursor).await
    }
}

struct FaultyReader {
    reader: Box<dyn Reader>,
    fault: Fault,
}

#[async_trait]
impl Reader for FaultyReader {
    async fn next(&mut self) -> Result<Next> {
        self.fault.before_batch().await?;
        let next = self.reader.next().await;
        self.fault.after_batch().await;
        next
    }
}
