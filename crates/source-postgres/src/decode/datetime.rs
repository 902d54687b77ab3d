//! Dates, times and spans. Days count from 2000-01-01, times in microseconds; the extremes of the integers stand for infinity.

use std::fmt;

use sync_core::decode::date_of;

use super::{Ascii, Malformed, bad_length, exact};

pub(super) const MICROSECONDS_OF_DAY: i64 = 86_400_000_000;
/// From 1970-01-01 to 2000-01-01.
const DAYS_TO_2000: i64 = 10_957;
const MILLISECONDS_TO_2000: i64 = 946_684_800_000;

/// `2024-02-29`, as the server prints it.
pub(super) fn date(days: i32) -> Ascii {
    let mut text = Ascii::default();
    if let Some(infinite) = infinity(i64::from(days), i64::from(i32::MIN), i64::from(i32::MAX)) {
        text.push_str(infinite);
        return text;
    }
    let ((year, month, day), before_christ) = shown(i64::from(days));
    text.day(year, month, day);
    push_era(before_christ, &mut text);
    text
}

/// `13:37:00.5`, as the server prints it.
pub(super) fn write_time(microseconds: i64, out: &mut impl fmt::Write) -> Result<(), Malformed> {
    let mut text = Ascii::default();
    push_time(microseconds, &mut text)?;
    Ok(out.write_str(text.as_str())?)
}

/// `13:37:00.5+02`, as the server prints it.
pub(super) fn write_time_tz(raw: &[u8], out: &mut impl fmt::Write) -> Result<(), Malformed> {
    let (time, west) = raw.split_first_chunk::<8>().ok_or_else(|| bad_length(raw))?;
    let west = i32::from_be_bytes(exact(west)?);
    let mut text = Ascii::default();
    push_time(i64::from_be_bytes(*time), &mut text)?;
    text.push(if west <= 0 { b'+' } else { b'-' });
    let seconds = u64::from(west.unsigned_abs());
    text.padded(seconds / 3600, 2);
    if !seconds.is_multiple_of(3600) {
        text.push(b':');
        text.padded(seconds / 60 % 60, 2);
    }
    if !seconds.is_multiple_of(60) {
        text.push(b':');
        text.padded(seconds % 60, 2);
    }
    Ok(out.write_str(text.as_str())?)
}

/// `2024-02-29 13:37:00.000001`, always with six digits, and with a `Z` for a moment in UTC.
#[inline]
pub(super) fn timestamp(microseconds: i64, utc: bool) -> Ascii {
    let mut text = Ascii::default();
    if let Some(infinite) = infinity(microseconds, i64::MIN, i64::MAX) {
        text.push_str(infinite);
        return text;
    }
    let time = microseconds.rem_euclid(MICROSECONDS_OF_DAY).cast_unsigned();
    let (date, before_christ) = shown(microseconds.div_euclid(MICROSECONDS_OF_DAY));
    text.moment(date, clock_of(time / 1_000_000), (time % 1_000_000) as u32);
    if utc {
        text.push(b'Z');
    }
    push_era(before_christ, &mut text);
    text
}

/// `P1Y2M3DT4H5M6.7S`, as the server prints it in the style `iso_8601`.
pub(super) fn write_interval(raw: &[u8], out: &mut impl fmt::Write) -> Result<(), Malformed> {
    let raw: [u8; 16] = exact(raw)?;
    let (time, rest) = raw.split_at(8);
    let (days, months) = rest.split_at(4);
    let time = i64::from_be_bytes(exact(time)?);
    let days = i32::from_be_bytes(exact(days)?);
    let months = i32::from_be_bytes(exact(months)?);
    match (time, days, months) {
        (i64::MAX, i32::MAX, i32::MAX) => return Ok(out.write_str("infinity")?),
        (i64::MIN, i32::MIN, i32::MIN) => return Ok(out.write_str("-infinity")?),
        (0, 0, 0) => return Ok(out.write_str("PT0S")?),
        _ => {}
    }
    let mut text = Ascii::default();
    text.push(b'P');
    push_part(i64::from(months / 12), b'Y', &mut text);
    push_part(i64::from(months % 12), b'M', &mut text);
    push_part(i64::from(days), b'D', &mut text);
    if time != 0 {
        text.push(b'T');
        push_part(time / 3_600_000_000, b'H', &mut text);
        push_part(time / 60_000_000 % 60, b'M', &mut text);
        push_seconds(time % 60_000_000, &mut text);
    }
    Ok(out.write_str(text.as_str())?)
}

