//! [`Guarantee`]: what is promised of a replica, and why it is no more.

use std::fmt;
use std::time::Duration;

/// How far a table's replica can be trusted once it was published.
///
/// Whatever the guarantee, a row of the replica is in a state that was committed at the source, and never goes back to an older one.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// Every row state that is still current when the table is swept arrives, however it was written; deletes arrive with the next
    /// comparison of keys.
    Lossless,
    /// Some changes may be missing for a while.
    Bounded {
        /// For how long at most; `None` where nothing finds them.
        within: Option<Duration>,
        /// Why, as half a sentence.
        reason: String,
        /// What would lift it, as half a sentence.
        remedy: String,
    },
}

impl Guarantee {
    /// A promise with an exception.
    #[must_use]
    pub fn bounded(within: Option<Duration>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Bounded { within, reason: reason.into(), remedy: remedy.into() }
    }

    /// The name used in machine-readable output.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Lossless => "lossless",
            Self::Bounded { .. } => "bounded",
        }
    }
}

/// One line: `lossless`, or `bounded by 1h: reason; remedy`.
impl fmt::Display for Guarantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lossless => f.write_str("lossless"),
            Self::Bounded { within: Some(within), reason, remedy } => {
                write!(f, "bounded by {} s: {reason}; {remedy}", within.as_secs_f64())
            }
            Self::Bounded { within: None, reason, remedy } => write!(f, "bounded by nothing: {reason}; {remedy}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guarantee_is_one_line() {
        let bounded = Guarantee::bounded(Some(Duration::from_millis(1500)), "it is a view", "read the table instead");
        assert_eq!(bounded.to_string(), "bounded by 1.5 s: it is a view; read the table instead");
        assert_eq!(Guarantee::bounded(None, "a", "b").to_string(), "bounded by nothing: a; b");
        assert_eq!(Guarantee::Lossless.to_string(), "lossless");
    }
}
