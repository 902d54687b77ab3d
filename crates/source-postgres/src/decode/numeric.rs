//! `numeric`: digits of base 10 000 with a weight, a sign, and the digits to show after the point.

use std::fmt;

use super::{Ascii, Malformed, bad_length};

/// A whole number; `None` where it is not finite, has a fraction, or does not fit.
pub(super) fn integer(raw: &[u8]) -> Result<Option<i64>, Malformed> {
    let number = Numeric::read(raw)?;
    if number.special.is_some() || number.count() > number.weight + 1 {
        return Ok(None);
    }
    Ok(number.signed_sum(number.weight + 1))
}

/// The nearest double; of a number of up to 15 digits it prints as that number again. `None` where it is not finite.
pub(super) fn real(raw: &[u8]) -> Result<Option<f64>, Malformed> {
    /// All whole numbers up to here are doubles.
    const EXACT: u64 = 1 << 53;
    /// And so are these powers of ten.
    const POWERS: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ];
    let number = Numeric::read(raw)?;
    if number.special.is_some() {
        return Ok(None);
    }
    let groups = number.count().max(number.weight + 1);
    let Some(sum) = number.signed_sum(groups) else { return Ok(parsed(raw)?.parse().ok()) };
    let mut exponent = 4 * (groups - number.weight - 1);
    let mut digits = sum.unsigned_abs();
    while exponent > 0 && digits > EXACT && digits.is_multiple_of(10) {
        digits /= 10;
        exponent -= 1;
    }
    match usize::try_from(exponent).ok().and_then(|exponent| POWERS.get(exponent)) {
        Some(power) if digits <= EXACT => {
            // One division of two exact numbers rounds once, to the nearest.
            let value = digits as f64 / power;
            Ok(Some(if sum < 0 { -value } else { value }))
        }
        _ => Ok(parsed(raw)?.parse().ok()),
    }
}

/// The digits as the server prints them.
pub(super) fn write(raw: &[u8], out: &mut impl fmt::Write) -> Result<(), Malformed> {
    let number = Numeric::read(raw)?;
    if let Some(special) = number.special {
        return Ok(out.write_str(special)?);
    }
    if number.negative {
        out.write_char('-')?;
    }
    let first = number.weight.max(0);
    for power in (0..=first).rev() {
        let mut text = Ascii::default();
        text.padded(u64::from(number.group(number.weight - power)), if power == first { 1 } else { 4 });
        out.write_str(text.as_str())?;
    }
    write_fraction(&number, out)
}

fn write_fraction(number: &Numeric<'_>, out: &mut impl fmt::Write) -> Result<(), Malformed> {
    let mut missing = number.scale;
    let mut power = -1;
    if missing > 0 {
        out.write_char('.')?;
    }
    while missing > 0 {
        let mut text = Ascii::default();
        text.padded(u64::from(number.group(number.weight - power)), 4);
        out.write_str(&text.as_str()[..missing.min(4)])?;
        missing = missing.saturating_sub(4);
        power -= 1;
    }
    Ok(())
}

fn parsed(raw: &[u8]) -> Result<String, Malformed> {
    let mut text = String::new();
    write(raw, &mut text)?;
    Ok(text)
}

struct Numeric<'a> {
    groups: &'a [u8],
    /// The power of 10 000 of the first group.
    weight: i32,
    negative: bool,
    special: Option<&'static str>,
    /// Digits to print after the point.
    scale: usize,
}

impl<'a> Numeric<'a> {
    #[inline]
    fn read(raw: &'a [u8]) -> Result<Self, Malformed> {
        let (header, groups) = raw.split_first_chunk::<8>().ok_or_else(|| bad_length(raw))?;
        let [c0, c1, w0, w1, s0, s1, d0, d1] = *header;
        if usize::from(u16::from_be_bytes([c0, c1])) * 2 != groups.len() {
            return Err(bad_length(raw));
        }
        let (negative, special) = match u16::from_be_bytes([s0, s1]) {
            0x0000 => (false, None),
            0x4000 => (true, None),
            0xc000 => (false, Some("NaN")),
            0xd000 => (false, Some("Infinity")),
            0xf000 => (true, Some("-Infinity")),
            sign => return Err(Malformed(format!("a numeric of the unknown sign {sign:#x}"))),
        };
        let weight = i32::from(i16::from_be_bytes([w0, w1]));
        Ok(Self { groups, weight, negative, special, scale: usize::from(u16::from_be_bytes([d0, d1])) })
    }

