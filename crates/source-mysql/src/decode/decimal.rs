//! DECIMAL travels as its digits, as many behind the point as the column has.

use super::Malformed;

/// The digits as the server prints them.
pub(crate) fn digits(raw: &[u8]) -> Result<&str, Malformed> {
    let refused = || Malformed::misfit(&String::from_utf8_lossy(raw), "a decimal number");
    let unsigned = raw.strip_prefix(b"-").unwrap_or(raw);
    let mut parts = unsigned.splitn(2, |byte| *byte == b'.');
    let is_digits = |part: Option<&[u8]>| part.is_none_or(|part| part.iter().all(u8::is_ascii_digit));
    if !unsigned.iter().any(u8::is_ascii_digit) || !is_digits(parts.next()) || !is_digits(parts.next()) {
        return Err(refused());
    }
    std::str::from_utf8(raw).map_err(|_| refused())
}

/// A whole number; `None` where it has a fraction or does not fit.
#[inline]
pub(super) fn integer(raw: &[u8]) -> Result<Option<i64>, Malformed> {
    if let Some(short) = Short::read(raw) {
        return Ok(short.whole());
    }
    let digits = digits(raw)?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_whole = fraction.bytes().all(|digit| digit == b'0');
    Ok(if is_whole { whole.parse().ok() } else { None })
}

/// The nearest double; of a number of up to 15 digits it prints as that number again.
#[inline]
pub(super) fn real(raw: &[u8]) -> Result<f64, Malformed> {
    if let Some(real) = Short::read(raw).and_then(Short::real) {
        return Ok(real);
    }
    let digits = digits(raw)?;
    let number = digits.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| Malformed::misfit(digits, "within the range of a double"))
}

/// A number of few digits, as most are: one pass over them, and no text in between.
#[derive(Clone, Copy)]
struct Short {
    negative: bool,
    /// All digits, as a whole number.
    digits: u64,
    /// How many of them are behind the point.
    scale: u32,
}

impl Short {
    /// So many digits fit 64 bits whatever they are.
    const LENGTH: usize = 18;

    /// `None` for all else, be it longer or no number.
    #[inline]
    fn read(raw: &[u8]) -> Option<Self> {
        let unsigned = raw.strip_prefix(b"-").unwrap_or(raw);
        if unsigned.len() > Self::LENGTH {
            return None;
        }
        let (mut digits, mut count, mut before_point) = (0, 0, None);
        for byte in unsigned {
            match byte {
                b'0'..=b'9' => {
                    digits = digits * 10 + u64::from(byte - b'0');
                    count += 1;
                }
                b'.' if before_point.is_none() => before_point = Some(count),
                _ => return None,
            }
        }
        let scale = before_point.map_or(0, |before| count - before);
        (count > 0).then_some(Self { negative: unsigned.len() < raw.len(), digits, scale })
    }

    fn whole(self) -> Option<i64> {
        let unit = 10_u64.pow(self.scale);
        let number = (self.digits / unit).cast_signed();
        self.digits.is_multiple_of(unit).then_some(if self.negative { -number } else { number })
    }

    /// `None` where it takes more than one division of two exact numbers, which rounds once, to the nearest.
    #[inline]
    fn real(self) -> Option<f64> {
        /// All whole numbers up to here are doubles, and all of these powers of ten.
        const EXACT: u64 = 1 << 53;
        const POWERS: [f64; 16] =
            [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
        let unit = POWERS.get(self.scale as usize).filter(|_| self.digits <= EXACT)?;
        let size = self.digits as f64 / unit;
        Some(if self.negative { -size } else { size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_stay_whole() {
        assert_eq!(integer(b"-999999999999999999"), Ok(Some(-999_999_999_999_999_999)));
        assert_eq!(integer(b"00012"), Ok(Some(12)), "ZEROFILL");
        assert_eq!(integer(b"5.00"), Ok(Some(5)));
        assert_eq!(integer(b"5.01"), Ok(None));
        assert_eq!(integer(b"9223372036854775808"), Ok(None));
    }

    #[test]
    fn fractions_become_the_double_that_prints_alike() {
        assert_eq!(real(b"-12.34"), Ok(-12.34));
        assert_eq!(real(b"0.000000000000001"), Ok(1e-15));
        let long = "9".repeat(400);
        assert!(real(long.as_bytes()).unwrap_err().0.ends_with("… is not within the range of a double"));
    }

    #[test]
    fn a_short_number_is_read_as_any_other() {
        for raw in [
            "0.00",
            "-0.00",
            ".5",
            "5.",
            "-9007199254740993",
            "90071992547409.93",
            "0.0000000000000001",
            "123456789012345678",
        ] {
            let (quick, slow) = (real(raw.as_bytes()).unwrap(), raw.parse::<f64>().unwrap());
            assert_eq!(quick.to_bits(), slow.to_bits(), "{raw}");
        }
        let mut state = 1_u64;
        for _ in 0..100_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (digits, scale) = (state >> (16 + state % 40), (state >> 8) as usize % 17);
            let raw = format!("{}.{:0scale$}", digits % 1_000_000_007, digits % 10_u64.pow(scale as u32));
            assert_eq!(real(raw.as_bytes()).unwrap().to_bits(), raw.parse::<f64>().unwrap().to_bits(), "{raw}");
        }
    }

    #[test]
    fn nothing_else_is_a_number() {
        for raw in ["", "-", ".", "1e5", "nan", "+1", "1.2.3", "1,5", " 1", "--1", "ü"] {
            let error = digits(raw.as_bytes()).unwrap_err();
            assert_eq!(error.0, format!("{raw} is not a decimal number"));
            assert!(real(raw.as_bytes()).is_err() && integer(raw.as_bytes()).is_err(), "{raw}");
        }
        assert!(digits(b"\xff1").is_err());
    }
}
