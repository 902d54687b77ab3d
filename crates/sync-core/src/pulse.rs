//! [`Pulse`]: what a source tells of all its tables at once.

use std::collections::HashMap;

use crate::{SourceIdentity, TableId};

/// A source's short answer: who it is, and by what it can be seen whether anything happened.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// Which server and database it is.
    pub identity: SourceIdentity,
    /// Equal as long as [`Source::discover`](crate::Source::discover) would answer the same. Without it, that is asked each time.
    pub catalog: Option<String>,
    /// Equal as long as nobody wrote anything to the source, whether it was counted or not; `None` while somebody may be about to. Where a
    /// run was asked for, nothing is left out by [`Activity`] alone: servers count late.
    pub quiet: Option<String>,
    /// What is known of single tables.
    pub tables: HashMap<TableId, Activity>,
}

impl Pulse {
    /// A source that tells nothing but who it is.
    #[must_use]
    pub fn new(identity: SourceIdentity) -> Self {
        Self { identity, catalog: None, quiet: None, tables: HashMap::new() }
    }

    /// Says by what a change of the catalog can be seen.
    #[must_use]
    pub fn catalog(mut self, catalog: impl Into<String>) -> Self {
        self.catalog = Some(catalog.into());
        self
    }

    /// Says by what any write can be seen.
    #[must_use]
    pub fn quiet(mut self, quiet: Option<String>) -> Self {
        self.quiet = quiet;
        self
    }

    /// Says what is known of a table.
    #[must_use]
    pub fn table(mut self, table: TableId, activity: Activity) -> Self {
        self.tables.insert(table, activity);
        self
    }
}

/// By what it can be seen whether a table was written to. Tokens are compared, never read; a source gives one only while it can vouch
/// for it, but for changes that the server itself counts late.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Equal as long as no row was inserted, changed or deleted.
    pub writes: String,
    /// Equal as long as no row was deleted; keys may have changed. `None` where that can't be told apart.
    pub deletes: Option<String>,
}

impl Activity {
    /// A table whose writes are told by this token.
    #[must_use]
    pub fn new(writes: impl Into<String>) -> Self {
        Self { writes: writes.into(), deletes: None }
    }

    /// Tells its deletes apart.
    #[must_use]
    pub fn deletes(mut self, deletes: impl Into<String>) -> Self {
        self.deletes = Some(deletes.into());
        self
    }
}
