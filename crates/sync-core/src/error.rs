//! One error type; its kind says how to react.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the caller should do about an [`Error`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The configuration is wrong: stop and name the key.
    Config,
    /// The server refuses this login or this object: tell the operator which right is missing.
    Denied,
    /// The other side can't be reached or is busy: try again later, with back-off and jitter.
    Unavailable,
    /// The other side broke off what may well succeed at once: try again right away, a few times; then as `Unavailable`.
    Interrupted,
    /// The table is no longer what the plan was made for: plan it again.
    Schema,
    /// One value can't be represented: keep its row as a failed row and go on.
    Value,
    /// The cursor can't be continued: copy the table again.
    Expired,
    /// The source went back in time, so the replica may hold rows that never came to be there: compare contents.
    Diverged,
    /// The source is another server or database than the one that was copied: stop, until somebody says what is to be done.
    Replaced,
    /// This table or setting can't be served: refuse it when planning.
    Unsupported,
    /// A bug in this program or in a driver.
    Internal,
}

impl ErrorKind {
    /// Whether trying the same thing again, later, can succeed without anybody's help.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Unavailable | Self::Interrupted)
    }

    /// The name used in logs and in machine-readable output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
            Self::Interrupted => "interrupted",
            Self::Schema => "schema",
            Self::Value => "value",
            Self::Expired => "expired",
            Self::Diverged => "diverged",
            Self::Replaced => "replaced",
            Self::Unsupported => "unsupported",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What went wrong, where, and what to do about it.
///
/// `Display` prints one line, `place: message; hint`. It never prints the source chain, and whoever builds an error keeps secrets
/// out of all parts.
///
/// ```
/// use sync_core::{Error, ErrorKind};
/// let error = Error::denied("the login may not read it")
///     .at("table audit.logs")
///     .hint("run GRANT SELECT ON audit.logs TO app");
/// assert_eq!(error.kind(), ErrorKind::Denied);
/// assert_eq!(
///     error.to_string(),
///     "table audit.logs: the login may not read it; run GRANT SELECT ON audit.logs TO app"
/// );
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    place: Option<String>,
    hint: Option<String>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

macro_rules! constructors {
    ($($name:ident => $kind:ident),* $(,)?) => {$(
        #[doc = concat!("An error of kind [`ErrorKind::", stringify!($kind), "`].")]
        #[must_use]
        pub fn $name(message: impl Into<String>) -> Self {
            Self::new(ErrorKind::$kind, message)
        }
    )*};
}

impl Error {
    /// An error of the given kind; `message` says what is wrong, in one line.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), place: None, hint: None, source: None }))
    }

    constructors! {
        config => Config, denied => Denied, unavailable => Unavailable, interrupted => Interrupted, schema => Schema,
        value => Value,
        expired => Expired, diverged => Diverged, replaced => Replaced, unsupported => Unsupported, internal => Internal,
    }

    /// Says where it happened: a config key, a table, a file. A place that was already given is kept, as the more exact one.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.0.place.get_or_insert_with(|| place.into());
        self
    }

    /// Says what to do about it. A hint that was already given is kept.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// Keeps the error that caused this one, for `std::error::Error::source`; it is never part of `Display`.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// How to react.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What is wrong, without place and hint.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it happened, if known.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.0.place.as_deref()
    }

    /// What to do about it, if known.
    #[must_use]
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.0.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.0.message)?;
        if let Some(hint) = &self.0.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

/// As `Display`, with the kind: a driver's own error may hold a connection string, so causes are left out here too.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {self})", self.0.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_stay_out_of_both_texts() {
        let error = Error::unavailable("can't connect").caused_by("password=hunter2");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("password=hunter2"));
    }

    #[test]
    fn the_first_place_and_hint_win() {
        let error = Error::config("bad").at("table.users").at("data-sync.toml").hint("a").hint("b");
        assert_eq!(error.to_string(), "table.users: bad; a");
    }

    #[test]
    fn an_error_is_one_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
