//! When a table runs next. Pure: time and chance are arguments.

use std::time::{Duration, Instant, SystemTime};

use crate::plan::SyncTimes;

/// The first wait after a failure; it doubles with each further one.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// The longest wait after one: whatever failed is found to be well again before anybody wonders.
const LONGEST_RETRY: Duration = Duration::from_secs(5 * 60);
/// A run is put off by at most this part of its interval, so that many daemons do not ask one server at once.
const JITTER: f64 = 0.1;

/// The regular times of one table: a grid, so that runs of any length cause no drift, or the times that were set.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    origin: Instant,
    interval: Duration,
    times: Option<SyncTimes>,
}

impl Schedule {
    /// A grid from now on; `chance`, from 0 to 1, moves it by a part of the jitter.
    pub(crate) fn new(now: Instant, interval: Duration, chance: f64) -> Self {
        let interval = interval.max(Duration::from_millis(10));
        Self { origin: now + interval.mul_f64(JITTER * chance.clamp(0.0, 1.0)), interval, times: None }
    }

    /// These times in place of the grid, to the minute: nothing is put off.
    pub(crate) fn at(mut self, times: Option<SyncTimes>) -> Self {
        self.times = times;
        self
    }

    /// How long at least what costs much is not done again. At times that were set, it is done each time.
    pub(crate) fn rest(&self) -> Duration {
        if self.times.is_some() { Duration::ZERO } else { self.interval }
    }

    /// The next time; `clock` is `now` by the calendar. Those that passed while a run took long are left out: runs never overlap, nor pile
    /// up.
    pub(crate) fn next(&self, now: Instant, clock: SystemTime) -> Instant {
        if let Some(times) = &self.times {
            return now + times.wait_from(clock);
        }
        let passed = now.saturating_duration_since(self.origin).as_nanos() / self.interval.as_nanos();
        let passed = u32::try_from(passed).unwrap_or(u32::MAX - 1);
        if now < self.origin { self.origin } else { self.origin + self.interval * (passed + 1) }
    }

    /// The time of the calendar that a run at `due` is meant for, where times were set.
    pub(crate) fn meant(&self, due: Instant, now: Instant, clock: SystemTime) -> Option<SystemTime> {
        self.times.as_ref().map(|_| clock + due.saturating_duration_since(now))
    }

    /// When to try again after so many failures in a row: soon, then ever later, but never later than the interval, nor than five minutes.
    pub(crate) fn retry(&self, now: Instant, failures: u32, chance: f64) -> Instant {
        let doubled = FIRST_RETRY.saturating_mul(1 << failures.saturating_sub(1).min(20));
        now + doubled.min(self.interval).min(LONGEST_RETRY).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
    }
}

/// When a run is due that is meant for a time of the calendar: another moment than was thought, where the clock was set since or the
/// machine slept.
pub(crate) fn by_clock(meant: SystemTime, now: Instant, clock: SystemTime) -> Instant {
    now + meant.duration_since(clock).unwrap_or_default()
}

/// A number from 0 to 1 that differs from process to process and call to call.
pub(crate) fn chance() -> f64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    let random = std::hash::RandomState::new().build_hasher().finish();
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_run_that_takes_long_moves_no_later_one() {
        let start = Instant::now();
        let schedule = Schedule::new(start, 10 * SECOND, 0.0);
        assert_eq!(schedule.next(start, SystemTime::now()), start + 10 * SECOND);
        assert_eq!(schedule.next(start + 3 * SECOND, SystemTime::now()), start + 10 * SECOND);
        assert_eq!(schedule.next(start + 10 * SECOND, SystemTime::now()), start + 20 * SECOND);
        assert_eq!(schedule.next(start + 57 * SECOND, SystemTime::now()), start + 60 * SECOND);
    }

    #[test]
    fn jitter_stays_within_a_tenth() {
        let start = Instant::now();
        for chance in [0.0, 0.3, 1.0] {
            let next = Schedule::new(start, 10 * SECOND, chance).next(start, SystemTime::now());
            assert!(next >= start && next <= start + 10 * SECOND, "{chance}");
        }
        assert_eq!(Schedule::new(start, 10 * SECOND, 1.0).next(start, SystemTime::now()), start + SECOND);
    }

    #[test]
    fn times_that_were_set_are_met_whatever_the_interval() {
        let (start, clock) = (Instant::now(), SystemTime::UNIX_EPOCH + 1000 * SECOND);
        let hourly = |time: SystemTime| {
            let passed = time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs() / 3600;
            Some(SystemTime::UNIX_EPOCH + Duration::from_secs(3600 * (passed + 1)))
        };
        let times = SyncTimes::new("hourly", clock, hourly);
        let schedule = Schedule::new(start, times.longest_gap(), 1.0).at(Some(times));
        assert_eq!(schedule.next(start, clock), start + 2600 * SECOND);
        assert_eq!(schedule.next(start, clock + 2600 * SECOND), start + 3600 * SECOND, "that one is met already");
        assert_eq!(schedule.rest(), Duration::ZERO, "what is searched for once is searched for the next time too");
        assert_eq!(schedule.retry(start, 1, 1.0) - start, SECOND);
    }

    #[test]
    fn a_time_of_the_calendar_is_met_though_the_clock_is_set() {
        let (start, clock) = (Instant::now(), SystemTime::UNIX_EPOCH + 1000 * SECOND);
        let hour = |time: SystemTime| Some(time + 3600 * SECOND);
        let schedule = Schedule::new(start, 3600 * SECOND, 0.0).at(Some(SyncTimes::new("hour", clock, hour)));
        let meant = schedule.meant(schedule.next(start, clock), start, clock).unwrap();
        assert_eq!(meant, clock + 3600 * SECOND);
        let later = start + 60 * SECOND;
        assert_eq!(by_clock(meant, later, clock + 60 * SECOND), start + 3600 * SECOND, "nothing happened");
        assert_eq!(by_clock(meant, later, clock + 3000 * SECOND), later + 600 * SECOND, "it slept");
        assert_eq!(by_clock(meant, later, clock + 5000 * SECOND), later, "it slept over it");
        assert_eq!(by_clock(meant, later, clock - 400 * SECOND), later + 4000 * SECOND, "the clock was put back");
        let grid = Schedule::new(start, 10 * SECOND, 0.0);
        assert_eq!(
            grid.meant(grid.next(start, clock), start, clock),
            None,
            "an interval has nothing to do with the clock"
        );
    }

    #[test]
    fn retries_come_later_and_later_up_to_the_interval_or_five_minutes() {
        let now = Instant::now();
        let schedule = Schedule::new(now, 60 * SECOND, 0.0);
        let wait = |failures, chance| schedule.retry(now, failures, chance) - now;
        assert_eq!(wait(1, 1.0), SECOND);
        assert_eq!(wait(2, 1.0), 2 * SECOND);
        assert_eq!(wait(5, 0.0), 8 * SECOND);
        assert_eq!(wait(u32::MAX, 1.0), 60 * SECOND);
        assert_eq!(Schedule::new(now, SECOND / 10, 0.0).retry(now, 9, 1.0) - now, SECOND / 10);
        assert_eq!(Schedule::new(now, 24 * 3600 * SECOND, 0.0).retry(now, 30, 1.0) - now, 300 * SECOND);
    }

    #[test]
    fn chance_is_a_part_of_one() {
        for _ in 0..100 {
            assert!((0.0..1.0).contains(&chance()));
        }
    }
}
