//! What the writer thread reads and stores outside of the transactions that tables share.

use std::time::{Duration, Instant};

use super::writer::{RETRIED_AT_ONCE, Stored};
use crate::{CopyState, Error, ReplicaTable, Result, RunRecord, Sink, StreamId};

/// How long it is not tried again to store a failure where another program held the replica for longer than the sink waits.
const NOT_AGAIN: Duration = Duration::from_secs(5);

/// Where a run starts from.
pub(super) fn stored(sink: &mut dyn Sink, table: &ReplicaTable) -> Result<Stored> {
    let checkpoint = sink.checkpoint(&table.stream())?;
    let live = checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.state == CopyState::Live);
    let failed = if live { sink.failed_rows(table, RETRIED_AT_ONCE)? } else { Vec::new() };
    Ok(Stored { checkpoint, failed })
}

/// Stores how runs ended, in transactions of their own.
#[derive(Debug, Default)]
pub(super) struct Alone {
    refused: Option<(Instant, Error)>,
}

impl Alone {
    /// The sink gave no transaction, after all its patience.
    pub(super) fn was_refused(&mut self, error: &Error) {
        self.refused = Some((Instant::now(), error.clone()));
    }

    /// That a run failed because nothing could be stored is not worth waiting as long for once more, while all others wait too: it is
    /// logged, and the next run tells.
    pub(super) fn record(&self, sink: &mut dyn Sink, stream: &StreamId, record: &RunRecord) -> Result<()> {
        if let (Some((when, error)), Some(_)) = (&self.refused, &record.error)
            && when.elapsed() < NOT_AGAIN
        {
            return Err(error.clone());
        }
        let mut transaction = sink.begin()?;
        transaction.record(stream, record)?;
        transaction.commit(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemorySink;

    #[test]
    fn a_failure_is_not_waited_for_once_more_and_a_success_is() {
        let (mut sink, stream) = (MemorySink::new(), StreamId::new("tmp_users"));
        let (success, mut failure) = (RunRecord::new(1, 2), RunRecord::new(1, 2));
        failure.error = Some("it failed".to_owned());
        let mut alone = Alone::default();
        alone.record(&mut sink, &stream, &failure).unwrap();
        alone.was_refused(&Error::unavailable("another program holds the file"));
        let refused = alone.record(&mut sink, &stream, &failure).unwrap_err();
        assert_eq!(refused.to_string(), "another program holds the file");
        alone.record(&mut sink, &stream, &success).unwrap();
        alone.refused = Instant::now().checked_sub(NOT_AGAIN).map(|when| (when, refused));
        alone.record(&mut sink, &stream, &failure).unwrap();
    }
}
