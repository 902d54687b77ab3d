//! The replica's side of a comparison, read on a thread of its own.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::{Error, ReplicaReader, Result, RowBatch, TableSchema};

/// Batches that may wait to be compared.
const DEPTH: usize = 4;

/// Rows of the replica, as they come. Dropping it ends the thread.
pub(in crate::engine) struct ReplicaRows(mpsc::Receiver<Result<RowBatch>>);

impl ReplicaRows {
    /// Opens a reader with `open`, and reads it to its end.
    pub(in crate::engine) fn read<F>(schema: Arc<TableSchema>, open: F) -> Self
    where
        F: FnOnce() -> Result<Box<dyn ReplicaReader>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(DEPTH);
        tokio::task::spawn_blocking(move || {
            let mut reader = match open() {
                Ok(reader) => reader,
                Err(error) => return drop(sender.blocking_send(Err(error))),
            };
            loop {
                let mut rows = RowBatch::new(Arc::clone(&schema));
                let read = reader.next(&mut rows).map(|()| rows);
                let last = !read.as_ref().is_ok_and(|rows| !rows.is_empty());
                if sender.blocking_send(read).is_err() || last {
                    return;
                }
            }
        });
        Self(receiver)
    }

    /// The next rows; none at the end.
    pub(in crate::engine) async fn next(&mut self) -> Result<RowBatch> {
        self.0.recv().await.ok_or_else(|| Error::internal("reading the replica ended early"))?
    }
}
