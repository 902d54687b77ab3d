//! [`SyncTimes`]: a table that is synced at certain times of the day or the week.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Times at which a table is synced, in place of an interval. What they are is the business of whoever reads the configuration: a calendar,
/// a time zone and a way to write times are no part of this crate.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use sync_core::plan::SyncTimes;
///
/// // Every full hour, as counted since 1970.
/// let hour = |time: SystemTime| {
///     let passed = time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs() / 3600;
///     Some(SystemTime::UNIX_EPOCH + Duration::from_secs((passed + 1) * 3600))
/// };
/// let times = SyncTimes::new("hourly", SystemTime::now(), hour);
/// assert_eq!(times.longest_gap(), Duration::from_secs(3600));
/// ```
#[derive(Clone)]
pub struct SyncTimes {
    text: String,
    next: Arc<Next>,
    longest_gap: Duration,
}

type Next = dyn Fn(SystemTime) -> Option<SystemTime> + Send + Sync;

/// Times that are looked at to find the longest gap: those of a year, where it is a time of the day.
const LOOKED_AT: usize = 400;

/// What stands for never: nobody waits so long.
const NEVER: Duration = Duration::from_secs(366 * 24 * 3600);

impl SyncTimes {
    /// `next` tells the first of the times after a given one, or that there is none; `text` is how they are written, which also tells two of
    /// these apart. The longest gap is looked for from `now` on.
    pub fn new(
        text: impl Into<String>,
        now: SystemTime,
        next: impl Fn(SystemTime) -> Option<SystemTime> + Send + Sync + 'static,
    ) -> Self {
        let mut times = Self { text: text.into(), next: Arc::new(next), longest_gap: NEVER };
        times.longest_gap = times.gap_from(now);
        times
    }

    /// As they are written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How long it is from one of the times to the next, at most. A year stands for never.
    #[must_use]
    pub fn longest_gap(&self) -> Duration {
        self.longest_gap
    }

    /// How long it is from `now` to the next of the times. A year stands for never.
    pub(crate) fn wait_from(&self, now: SystemTime) -> Duration {
        let next = (self.next)(now).and_then(|next| next.duration_since(now).ok());
        // One that stands still would have the table run without end.
        next.map_or(NEVER, |wait| wait.clamp(Duration::from_millis(10), NEVER))
    }

    fn gap_from(&self, now: SystemTime) -> Duration {
        let mut last = now + self.wait_from(now);
        let mut longest = Duration::ZERO;
        for _ in 0..LOOKED_AT {
            let gap = self.wait_from(last);
            longest = longest.max(gap);
            last += gap;
        }
        longest
    }
}

impl fmt::Debug for SyncTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SyncTimes").field(&self.text).finish()
    }
}

impl PartialEq for SyncTimes {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for SyncTimes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_still_or_never_comes_is_waited_for() {
        let now = SystemTime::now();
        assert_eq!(SyncTimes::new("never", now, |_| None).wait_from(now), NEVER);
        assert_eq!(SyncTimes::new("still", now, Some).wait_from(now), Duration::from_millis(10));
        let back = |time: SystemTime| time.checked_sub(Duration::from_secs(1));
        assert_eq!(SyncTimes::new("back", now, back).wait_from(now), NEVER);
    }
}
