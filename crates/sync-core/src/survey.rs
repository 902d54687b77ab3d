//! What a source tells an operator of itself.

/// What is worth a look before tables are synced. Nothing is decided by it.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Whether the connection is encrypted; `None` where that can't be known.
    pub encrypted: Option<bool>,
    /// The server's own time zone, as it names it; `None` where it has none, or does not tell.
    pub time_zone: Option<String>,
    /// For each column that was asked about, in their order, what gives it a new value when its row is updated.
    pub renewals: Vec<Renewal>,
}

/// What gives a column a new value when its row is updated and the statement leaves the column alone.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Renewal {
    /// Its own definition, as MySQL's `ON UPDATE CURRENT_TIMESTAMP`.
    Definition,
    /// A trigger of this name, which speaks of the column.
    Trigger(String),
    /// Nothing that the server knows of: it may be the application's work.
    #[default]
    Unknown,
}

impl Survey {
    /// A survey that tells nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says whether the connection is encrypted.
    #[must_use]
    pub fn encrypted(mut self, encrypted: Option<bool>) -> Self {
        self.encrypted = encrypted;
        self
    }

    /// Names the server's time zone.
    #[must_use]
    pub fn time_zone(mut self, time_zone: Option<String>) -> Self {
        self.time_zone = time_zone;
        self
    }

    /// Says what renews the columns that were asked about.
    #[must_use]
    pub fn renewals(mut self, renewals: Vec<Renewal>) -> Self {
        self.renewals = renewals;
        self
    }
}
