//! How long a sink stays staged: until what it was loaded with is worth reading.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::writer::Envelope;
use crate::Sink;

/// How long readers of a daemon wait for a table that is complete, while others are still loaded.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the writer knows of it.
#[derive(Debug, Default)]
pub(super) struct Staging {
    /// Whether tables are wanted one by one, as they are complete. Else whoever runs the engine says when it is over.
    is_served: bool,
    /// When it is to end.
    due: Option<Instant>,
}

impl Staging {
    /// Tables are wanted one by one from now on.
    pub(super) fn serve(&mut self) {
        self.is_served = true;
    }

    /// A run ended, in success or not: its table, or the error, is something to read.
    pub(super) fn note_end(&mut self, sink: &dyn Sink) {
        if self.is_served && sink.is_staged() {
            self.due.get_or_insert_with(|| Instant::now() + PATIENCE);
        }
    }

    /// Waits for the next command, and for the time to end it; `None` when nobody can send any more.
    pub(super) fn next(&mut self, sink: &mut dyn Sink, commands: &Receiver<Envelope>) -> Option<Envelope> {
        while let Some(due) = self.due {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.end(sink);
                continue;
            }
            match commands.recv_timeout(left) {
                Ok(envelope) => return Some(envelope),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        commands.recv().ok()
    }

    fn end(&mut self, sink: &mut dyn Sink) {
        self.due = None;
        if let Err(error) = sink.unstage() {
            tracing::warn!("{error}; it is tried again");
            self.due = Some(Instant::now() + PATIENCE);
        }
    }
}
