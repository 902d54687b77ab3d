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

    /// How long it may take until a change shows in what the source's pulse tells of a table. Ten seconds, unless it is known better.
    fn counts_within(&self) -> Duration {
        Duration::from_secs(10)
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