    #[inline]
    fn count(&self) -> i32 {
        // The header counts them in 16 bits.
        i32::try_from(self.groups.len() / 2).unwrap_or(i32::MAX)
    }

    /// Four digits; zeros beyond what is stored.
    #[inline]
    fn group(&self, place: i32) -> u16 {
        let stored = usize::try_from(place).ok().and_then(|place| self.groups.get(place * 2..place * 2 + 2));
        stored.map_or(0, |pair| u16::from_be_bytes([pair[0], pair[1]]))
    }

    /// The first `count` groups as one number, if it fits.
    #[inline]
    fn signed_sum(&self, count: i32) -> Option<i64> {
        let mut sum: i64 = 0;
        for place in 0..count {
            let group = i64::from(self.group(place));
            sum = sum.checked_mul(10_000)?.checked_add(if self.negative { -group } else { group })?;
        }
        Some(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(weight: i16, sign: u16, scale: u16, groups: &[u16]) -> Vec<u8> {
        let mut raw = (groups.len() as u16).to_be_bytes().to_vec();
        raw.extend(weight.to_be_bytes());
        raw.extend([sign, scale].iter().chain(groups).flat_map(|part| part.to_be_bytes()));
        raw
    }

    #[test]
    fn digits_are_printed_as_stored() {
        for (number, text) in [
            (raw(0, 0, 0, &[]), "0"),
            (raw(0, 0, 2, &[]), "0.00"),
            (raw(0, 0x4000, 2, &[12, 3400]), "-12.34"),
            (raw(2, 0, 0, &[1]), "100000000"),
            (raw(-1, 0, 3, &[10]), "0.001"),
            (raw(-3, 0, 12, &[7]), "0.000000000007"),
            (raw(-2, 0, 5, &[1000]), "0.00001"),
            (raw(0, 0xc000, 0, &[]), "NaN"),
            (raw(0, 0xf000, 0, &[]), "-Infinity"),
        ] {
            assert_eq!(parsed(&number).unwrap(), text);
        }
    }

    #[test]
    fn short_decimals_become_the_double_that_prints_alike() {
        assert_eq!(real(&raw(0, 0x4000, 2, &[12, 3400])), Ok(Some(-12.34)));
        assert_eq!(real(&raw(3, 0, 2, &[9, 9999, 9999, 9999, 9900])), Ok(Some(9_999_999_999_999.99)));
        assert_eq!(real(&raw(-4, 0, 15, &[10])), Ok(Some(1e-15)));
        assert_eq!(real(&raw(1, 0, 0, &[1])), Ok(Some(10_000.0)));
        assert_eq!(real(&raw(4, 0, 0, &[999, 9999, 9999, 9999])), Ok(Some(9_999_999_999_999_990_000.0)));
        assert_eq!(real(&raw(0, 0xc000, 0, &[])), Ok(None));
    }

    #[test]
    fn whole_numbers_stay_whole() {
        assert_eq!(integer(&raw(4, 0x4000, 0, &[99, 9999, 9999, 9999, 9999])), Ok(Some(-999_999_999_999_999_999)));
        assert_eq!(integer(&raw(1, 0, 0, &[5])), Ok(Some(50_000)));
        assert_eq!(integer(&raw(0, 0, 1, &[1, 5000])), Ok(None));
        assert_eq!(integer(&raw(4, 0, 0, &[999, 9999, 9999, 9999, 9999])), Ok(None));
    }

    #[test]
    fn nonsense_is_an_error() {
        assert!(Numeric::read(&[0, 1, 0, 0, 0, 0, 0, 0]).is_err());
        assert!(Numeric::read(&[0, 0, 0, 0, 0x12, 0, 0, 0]).is_err());
        assert!(Numeric::read(&[]).is_err());
    }
}
