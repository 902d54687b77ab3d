//! What a moment of the server's clock is in a column's own terms.

use mysql_async::Value;
use sync_core::decode::date_of;
use sync_core::{DataType, Error, Result};

use super::arrival::Clock;
use crate::catalog::CatalogColumn;
use crate::types::Comparison;

/// How a column tells the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Microseconds of its smallest step.
    step: i64,
    /// Whether it has no time of day.
    day: bool,
    zone: Zone,
}

/// In which zone a column's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zone {
    Utc,
    /// The server stamps it, in its own zone.
    Local,
    /// Whoever writes may mean either.
    Unknown,
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

impl Stamp {
    pub(super) fn of(column: &CatalogColumn) -> Self {
        let data_type = column.base.data_type();
        let day = data_type == DataType::Date;
        let digits = u32::from(column.base.fraction.unwrap_or(0).min(6));
        let zone = match data_type {
            DataType::TimestampTz => Zone::Utc,
            _ if column.stamped_on_insert || column.stamped_on_update => Zone::Local,
            _ => Zone::Unknown,
        };
        Self { step: if day { DAY } else { SECOND / 10_i64.pow(digits) }, day, zone }
    }

    /// What rows have that were stamped before `moment`, in microseconds since 1970, and no other: less than this. It is rounded down to
    /// the column's step, as a row of the same step may still come, and is the earlier one where the zone is not known.
    pub(super) fn value(self, column: &Comparison, moment: i64, clock: Clock) -> Result<Value> {
        let bound = column.bind(&self.floor(moment, clock));
        bound.map_err(|error| Error::internal(format!("the clock can't be compared with a column: {error}")))
    }

    fn floor(self, moment: i64, clock: Clock) -> String {
        let moment = match self.zone {
            Zone::Utc => moment,
            Zone::Local => moment + clock.local,
            Zone::Unknown => moment + clock.local.min(0),
        };
        self.text(moment.div_euclid(self.step) * self.step)
    }

    fn text(self, micros: i64) -> String {
        let (year, month, day) = date_of(micros.div_euclid(DAY));
        let date = format!("{year:04}-{month:02}-{day:02}");
        if self.day {
            return date;
        }
        let rest = micros.rem_euclid(DAY);
        let (seconds, fraction) = (rest / SECOND, rest % SECOND);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let zone = if self.zone == Zone::Utc { "Z" } else { "" };
        format!("{date} {hour:02}:{minute:02}:{second:02}.{fraction:06}{zone}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-02-29 23:30:07.654321 UTC
    const MOMENT: i64 = 1_709_249_407_654_321;

    fn text(stamp: Stamp, hours: i64) -> String {
        let clock = Clock { now: MOMENT, local: hours * 3600 * SECOND };
        stamp.floor(MOMENT, clock)
    }

    #[test]
    fn a_moment_is_rounded_down_to_the_columns_step() {
        let stamp = |digits: u32| Stamp { step: SECOND / 10_i64.pow(digits), day: false, zone: Zone::Utc };
        assert_eq!(text(stamp(0), 2), "2024-02-29 23:30:07.000000Z");
        assert_eq!(text(stamp(3), 2), "2024-02-29 23:30:07.654000Z");
        assert_eq!(text(stamp(6), 2), "2024-02-29 23:30:07.654321Z");
    }

    #[test]
    fn a_column_without_a_zone_takes_the_earlier_of_those_it_may_hold() {
        let stamp = |zone| Stamp { step: SECOND, day: false, zone };
        assert_eq!(text(stamp(Zone::Local), 2), "2024-03-01 01:30:07.000000");
        assert_eq!(text(stamp(Zone::Local), -5), "2024-02-29 18:30:07.000000");
        assert_eq!(text(stamp(Zone::Unknown), 2), "2024-02-29 23:30:07.000000");
        assert_eq!(text(stamp(Zone::Unknown), -5), "2024-02-29 18:30:07.000000");
    }

    #[test]
    fn a_day_begins_at_midnight() {
        let stamp = Stamp { step: DAY, day: true, zone: Zone::Local };
        assert_eq!((text(stamp, 0), text(stamp, 2)), ("2024-02-29".to_owned(), "2024-03-01".to_owned()));
    }
}
