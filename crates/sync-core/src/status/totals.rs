//! [`RunTotals`]: what the runs of a table came to, all together.

use std::collections::BTreeMap;
use std::time::Duration;

/// Counted since the engine was made; numbers never fall.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunTotals {
    /// Rows that the source gave.
    pub rows_read: u64,
    /// Rows inserted, changed or deleted in the replica.
    pub rows_changed: u64,
    /// Bytes of the rows that the source gave, as they are held in memory.
    pub bytes_read: u64,
    /// How long runs took, whether they went well or not.
    pub durations: RunDurations,
    /// Runs that failed, by [`ErrorKind::as_str`](crate::ErrorKind::as_str).
    pub failures: BTreeMap<&'static str, u64>,
}

/// Runs, sorted by how long they took.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunDurations {
    /// Of each of [`RunDurations::BOUNDS`], how many runs took no longer than that, and longer than the bound before; at last, those that
    /// took longer than all of them.
    pub counts: [u64; RunDurations::BOUNDS.len() + 1],
    /// Together.
    pub sum: Duration,
}

impl RunDurations {
    /// In milliseconds, ascending: from a poll that finds nothing to a copy of hours.
    pub const BOUNDS: [u64; 10] = [10, 50, 100, 500, 1000, 5000, 30_000, 300_000, 1_800_000, 7_200_000];

    /// How many runs there were.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub(crate) fn add(&mut self, took: Duration) {
        let place = Self::BOUNDS.iter().position(|bound| took <= Duration::from_millis(*bound));
        if let Some(count) = self.counts.get_mut(place.unwrap_or(Self::BOUNDS.len())) {
            *count += 1;
        }
        self.sum += took;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_is_counted_in_one_place() {
        let mut durations = RunDurations::default();
        for milliseconds in [0, 10, 11, 7_200_000, 7_200_001] {
            durations.add(Duration::from_millis(milliseconds));
        }
        assert_eq!(durations.counts, [2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!((durations.runs(), durations.sum), (5, Duration::from_millis(14_400_022)));
    }
}
