//! Floating-point numbers.

use std::fmt;

use crate::RowBatch;

/// Appends a number to the row under way; `NaN` as text, since SQLite and others have none.
#[inline]
pub fn push_real(value: f64, rows: &mut RowBatch) {
    if value.is_nan() { rows.push_text("NaN") } else { rows.push_real(value) }
}

/// Writes the shortest text that is read as this very number: `2.5e0`, `Infinity`, `NaN`.
///
/// # Errors
/// Those of `out`.
pub fn write_real(value: f64, out: &mut impl fmt::Write) -> fmt::Result {
    if value.is_infinite() {
        return out.write_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
    if value.is_nan() { out.write_str("NaN") } else { write!(out, "{value:e}") }
}

/// The number as a whole one of 64 bits, if it is one.
#[inline]
#[must_use]
pub fn whole(value: f64) -> Option<i64> {
    /// All whole numbers below are 64-bit integers, and this one is not.
    const TOO_GREAT: f64 = 9_223_372_036_854_775_808.0;
    // Every double in this range that has no fraction is such a number.
    (value.fract() == 0.0 && (-TOO_GREAT..TOO_GREAT).contains(&value)).then_some(value as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_are_read_back_as_they_were() {
        for value in [0.1, -0.0, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1e22] {
            let mut text = String::new();
            write_real(value, &mut text).unwrap();
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{text}");
        }
    }

    #[test]
    fn whole_numbers_are_those_of_64_bits() {
        assert_eq!(whole(-9_223_372_036_854_775_808.0), Some(i64::MIN));
        assert_eq!(whole(9_223_372_036_854_775_807.0), None);
        assert_eq!([whole(2.5), whole(f64::NAN), whole(f64::INFINITY)], [None; 3]);
        assert_eq!(whole(-0.0), Some(0));
    }
}
