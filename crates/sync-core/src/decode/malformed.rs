//! What is said of a value that can't be read.

use std::fmt;

/// A value that is not what its type allows, or that does not fit the form it is to be read in. It holds what is wrong; which column it
/// stands in is for the reader to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

/// Characters of a value that are shown.
const SHOWN: usize = 60;

impl Malformed {
    /// A value, as its text, is not what was wanted: `2.5e0 is not a whole number of 64 bits`. Of a long text the beginning is shown.
    #[cold]
    #[must_use]
    pub fn misfit(text: &str, wanted: &str) -> Self {
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => Self(format!("{}… is not {wanted}", &text[..end])),
            None => Self(format!("{text} is not {wanted}")),
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

impl From<fmt::Error> for Malformed {
    fn from(_: fmt::Error) -> Self {
        Self("the text could not be written".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misfit_shows_the_beginning_of_a_long_text() {
        assert_eq!(Malformed::misfit("1.5", "whole").to_string(), "1.5 is not whole");
        let long = Malformed::misfit(&"ü".repeat(61), "whole").to_string();
        assert_eq!(long, format!("{}… is not whole", "ü".repeat(60)));
    }

    #[test]
    fn what_could_not_be_written_is_said() {
        assert_eq!(Malformed::from(fmt::Error).0, "the text could not be written");
    }
}
