//! A short text on the stack, for values of many digits and millions of rows.

/// ASCII text of at most 64 bytes; what does not fit is cut off.
pub(super) struct Ascii {
    bytes: [u8; 64],
    length: usize,
}

impl Default for Ascii {
    fn default() -> Self {
        Self { bytes: [0; 64], length: 0 }
    }
}

impl Ascii {
    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        if let Some(free) = self.bytes.get_mut(self.length) {
            *free = byte;
            self.length += 1;
        }
    }

    /// The last `N` digits of a number, with leading zeros: for numbers known to have no more.
    #[inline]
    pub(super) fn digits<const N: usize>(&mut self, number: u32) {
        let Some(free) = self.bytes.get_mut(self.length..self.length + N) else { return };
        let mut rest = number;
        for digit in free.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.length += N;
    }

    /// A number with leading zeros up to `width` digits.
    pub(super) fn padded(&mut self, number: u64, width: usize) {
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

    #[inline]
    pub(super) fn number(&mut self, number: u64) {
        self.padded(number, 1);
    }

    /// A dot and six digits without the zeros at their end, or nothing.
    pub(super) fn fraction(&mut self, microseconds: u64) {
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

    #[inline]
    pub(super) fn hex(&mut self, byte: u8) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.push(DIGITS[usize::from(byte >> 4)]);
        self.push(DIGITS[usize::from(byte & 15)]);
    }

    #[inline]
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
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
    }
}
