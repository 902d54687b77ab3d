//! What the kit must be able to do with a sink's storage.

use sync_core::memory::OwnedRow;
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

    /// Makes a rule of the reader's own: from now on, the published table refuses rows whose column `note` is this text.
    ///
    /// # Errors
    /// When the rule can't be made.
    fn refuse(&self, replica: &str, note: &str) -> Result<()>;
}