/// Milliseconds since 1970 of a timestamp that is not infinite.
pub(super) fn milliseconds(microseconds: i64) -> Option<i64> {
    if microseconds == i64::MIN || microseconds == i64::MAX {
        return None;
    }
    Some(microseconds.div_euclid(1000) + MILLISECONDS_TO_2000)
}

fn infinity(value: i64, least: i64, greatest: i64) -> Option<&'static str> {
    match value {
        _ if value == greatest => Some("infinity"),
        _ if value == least => Some("-infinity"),
        _ => None,
    }
}

/// Year, month and day, and whether the year is one before Christ, which the era after the time says.
#[inline]
fn shown(days: i64) -> ((u64, u32, u32), bool) {
    let (year, month, day) = date_of(days + DAYS_TO_2000);
    // There is no year 0.
    let before_christ = year <= 0;
    let year = if before_christ { 1 - year } else { year }.unsigned_abs();
    ((year, month, day), before_christ)
}

fn push_era(before_christ: bool, text: &mut Ascii) {
    if before_christ {
        text.push_str(" BC");
    }
}

fn push_time(microseconds: i64, text: &mut Ascii) -> Result<(), Malformed> {
    if !(0..=MICROSECONDS_OF_DAY).contains(&microseconds) {
        return Err(Malformed(format!("{microseconds} microseconds are no time of day")));
    }
    let microseconds = microseconds.unsigned_abs();
    let (hours, minutes, seconds) = clock_of(microseconds / 1_000_000);
    text.clock(hours, minutes, seconds);
    text.fraction(microseconds % 1_000_000);
    Ok(())
}

/// Hours, minutes and seconds; there are never more than 99 hours.
#[inline]
fn clock_of(seconds: u64) -> (u32, u32, u32) {
    let seconds = seconds as u32;
    (seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn push_part(number: i64, unit: u8, text: &mut Ascii) {
    if number == 0 {
        return;
    }
    if number < 0 {
        text.push(b'-');
    }
    text.number(number.unsigned_abs());
    text.push(unit);
}

fn push_seconds(microseconds: i64, text: &mut Ascii) {
    if microseconds == 0 {
        return;
    }
    if microseconds < 0 {
        text.push(b'-');
    }
    let microseconds = microseconds.unsigned_abs();
    text.number(microseconds / 1_000_000);
    text.fraction(microseconds % 1_000_000);
    text.push(b'S');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, text) in [
            (0, "2000-01-01"),
            (-1, "1999-12-31"),
            (59, "2000-02-29"),
            (-730_119, "0001-01-01"),
            (-730_120, "0001-12-31 BC"),
            (-730_486, "0002-12-31 BC"),
            (2_921_940, "10000-01-01"),
            (i32::MAX, "infinity"),
            (i32::MIN, "-infinity"),
        ] {
            assert_eq!(date(days).as_str(), text);
        }
    }

    #[test]
    fn timestamps_have_one_width_and_sort() {
        for (microseconds, text) in [
            (-1, "1999-12-31 23:59:59.999999Z"),
            (-946_684_800_000_000, "1970-01-01 00:00:00.000000Z"),
            (i64::MAX, "infinity"),
        ] {
            assert_eq!(timestamp(microseconds, true).as_str(), text);
        }
        assert_eq!(milliseconds(-946_684_800_000_001), Some(-1));
        assert_eq!(milliseconds(i64::MIN), None);
    }
}
