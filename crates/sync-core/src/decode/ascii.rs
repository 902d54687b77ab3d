//! A short text on the stack, for values of many digits and millions of rows.

use std::fmt;

/// ASCII text of at most 64 bytes; what does not fit is cut off.
///
/// ```
/// use sync_core::decode::Ascii;
/// let mut text = Ascii::default();
/// text.day(2024, 2, 29);
/// text.push(b' ');
/// text.clock(13, 37, 0);
/// text.fraction(500_000);
/// assert_eq!(text.as_str(), "2024-02-29 13:37:00.5");
/// ```
#[derive(Clone, Copy)]
pub struct Ascii {
    bytes: [u8; 64],
    length: usize,
}

impl Default for Ascii {
    #[inline]
    fn default() -> Self {
        Self { bytes: [0; 64], length: 0 }
    }
}

impl Ascii {
    /// Appends one character, which must be ASCII.
    #[inline]
    pub fn push(&mut self, byte: u8) {
        if let Some(free) = self.bytes.get_mut(self.length) {
            *free = byte;
            self.length += 1;
        }
    }

    /// The last `N` digits of a number, with leading zeros: for numbers known to have no more.
    #[inline]
    pub fn digits<const N: usize>(&mut self, number: u32) {
        let mut digits = [b'0'; N];
        let mut rest = number;
        for free in digits.rchunks_mut(2) {
            free.copy_from_slice(&pair(rest)[2 - free.len()..]);
            rest /= 100;
        }
        self.append(digits);
    }

    #[inline]
    fn append<const N: usize>(&mut self, part: [u8; N]) {
        if let Some(free) = self.bytes.get_mut(self.length..self.length + N) {
            free.copy_from_slice(&part);
            self.length += N;
        }
    }

    /// A number with leading zeros up to `width` digits.
    pub fn padded(&mut self, number: u64, width: usize) {
        let mut digits = [b'0'; 20];
        let mut rest = number;
        let mut start = digits.len();
        while rest > 0 {
            start -= 1;
            digits[start] += (rest % 10) as u8;
            rest /= 10;
        }
        for digit in &digits[start.min(digits.len() - width)..] {
            self.push(*digit);
        }
    }

    /// A number, without leading zeros.
    #[inline]
    pub fn number(&mut self, number: u64) {
        self.padded(number, 1);
    }

    /// A dot and six digits without the zeros at their end, or nothing.
    pub fn fraction(&mut self, microseconds: u64) {
        if microseconds == 0 {
            return;
        }
        self.push(b'.');
        let (mut digits, mut width) = (microseconds, 6);
        while digits.is_multiple_of(10) {
            digits /= 10;
            width -= 1;
        }
        self.padded(digits, width);
    }

    /// `2024-02-29`; years have four digits at least.
    #[inline]
    pub fn day(&mut self, year: u64, month: u32, day: u32) {
        match u32::try_from(year) {
            Ok(year) if year < 10_000 => self.digits::<4>(year),
            _ => self.number(year),
        }
        let ([m0, m1], [d0, d1]) = (pair(month), pair(day));
        self.append([b'-', m0, m1, b'-', d0, d1]);
    }

    /// `13:37:00`; of hours, too, there are never more than two digits.
    #[inline]
    pub fn clock(&mut self, hours: u32, minutes: u32, seconds: u32) {
        let ([h0, h1], [m0, m1], [s0, s1]) = (pair(hours), pair(minutes), pair(seconds));
        self.append([h0, h1, b':', m0, m1, b':', s0, s1]);
    }

    /// Two digits of base 16, in lower case.
    #[inline]
    pub fn hex(&mut self, byte: u8) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.push(DIGITS[usize::from(byte >> 4)]);
        self.push(DIGITS[usize::from(byte & 15)]);
    }

    /// What was appended.
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        /// UTF-8 is checked by the word where it is ASCII, and byte by byte behind the last whole one: the zeros there are ASCII too.
        const WORDS: usize = 2 * size_of::<usize>();
        let whole = self.length.next_multiple_of(WORDS).min(self.bytes.len());
        let text = std::str::from_utf8(&self.bytes[..whole]).ok();
        text.and_then(|text| text.get(..self.length)).unwrap_or_default()
    }
}

impl fmt::Debug for Ascii {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// The numbers below 100, as two digits each.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// The last two digits of a number.
#[inline]
fn pair(number: u32) -> [u8; 2] {
    PAIRS[(number % 100) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_padded_and_fractions_trimmed() {
        let mut text = Ascii::default();
        text.padded(7, 4);
        text.push(b' ');
        text.padded(12345, 4);
        text.push(b' ');
        text.number(0);
        text.fraction(1_500);
        text.fraction(0);
        text.hex(0xa7);
        assert_eq!(text.as_str(), "0007 12345 0.0015a7");
        text.digits::<4>(72);
        assert!(text.as_str().ends_with("a70072"));
        text.padded(u64::MAX, 20);
        assert!(text.as_str().ends_with("18446744073709551615"));
        let mut years = Ascii::default();
        years.day(44, 3, 15);
        years.push(b' ');
        years.day(10_000, 1, 1);
        assert_eq!(years.as_str(), "0044-03-15 10000-01-01");
    }
}
