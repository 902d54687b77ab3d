//! Blocking work in bounded number: SQLite blocks the thread it runs on.

use std::sync::Arc;
use std::time::Duration;

use sink_sqlite::query::StopFlag;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::{task, time};

/// So many pieces of work can run side by side.
#[derive(Debug)]
pub(crate) struct Pool(Arc<Semaphore>);

/// Why there is no result.
#[derive(Debug)]
pub(crate) enum NoResult {
    /// All places were taken for as long as was to be waited.
    Full,
    /// The work panicked, or the server stops.
    Lost,
}

impl Pool {
    pub(crate) fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places.max(1))))
    }

    /// Runs the work if there is a place for it within this time, first come, first served. Dropping the future stops the work, so nobody
    /// works for a client that is gone.
    pub(crate) async fn run_within<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce(StopFlag) -> T + Send + 'static,
    ) -> Result<T, NoResult> {
        let place = time::timeout(patience, Arc::clone(&self.0).acquire_owned()).await.map_err(|_| NoResult::Full)?;
        run(place.map_err(|_| NoResult::Lost)?, work).await
    }

    /// Runs the work as soon as there is a place for it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(StopFlag) -> T + Send + 'static,
    ) -> Result<T, NoResult> {
        let place = Arc::clone(&self.0).acquire_owned().await.map_err(|_| NoResult::Lost)?;
        run(place, work).await
    }
}

async fn run<T: Send + 'static>(
    place: OwnedSemaphorePermit,
    work: impl FnOnce(StopFlag) -> T + Send + 'static,
) -> Result<T, NoResult> {
    let stop = StopFlag::default();
    let _stop_when_dropped = StopWhenDropped(stop.clone());
    let working = task::spawn_blocking(move || {
        // The place is free when the work has ended, not when somebody stopped waiting for it.
        let _place = place;
        work(stop)
    });
    working.await.map_err(|_| NoResult::Lost)
}

struct StopWhenDropped(StopFlag);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.stop();
    }
}
