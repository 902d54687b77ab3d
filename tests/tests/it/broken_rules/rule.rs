//! The rules that can be broken.

/// Which rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// None.
    AllKept,
    /// Rows past the cursor are all that is read: no sweep, no comparison of keys.
    PollOnly,
    /// A poll claims that everything before its snapshot was given.
    PollMovesHorizon,
    /// A copy that goes on claims that everything before its second snapshot was given.
    ResumeMovesHorizon,
}
