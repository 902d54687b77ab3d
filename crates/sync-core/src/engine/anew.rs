//! A copy that somebody asked for, noted where a crash does not forget it.

use std::collections::BTreeSet;

use crate::{Checkpoint, CopyState, Cursor, Result, Sink, StreamId};

/// Stands where the fingerprint of a copy's settings would, and goes with none.
const ASKED_FOR: &str = "resync";

/// Has the next run of a table copy it anew, whichever program that is. Its rows stay what readers see until that copy is complete.
/// Returns whether there was anything to copy anew; a table that was never copied is copied anyway.
///
/// # Errors
/// When the sink can't tell how far the table is, or can't store the note.
pub fn copy_anew(sink: &mut dyn Sink, stream: &StreamId) -> Result<bool> {
    let Some(Checkpoint { cursor, .. }) = sink.checkpoint(stream)? else { return Ok(false) };
    sink.begin()?.commit(&[asked_for(stream, &cursor)])?;
    Ok(true)
}

/// Tables that are to be copied anew, though a run of them that began before may go on storing how far it is.
#[derive(Debug, Default)]
pub(super) struct AskedFor(BTreeSet<StreamId>);

impl AskedFor {
    /// Has this table copied anew by whatever run starts from now on.
    pub(super) fn note(&mut self, sink: &mut dyn Sink, stream: StreamId) {
        if let Err(error) = copy_anew(sink, &stream) {
            tracing::warn!(%stream, "that it is to be copied anew could not be stored, and is forgotten in a crash: {error}");
        }
        self.0.insert(stream);
    }

    /// A run starts, and reads the note itself.
    pub(super) fn taken_up(&mut self, stream: &StreamId) {
        self.0.remove(stream);
    }

    /// What is stored of how far a run is: the note stays where it began before.
    pub(super) fn instead_of(&self, checkpoint: &Checkpoint) -> Checkpoint {
        let Checkpoint { stream, cursor, .. } = checkpoint;
        if self.0.contains(stream) { asked_for(stream, cursor) } else { checkpoint.clone() }
    }
}

/// A copy that was made for other settings, and of which nothing is there: it can only be started anew.
fn asked_for(stream: &StreamId, cursor: &Cursor) -> Checkpoint {
    Checkpoint::new(stream.clone(), cursor.clone(), CopyState::Building, ASKED_FOR)
}
