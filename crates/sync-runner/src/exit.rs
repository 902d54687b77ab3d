//! What the program exits with, documented in `--help` and in `docs/configuration.md`.

use std::process::ExitCode;

use sync_core::{Error, ErrorKind};

/// The code of a wrong command line.
pub(crate) const USAGE: u8 = 2;

/// How a command ended. Of two, the later in this list counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    Success,
    /// A table or a query.
    Failed,
    /// The replica is not as its source.
    Differs,
    /// A source can't be reached or refuses the login.
    Source,
    Replica,
    Config,
    Bug,
    /// By Ctrl-C.
    Interrupted,
    /// By a request to end.
    Terminated,
}

impl Exit {
    /// The worse of two.
    pub(crate) fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Config => USAGE,
            Self::Source => 3,
            Self::Replica => 4,
            Self::Differs => 5,
            Self::Bug => 70,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

/// What an error means that concerns a source or the configuration, not a single table.
impl From<&Error> for Exit {
    fn from(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Config | ErrorKind::Unsupported => Self::Config,
            ErrorKind::Denied | ErrorKind::Unavailable | ErrorKind::Interrupted => Self::Source,
            ErrorKind::Internal => Self::Bug,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_of_two_counts() {
        assert_eq!(Exit::Success.or(Exit::Failed), Exit::Failed);
        assert_eq!(Exit::Config.or(Exit::Source), Exit::Config);
        assert_eq!(Exit::Replica.or(Exit::Source).code(), 4);
    }

    #[test]
    fn kinds_of_errors_have_codes() {
        assert_eq!(Exit::from(&Error::denied("")).code(), 3);
        assert_eq!(Exit::from(&Error::config("")).code(), 2);
        assert_eq!(Exit::from(&Error::internal("")).code(), 70);
        assert_eq!(Exit::from(&Error::schema("")).code(), 1);
    }
}
