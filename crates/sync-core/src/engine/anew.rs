//! A copy that somebody asked for, noted where a crash does not forget it.

use crate::{Checkpoint, CopyState, Result, Sink, StreamId};

/// Stands where the fingerprint of a copy's settings would, and goes with none.
const ASKED_FOR: &str = "resync";

/// Has the next run of a table copy it anew, whichever program that is. Its rows stay what readers see until that copy is complete.
/// Returns whether there was anything to copy anew; a table that was never copied is copied anyway.
///
/// # Errors
/// When the sink can't tell how far the table is, or can't store the note.
pub fn copy_anew(sink: &mut dyn Sink, stream: &StreamId) -> Result<bool> {
    let Some(Checkpoint { cursor, .. }) = sink.checkpoint(stream)? else { return Ok(false) };
    // A copy that was made for other settings, and of which nothing is there: it can only be started anew.
    sink.begin()?.commit(&[Checkpoint::new(stream.clone(), cursor, CopyState::Building, ASKED_FOR)])?;
    Ok(true)
}
