//! A place at which reads wait until the test lets them pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sync_core::{Next, Reader, Result, async_trait};

/// Reads have numbers, in the order in which they begin.
#[derive(Debug)]
pub(super) struct Gate {
    last_to_pass: AtomicU64,
    waiting: AtomicU64,
}

/// Lets everybody pass.
impl Default for Gate {
    fn default() -> Self {
        Self { last_to_pass: AtomicU64::new(u64::MAX), waiting: AtomicU64::new(0) }
    }
}

impl Gate {
    /// Lets reads up to this one pass.
    pub(super) fn open_up_to(&self, number: u64) {
        self.last_to_pass.store(number, Ordering::SeqCst);
    }

    /// The last read that had to wait.
    pub(super) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::SeqCst)
    }

    async fn pass(&self, number: u64) {
        while self.last_to_pass.load(Ordering::SeqCst) < number {
            self.waiting.store(number, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// A reader that gives its first batch and then waits at a gate.
pub(super) struct Gated {
    pub(super) reader: Box<dyn Reader>,
    pub(super) gate: Arc<Gate>,
    pub(super) number: u64,
    pub(super) given: usize,
}

#[async_trait]
impl Reader for Gated {
    async fn next(&mut self) -> Result<Next> {
        if self.given > 0 {
            self.gate.pass(self.number).await;
        }
        self.given += 1;
        self.reader.next().await
    }
}
