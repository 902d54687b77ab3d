//! Gathers batches up to their watermark, so that the writer gets whole groups where they are small.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::job::{Failure, Job};
use super::writer::{Group, Step, Writer};
use crate::{Batch, CopyState, Error, Upkeep};

/// Batches of a large group that may wait for the writer.
const DEPTH: usize = 2;

/// The open end of a table's rows.
pub(crate) struct GroupSender<'a> {
    writer: &'a Writer,
    job: &'a Arc<Job>,
    state: CopyState,
    upkeep: Arc<Upkeep>,
    /// Bytes of a group that are gathered before the writer is given its beginning: as much as one batch may hold.
    head_bytes: usize,
    head: Vec<Batch>,
    rest: Option<mpsc::Sender<Batch>>,
}

impl<'a> GroupSender<'a> {
    /// `upkeep` is stored with each watermark.
    pub(crate) fn new(
        writer: &'a Writer,
        job: &'a Arc<Job>,
        state: CopyState,
        upkeep: &Upkeep,
        head_bytes: usize,
    ) -> Self {
        Self { writer, job, state, upkeep: Arc::new(upkeep.clone()), head_bytes, head: Vec::new(), rest: None }
    }

    pub(crate) async fn send(&mut self, batch: Batch) -> Result<(), Failure> {
        let complete = batch.watermark.is_some();
        if let Some(rest) = &self.rest {
            // The writer drops its end only when it gave up on this job.
            if rest.send(batch).await.is_err() {
                let ended = || Failure::Own(Error::internal("the writer dropped a group"));
                return Err(self.job.failure().unwrap_or_else(ended));
            }
            if complete {
                self.rest = None;
            }
            return Ok(());
        }
        self.head.push(batch);
        let size: usize = self.head.iter().map(|batch| batch.rows.size()).sum();
        if !complete && size < self.head_bytes {
            return Ok(());
        }
        let rest = (!complete).then(|| {
            let (sender, receiver) = mpsc::channel(DEPTH);
            self.rest = Some(sender);
            receiver
        });
        let group = Group { head: std::mem::take(&mut self.head), rest };
        let upkeep = Arc::clone(&self.upkeep);
        self.writer.step(self.job, Step::Write { state: self.state, group, upkeep }).await
    }

    /// Whether rows were given whose watermark is still to come.
    pub(crate) fn is_open(&self) -> bool {
        self.rest.is_some() || !self.head.is_empty()
    }
}
