//! Dates and times come in their parts. Dates may be zero, wholly or partly, and stay so.

use std::fmt;

use mysql_async::Value;
use sync_core::decode::{Ascii, days_of};

use super::Malformed;

/// `2024-02-29`, `0000-00-00`.
pub(super) fn write_date(day: Day, out: &mut impl fmt::Write) -> Result<(), Malformed> {
    let mut text = Ascii::default();
    let (year, month, day) = checked(day)?;
    text.day(year, month, day);
    Ok(out.write_str(text.as_str())?)
}

/// `2024-02-29 13:37:00.000001`, always with six digits, and with a `Z` for a moment in UTC.
#[inline]
pub(super) fn timestamp(value: &Value, utc: bool) -> Result<Ascii, Malformed> {
    let Value::Date(year, month, day, hours, minutes, seconds, microseconds) = *value else {
        return Err(Malformed("it is no timestamp".to_owned()));
    };
    let mut text = Ascii::default();
    let day = checked((year, month, day))?;
    if hours > 23 || minutes > 59 || seconds > 59 || microseconds > 999_999 {
        return Err(no_clock(u32::from(hours), minutes, seconds, microseconds));
    }
    text.moment(day, (u32::from(hours), u32::from(minutes), u32::from(seconds)), microseconds);
    if utc {
        text.push(b'Z');
    }
    Ok(text)
}

/// `-838:59:59.000`, with so many digits of a fraction, as the server prints it; with all six where it would lose some.
pub(super) fn write_time(value: &Value, fraction: u8, out: &mut impl fmt::Write) -> Result<(), Malformed> {
    let Value::Time(negative, days, hours, minutes, seconds, microseconds) = *value else {
        return Err(Malformed("it is no time".to_owned()));
    };
    let all_hours = u64::from(days) * 24 + u64::from(hours);
    if hours > 23 || minutes > 59 || seconds > 59 || microseconds > 999_999 {
        return Err(no_clock(u32::from(hours), minutes, seconds, microseconds));
    }
    let mut text = Ascii::default();
    if negative {
        text.push(b'-');
    }
    text.padded(all_hours, 2);
    text.push(b':');
    text.digits::<2>(u32::from(minutes));
    text.push(b':');
    text.digits::<2>(u32::from(seconds));
    push_fraction(microseconds, fraction, &mut text);
    Ok(out.write_str(text.as_str())?)
}

/// Milliseconds since 1970 of a day of the calendar, with its time if there is one.
pub(super) fn milliseconds(value: &Value) -> Option<i64> {
    let Value::Date(year, month, day, hours, minutes, seconds, microseconds) = *value else { return None };
    let days = days_of(i64::from(year), u32::from(month), u32::from(day))?;
    let seconds = days * 86_400 + i64::from(hours) * 3600 + i64::from(minutes) * 60 + i64::from(seconds);
    Some(seconds * 1000 + i64::from(microseconds / 1000))
}

/// Year, month, day.
type Day = (u16, u8, u8);

#[inline]
fn checked((year, month, day): Day) -> Result<(u64, u32, u32), Malformed> {
    if year > 9999 || month > 12 || day > 31 {
        return Err(Malformed(format!("year {year}, month {month}, day {day} are no date")));
    }
    Ok((u64::from(year), u32::from(month), u32::from(day)))
}

fn push_fraction(microseconds: u32, digits: u8, text: &mut Ascii) {
    let shown = match digits {
        0..=5 if microseconds.is_multiple_of(10_u32.pow(6 - u32::from(digits))) => digits,
        _ => 6,
    };
    if shown > 0 {
        text.push(b'.');
        text.padded(u64::from(microseconds / 10_u32.pow(6 - u32::from(shown))), usize::from(shown));
    }
}

#[cold]
fn no_clock(hours: u32, minutes: u8, seconds: u8, microseconds: u32) -> Malformed {
    Malformed(format!("hour {hours}, minute {minutes}, second {seconds}, microsecond {microseconds} are no time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(value: Value, fraction: u8) -> String {
        let mut out = String::new();
        write_time(&value, fraction, &mut out).unwrap();
        out
    }

    #[test]
    fn times_go_beyond_a_day_and_below_zero() {
        assert_eq!(time(Value::Time(true, 34, 22, 59, 59, 0), 0), "-838:59:59");
        assert_eq!(time(Value::Time(false, 0, 1, 2, 3, 4_000), 3), "01:02:03.004");
        assert_eq!(time(Value::Time(false, 0, 0, 0, 0, 0), 6), "00:00:00.000000");
        assert_eq!(time(Value::Time(false, 0, 0, 0, 0, 1), 3), "00:00:00.000001", "no digit is lost");
    }

    #[test]
    fn days_may_be_zero() {
        for (day, text) in [((0, 0, 0), "0000-00-00"), ((2024, 0, 31), "2024-00-31"), ((9999, 12, 31), "9999-12-31")] {
            let mut out = String::new();
            write_date(day, &mut out).unwrap();
            assert_eq!(out, text);
        }
    }

    #[test]
    fn moments_count_from_1970() {
        let at = |year, month, day, hours, microseconds| {
            milliseconds(&Value::Date(year, month, day, hours, 0, 0, microseconds))
        };
        assert_eq!(at(1970, 1, 1, 0, 0), Some(0));
        assert_eq!(at(1969, 12, 31, 23, 999_000), Some(-3_599_001));
        assert_eq!(at(2024, 2, 29, 12, 1_000), Some(1_709_208_000_001));
        assert_eq!(at(1000, 1, 1, 0, 0), Some(-30_610_224_000_000));
        for (year, month, day) in [(0, 0, 0), (2024, 0, 1), (2024, 1, 0), (2023, 2, 29), (1900, 2, 29), (2024, 13, 1)] {
            assert_eq!(at(year, month, day, 0, 0), None);
        }
    }

    #[test]
    fn parts_beyond_a_calendar_and_a_clock_are_refused() {
        let mut out = String::new();
        let error = write_date((10_000, 1, 1), &mut out).unwrap_err();
        assert_eq!(error.0, "year 10000, month 1, day 1 are no date");
        let error = timestamp(&Value::Date(2024, 1, 1, 24, 0, 0, 0), true).unwrap_err();
        assert_eq!(error.0, "hour 24, minute 0, second 0, microsecond 0 are no time");
        assert_eq!(write_time(&Value::Int(1), 0, &mut out).unwrap_err().0, "it is no time");
        assert_eq!(timestamp(&Value::Int(1), false).unwrap_err().0, "it is no timestamp");
        assert!(write_time(&Value::Time(false, 0, 0, 60, 0, 0), 0, &mut out).is_err());
    }
}
