//! BIT(n): as many bytes as its bits need, the first one first, padded on the left.

use std::fmt;

use super::Malformed;

/// The bits as a number.
pub(super) fn number(length: u16, raw: &[u8]) -> Result<u64, Malformed> {
    let bytes = usize::from(length).div_ceil(8);
    if raw.len() != bytes || raw.len() > size_of::<u64>() {
        return Err(Malformed(format!("{} bytes are not {length} bits", raw.len())));
    }
    let number = raw.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    match number.checked_shr(u32::from(length)) {
        None | Some(0) => Ok(number),
        Some(_) => Err(Malformed(format!("a bit beyond the {length} of this type is set"))),
    }
}

/// All bits, as `0` and `1`.
pub(super) fn write(length: u16, raw: &[u8], out: &mut impl fmt::Write) -> Result<(), Malformed> {
    Ok(write!(out, "{:0width$b}", number(length, raw)?, width = usize::from(length))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_padded_on_the_left() {
        assert_eq!(number(10, &[0b10, 0b0000_0001]), Ok(0b10_0000_0001));
        assert_eq!(number(64, &[0xff; 8]), Ok(u64::MAX));
        let mut text = String::new();
        write(10, &[0, 5], &mut text).unwrap();
        assert_eq!(text, "0000000101");
    }

    #[test]
    fn other_bytes_are_refused() {
        assert_eq!(number(9, &[1]).unwrap_err().0, "1 bytes are not 9 bits");
        assert_eq!(number(9, &[2, 0]).unwrap_err().0, "a bit beyond the 9 of this type is set");
        assert!(number(72, &[0; 9]).is_err());
    }
}
