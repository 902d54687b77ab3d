//! `sync_times`: times as cron writes them.

use std::env;
use std::str::FromStr as _;
use std::time::SystemTime;

use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use sync_core::plan::SyncTimes;
use sync_core::{Error, Result};

/// How they are written.
pub(super) const TIMES: &str =
    "minute, hour, day of the month, month and day of the week as cron writes them, such as \"0 3 * * 1-5\"";

/// In the time zone of this machine.
pub(super) fn times(text: &str) -> Result<SyncTimes> {
    let wrong = |reason: String| Error::config(reason).hint(format!("write {TIMES}"));
    let cron = Cron::from_str(text).map_err(|error| wrong(format!("{text:?} is no time: {error}")))?;
    let zone = zone()?;
    let next = move |time: SystemTime| {
        let time = Zoned::new(Timestamp::try_from(time).ok()?, zone.clone());
        cron.find_next_occurrence(&time, false).ok().map(SystemTime::from)
    };
    let now = SystemTime::now();
    if next(now).is_none() {
        return Err(wrong(format!("{text:?} never comes")));
    }
    Ok(SyncTimes::new(text, now, next))
}

/// That of this machine; one that has none, such as an empty container, counts in UTC. A zone that was asked for is not replaced in silence.
fn zone() -> Result<TimeZone> {
    match (TimeZone::try_system(), env::var_os("TZ")) {
        (Err(_), Some(name)) => {
            Err(Error::config(format!("TZ={}: this machine has no such time zone", name.display()))
                .hint("set TZ to one that it has, such as Europe/Vienna, or leave it out"))
        }
        (zone, _) => Ok(zone.unwrap_or(TimeZone::UTC)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;

    use super::*;

    #[test]
    fn times_are_those_of_the_clock_on_the_wall() {
        let nightly = times("0 3 * * 1-5").unwrap();
        // From Friday to Monday, with an hour more or less where clocks are put forward or back.
        let hours = nightly.longest_gap().as_secs() / 3600;
        assert!((71..=73).contains(&hours), "{hours}");
        let cron = Cron::from_str("0 3 * * 1-5").unwrap();
        let next = cron.find_next_occurrence(&Zoned::now(), false).unwrap();
        assert_eq!((next.hour(), next.minute(), next.second()), (3, 0, 0));
        assert!(!matches!(next.weekday(), Weekday::Saturday | Weekday::Sunday));
    }

    #[test]
    fn names_steps_and_lists_are_understood() {
        for text in ["*/15 8-18 * * mon-fri", "30 2,14 1 * *", "0 0 L * *", "@daily"] {
            assert_eq!(times(text).unwrap().as_str(), text);
        }
    }
}
