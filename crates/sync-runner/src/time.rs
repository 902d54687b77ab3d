//! Moments and spans as text.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: i64 = 86_400;

/// Now, in milliseconds since 1970. A clock before that is taken as 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Milliseconds since 1970 as `2024-02-29T13:37:00.000Z`.
pub(crate) fn moment(milliseconds: i64) -> String {
    let (seconds, fraction) = (milliseconds.div_euclid(1000), milliseconds.rem_euclid(1000));
    let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
}

/// What [`moment`] wrote, as milliseconds since 1970; nothing for any other text.
pub(crate) fn milliseconds(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    // As in `date`: from March on, in leap years of their own.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day - 1;
    let second = (number(11..13)? * 60 + number(14..16)?) * 60 + number(17..19)?;
    let found = ((days - 719_468) * DAY + second) * 1000 + number(20..23)?;
    (moment(found) == text).then_some(found)
}

/// A span in its most fitting unit: `12 ms`, `3.4 s`, `5 min 20 s`.
pub(crate) fn span(span: Duration) -> String {
    match span.as_secs() {
        0 => format!("{} ms", span.as_millis()),
        1..60 => format!("{:.1} s", span.as_secs_f64()),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last of its year, and in periods of 400 years, which are all alike.
fn date(days: i64) -> (i64, i64, i64) {
    const PERIOD: i64 = 146_097;
    // From 0000-03-01 to 1970-01-01.
    let days = days.saturating_add(719_468);
    let (period, day) = (days.div_euclid(PERIOD), days.rem_euclid(PERIOD));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (period * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_iso_8601() {
        for (milliseconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_827_696_789, "2000-02-29T12:34:56.789Z"),
            (1_709_251_200_000, "2024-03-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(moment(milliseconds), text);
            assert_eq!(super::milliseconds(text), Some(milliseconds));
        }
        for text in ["", "2024", "2024-02-30T00:00:00.000Z", "2024-02-29T13:37:00Z", "a024-02-29T13:37:00.000Z", "ä"] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
        assert!(!moment(i64::MIN).is_empty() && !moment(i64::MAX).is_empty());
    }

    #[test]
    fn spans_have_a_fitting_unit() {
        for (milliseconds, text) in [(12, "12 ms"), (3_400, "3.4 s"), (320_000, "5 min 20 s"), (7_260_000, "2 h 1 min")]
        {
            assert_eq!(span(Duration::from_millis(milliseconds)), text);
        }
    }
}
