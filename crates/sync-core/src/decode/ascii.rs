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

    /// Appends a text, which must be ASCII.
    pub fn push_str(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.push(byte));
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
        self.year(year);
        let ([m0, m1], [d0, d1]) = (two(month), two(day));
        self.append([b'-', m0, m1, b'-', d0, d1]);
    }

    #[inline]
    fn year(&mut self, year: u64) {
        match u32::try_from(year) {
            Ok(year) if year < 10_000 => {
                let ([y0, y1], [y2, y3]) = (two(year / 100), pair(year));
                self.append([y0, y1, y2, y3]);
            }
            _ => self.number(year),
        }
    }

    /// `13:37:00`; of hours, too, there are never more than two digits.
    #[inline]
    pub fn clock(&mut self, hours: u32, minutes: u32, seconds: u32) {
        let ([h0, h1], [m0, m1], [s0, s1]) = (two(hours), two(minutes), two(seconds));
        self.append([h0, h1, b':', m0, m1, b':', s0, s1]);
    }

    /// `2024-02-29 13:37:00.000001`, with hours, minutes and seconds of two digits and six of a fraction.
    #[inline]
    pub fn moment(
        &mut self,
        (year, month, day): (u64, u32, u32),
        (hours, minutes, seconds): (u32, u32, u32),
        microseconds: u32,
    ) {
        let ([m0, m1], [d0, d1]) = (two(month), two(day));
        let ([h0, h1], [n0, n1], [s0, s1]) = (two(hours), two(minutes), two(seconds));
        let ([f0, f1], [f2, f3], [f4, f5]) = (two(microseconds / 10_000), pair(microseconds / 100), pair(microseconds));
        self.year(year);
        self.append([
            b'-', m0, m1, b'-', d0, d1, b' ', h0, h1, b':', n0, n1, b':', s0, s1, b'.', f0, f1, f2, f3, f4, f5,
        ]);
    }

    /// `a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11`
    #[inline]
    pub fn uuid(&mut self, bytes: &[u8; 16]) {
        const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
        let mut text = [b'-'; 36];
        for (byte, place) in bytes.iter().zip(PLACES) {
            text[place..place + 2].copy_from_slice(&HEX[usize::from(*byte)]);
        }
        self.append(text);
    }

    /// What was appended, for [`RowBatch::push_utf8`](crate::RowBatch::push_utf8).
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// What was appended.
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl fmt::Debug for Ascii {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// The numbers below 100, as two digits each; up to a power of two, so that none needs a check.
const PAIRS: [[u8; 2]; 128] = {
    let mut pairs = [[b'0'; 2]; 128];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// All bytes, as two digits of base 16 each.
const HEX: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
};

/// The last two digits of a number.
#[inline]
fn pair(number: u32) -> [u8; 2] {
    two(number % 100)
}

/// The digits of a number below 100.
#[inline]
fn two(number: u32) -> [u8; 2] {
    PAIRS[(number % 128) as usize]
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
        assert_eq!(text.as_str(), "0007 12345 0.0015");
        text.digits::<4>(72);
        assert!(text.as_str().ends_with("150072"));
        text.padded(u64::MAX, 20);
        assert!(text.as_str().ends_with("18446744073709551615"));
        let mut years = Ascii::default();
        years.day(44, 3, 15);
        years.push(b' ');
        years.day(10_000, 1, 1);
        assert_eq!(years.as_str(), "0044-03-15 10000-01-01");
    }

    #[test]
    fn whole_values_are_as_their_parts() {
        let mut text = Ascii::default();
        text.uuid(&std::array::from_fn(|index| 0x0f + 0x10 * index as u8));
        assert_eq!(text.as_str(), "0f1f2f3f-4f5f-6f7f-8f9f-afbfcfdfefff");
        for (year, microseconds) in [(7, 1), (2024, 987_654), (10_000, 0)] {
            let (mut whole, mut parts) = (Ascii::default(), Ascii::default());
            whole.moment((year, 2, 29), (23, 0, 59), microseconds);
            parts.day(year, 2, 29);
            parts.push(b' ');
            parts.clock(23, 0, 59);
            parts.push(b'.');
            parts.digits::<6>(microseconds);
            assert_eq!(whole.as_str(), parts.as_str());
        }
    }
}
