//! What the kit must be able to do with a source's tables.

use std::time::Duration;

use sync_core::{Result, Source, async_trait};

/// A place where a source finds its tables: a database, a folder.
///
/// All test tables look alike: `id`, a whole number of 64 bits and the key; `stamp`, a date with time of microseconds; `note`, a text.
#[async_trait]
pub trait SourceFixture: Sync {
    /// A source that reads from here.
    ///
    /// # Errors
    /// When it can't be made.
    async fn connect(&self) -> Result<Box<dyn Source>>;

    /// Makes an empty table.
    ///
    /// # Errors
    /// When it can't be made.
    async fn create(&self, table: &str) -> Result<()>;

    /// Inserts rows, or replaces those with the same id, in one transaction if the place has such a thing.
    ///
    /// # Errors
    /// When it can't be done.
    async fn put(&self, table: &str, rows: &[TestRow]) -> Result<()>;

    /// Does the same in a transaction that stays open. `None`, as it is without a definition, for a place without such a thing.
    ///
    /// # Errors
    /// When it can't be done.
    async fn begin(&self, table: &str, rows: &[TestRow]) -> Result<Option<Box<dyn OpenTransaction>>> {
        let _ = (table, rows);
        Ok(None)
    }

    /// Conditions in the source's language. A source that announces [`filter`](sync_core::Capabilities::filter) needs them.
    fn conditions(&self) -> Option<Conditions> {
        None
    }

    /// What must never be shown: the passwords with which [`SourceFixture::connect`] connects.
    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }

    /// How long it may take until a change shows in what the source's pulse tells of a table. Ten seconds, unless it is known better.
    fn counts_within(&self) -> Duration {
        Duration::from_secs(10)
    }
}

/// A transaction under way, whose rows nobody sees yet. Dropped without a commit, it never was.
#[async_trait]
pub trait OpenTransaction: Send {
    /// Makes its rows visible.
    ///
    /// # Errors
    /// When it can't be done.
    async fn commit(self: Box<Self>) -> Result<()>;
}

/// Two texts of [`SourceTable::filter`](sync_core::SourceTable::filter) for any test table.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Conditions {
    /// Met by rows whose `id` is greater than 10.
    pub above_ten: String,
    /// No condition at all: it names a column that is not there, or can't be read.
    pub wrong: String,
}

impl Conditions {
    /// A condition that is met by rows whose `id` is greater than 10, and a text that is none.
    #[must_use]
    pub fn new(above_ten: impl Into<String>, wrong: impl Into<String>) -> Self {
        Self { above_ten: above_ten.into(), wrong: wrong.into() }
    }
}

/// A row of a test table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestRow {
    /// The key.
    pub id: i64,
    /// When it changed last: `2024-02-29 13:37:00.000001`, always six digits, in UTC.
    pub stamp: String,
    /// Some text.
    pub note: String,
}

impl TestRow {
    /// A row whose stamp lies so many microseconds after the first moment of 2024; at most a minute.
    #[must_use]
    pub fn new(id: i64, microseconds: u32, note: &str) -> Self {
        let (seconds, fraction) = (microseconds / 1_000_000 % 60, microseconds % 1_000_000);
        Self { id, stamp: format!("2024-01-01 00:00:{seconds:02}.{fraction:06}"), note: note.to_owned() }
    }
}
