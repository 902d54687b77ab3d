//! The Gregorian calendar, in both directions of time: days to dates and back.

/// From 0000-03-01, where a year of the calculation begins, to 1970-01-01.
const DAYS_TO_1970: i64 = 719_468;
/// Days of four hundred years.
const DAYS_OF_ERA: i64 = 146_097;
/// Quarters of a day in a hundred years, on the average of four hundred.
const QUARTERS_OF_CENTURY: u32 = 146_097;
/// Quarters of a day in a year, on the average of four.
const QUARTERS_OF_YEAR: u32 = 1461;

/// Year, month and day, from days since 1970-01-01. Year 0 is the one before year 1.
///
/// ```
/// assert_eq!(sync_core::decode::date_of(19_782), (2024, 2, 29));
/// ```
#[inline]
#[must_use]
pub fn date_of(days: i64) -> (i64, u32, u32) {
    // In years that begin with March, the leap day is the last, and each four hundred of them have equally many days.
    let days = days + DAYS_TO_1970;
    let era = days.div_euclid(DAYS_OF_ERA);
    // Of each day its last quarter, as centuries and years end within a day.
    let quarters = 4 * days.rem_euclid(DAYS_OF_ERA) as u32 + 3;
    let (century, quarters) = (quarters / QUARTERS_OF_CENTURY, (quarters % QUARTERS_OF_CENTURY) | 3);
    let (year_of_century, day_of_year) = (quarters / QUARTERS_OF_YEAR, quarters % QUARTERS_OF_YEAR / 4);
    // Five months from March on have 153 days together.
    let fifths = 5 * day_of_year + 2;
    let (month_from_march, day) = (fifths / 153, fifths % 153 / 5 + 1);
    let is_next_year = month_from_march >= 10;
    let month = if is_next_year { month_from_march - 9 } else { month_from_march + 3 };
    let year = era * 400 + i64::from(100 * century + year_of_century + u32::from(is_next_year));
    (year, month, day)
}

/// Days since 1970-01-01 of a date; `None` where the calendar has no such day.
#[must_use]
pub fn days_of(year: i64, month: u32, day: u32) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || year.abs() > 1_000_000_000 {
        return None;
    }
    let (month, day) = (i64::from(month), i64::from(day));
    let (from_march, month_from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = from_march.div_euclid(4) - from_march.div_euclid(100) + from_march.div_euclid(400);
    let days = from_march * 365 + leap_days + (month_from_march * 153 + 2) / 5 + day - 1 - DAYS_TO_1970;
    // A day beyond its month's end is one of the next month.
    let is_there = date_of(days) == (year, month as u32, day as u32);
    is_there.then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (10_957 + 59, (2000, 2, 29)),
            (-719_162, (1, 1, 1)),
            (-719_163, (0, 12, 31)),
            (2_932_896, (9999, 12, 31)),
        ] {
            assert_eq!(date_of(days), date);
            assert_eq!(days_of(date.0, date.1, date.2), Some(days));
        }
    }

    #[test]
    fn day_follows_day_for_two_eras() {
        let (mut year, mut month, mut day) = (-400, 3, 1);
        for days in -DAYS_TO_1970 - DAYS_OF_ERA..=-DAYS_TO_1970 + DAYS_OF_ERA {
            assert_eq!(date_of(days), (year, month, day), "{days}");
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = match month {
                2 => 28 + u32::from(is_leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > last {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }

    #[test]
    fn every_day_is_found_again() {
        for days in (-800_000..3_000_000).step_by(13) {
            let (year, month, day) = date_of(days);
            assert_eq!(days_of(year, month, day), Some(days));
        }
    }

    #[test]
    fn what_is_no_day_is_none() {
        for (year, month, day) in
            [(2024, 0, 1), (2024, 1, 0), (2023, 2, 29), (1900, 2, 29), (2024, 13, 1), (2024, 4, 31), (i64::MAX, 1, 1)]
        {
            assert_eq!(days_of(year, month, day), None);
        }
    }
}
