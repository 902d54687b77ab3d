//! What the kit must be able to do with a sink's storage.

use sync_core::memory::{MemorySink, OwnedRow};
use sync_core::{Result, Sink};

/// A place where a sink stores: a file, a database.
pub trait SinkFixture {
    /// A sink that stores here. At most one is open at a time; a second call finds what the first one stored.
    ///
    /// # Errors
    /// When it can't be opened.
    fn open(&self) -> Result<Box<dyn Sink>>;

    /// What a reader sees of a table, by its id, all cells in the order of the columns; `None` where there is no such table. Read by
    /// other means than the sink's own, where there are any.
    ///
    /// # Errors
    /// When it can't be read.
    fn read(&self, replica: &str) -> Result<Option<Vec<OwnedRow>>>;
}

/// A [`MemorySink`].
#[derive(Clone, Debug, Default)]
pub struct MemorySinkFixture(MemorySink);

impl MemorySinkFixture {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl SinkFixture for MemorySinkFixture {
    fn open(&self) -> Result<Box<dyn Sink>> {
        Ok(Box::new(self.0.clone()))
    }

    fn read(&self, replica: &str) -> Result<Option<Vec<OwnedRow>>> {
        Ok(self.0.rows(replica))
    }
}
