//! VECTOR travels as numbers of 32 bits, the least byte first.

use std::fmt;

use super::{Malformed, write_digits};

/// A JSON array of the shortest digits that are read as these very numbers: the server's own text has six of them.
pub(super) fn write(raw: &[u8], out: &mut impl fmt::Write) -> Result<(), Malformed> {
    let (numbers, rest) = raw.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(Malformed(format!("{} bytes are no vector", raw.len())));
    }
    out.write_char('[')?;
    for (position, number) in numbers.iter().enumerate() {
        if position > 0 {
            out.write_char(',')?;
        }
        let number = f32::from_le_bytes(*number);
        // JSON has no name for these, so they are texts.
        let quote = if number.is_finite() { "" } else { "\"" };
        out.write_str(quote)?;
        write_digits(&number, f64::from(number), out)?;
        out.write_str(quote)?;
    }
    Ok(out.write_char(']')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(numbers: &[f32]) -> String {
        let raw: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let mut out = String::new();
        write(&raw, &mut out).unwrap();
        out
    }

    #[test]
    fn numbers_are_read_back_as_they_were() {
        assert_eq!(text(&[]), "[]");
        assert_eq!(text(&[1.0, -0.5, 0.1, 1e-45, f32::MAX, -0.0]), "[1,-0.5,0.1,1e-45,3.4028235e38,-0]");
        assert_eq!(text(&[f32::NAN, f32::NEG_INFINITY]), "[\"NaN\",\"-Infinity\"]");
    }

    #[test]
    fn torn_numbers_are_refused() {
        assert_eq!(write(&[0; 7], &mut String::new()).unwrap_err().0, "7 bytes are no vector");
    }
}
