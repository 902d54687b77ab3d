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
pub(super) fn integer(raw: &[u8]) -> Result<Option<i64>, Malformed> {
    let digits = digits(raw)?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_whole = fraction.bytes().all(|digit| digit == b'0');
    Ok(if is_whole { whole.parse().ok() } else { None })
}

/// The nearest double; of a number of up to 15 digits it prints as that number again.
pub(super) fn real(raw: &[u8]) -> Result<f64, Malformed> {
    let digits = digits(raw)?;
    let number = digits.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| Malformed::misfit(digits, "within the range of a double"))
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
    fn nothing_else_is_a_number() {
        for raw in ["", "-", ".", "1e5", "nan", "+1", "1.2.3", "1,5", " 1", "--1", "ü"] {
            let error = digits(raw.as_bytes()).unwrap_err();
            assert_eq!(error.0, format!("{raw} is not a decimal number"));
        }
        assert!(digits(b"\xff1").is_err());
    }
}
