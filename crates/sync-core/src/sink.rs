//! What a sink must be able to do: store rows and checkpoints in one transaction.

use std::fmt;
use std::sync::Arc;

use crate::{Cursor, FailedRow, Result, RowBatch, SchemaChange, TableSchema, Upkeep};

/// A replica. Its methods block on purpose: the engine gives it a thread of its own.
pub trait Sink: Send {
    /// The checkpoint stored last for this stream.
    ///
    /// # Errors
    /// When the replica can't be read.
    fn checkpoint(&mut self, stream: &StreamId) -> Result<Option<Checkpoint>>;

    /// Another way into the same replica, for reading beside the writer.
    fn replica(&self) -> Arc<dyn Replica>;

    /// Rows of this table that were kept aside, those first that were tried least recently; at most `limit`.
    ///
    /// # Errors
    /// When the replica can't be read.
    fn failed_rows(&mut self, table: &ReplicaTable, limit: usize) -> Result<Vec<FailedRow>>;

    /// Starts a transaction. There is one at a time.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when somebody else is writing for too long.
    fn begin<'a>(&'a mut self) -> Result<Box<dyn SinkTransaction + 'a>>;

    /// Whether it is staged: what was committed outlasts the program, but neither the machine's going down, which costs all of it at once,
    /// nor can readers see it. A sink may begin so where there is no replica yet, to load it in less time.
    fn is_staged(&self) -> bool {
        false
    }

    /// Ends that: makes all that was committed durable and visible, as every commit is from now on. The engine asks for it when a table
    /// was complete for some seconds, when it is done, and before it reads what it wrote; and tells a source nothing of what is stored
    /// before that.
    ///
    /// # Errors
    /// When it can't be done; it is staged as before then.
    fn unstage(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Everything that is stored together. Dropped without [`commit`](SinkTransaction::commit), it leaves no trace.
pub trait SinkTransaction {
    /// Brings a table of the replica to a new shape.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) when the replica can't hold such a table.
    fn apply_schema(&mut self, table: &ReplicaTable, change: &SchemaChange) -> Result<()>;

    /// Stores rows in the build table or in the published one. Rows that are already there as given are left alone. A table without a
    /// key takes every row as one more.
    ///
    /// A row that the replica refuses for what is in it (a rule of the reader's own, a value that no cell can hold) is kept aside like one
    /// given to [`fail`](SinkTransaction::fail), and counted in [`WriteStats::failed`]; the others are stored. Any row that is stored, and
    /// any delete, makes an end of what was kept aside under its key.
    ///
    /// # Errors
    /// When nothing can be stored; the transaction must be dropped then.
    fn write(&mut self, table: &ReplicaTable, state: CopyState, rows: &RowBatch) -> Result<WriteStats>;

    /// Keeps a failed row aside.
    ///
    /// # Errors
    /// When it can't be stored; the transaction must be dropped then, so that the row is not passed over.
    fn fail(&mut self, table: &ReplicaTable, row: &FailedRow) -> Result<()>;

    /// Makes the build table the table that readers see, in place of the one they saw. Rows that it lacks come along from there where
    /// [`ReplicaTable::kept_of_gone`] says so, and the key is still the same: marked as deleted, where a column is there for that.
    ///
    /// # Errors
    /// When there is no build table, or readers' objects stand in its way.
    fn publish(&mut self, table: &ReplicaTable) -> Result<()>;

    /// Stores how a run of a stream ended. An error stays until a later run succeeds.
    ///
    /// # Errors
    /// When it can't be stored.
    fn record(&mut self, stream: &StreamId, run: &RunRecord) -> Result<()>;

    /// Stores the checkpoints, and makes everything durable and visible; of a sink that is [staged](Sink::is_staged), together with
    /// its end.
    ///
    /// # Errors
    /// When it can't be stored; nothing of the transaction remains then.
    fn commit(self: Box<Self>, checkpoints: &[Checkpoint]) -> Result<()>;
}

/// A replica to be read. Each reader has a connection of its own, so the writer is never held up.
pub trait Replica: fmt::Debug + Send + Sync {
    /// All keys of a table, as delete rows whose other cells are NULL, in the order of their cells where
    /// [`TableSchema::has_sortable_key`] says that there is one. Rows marked as deleted are left out.
    ///
    /// # Errors
    /// When the replica can't be read.
    fn keys(&self, table: &ReplicaTable, state: CopyState) -> Result<Box<dyn ReplicaReader>>;

    /// All rows of a table, in the forms of [`Value`](crate::Value) that they were written in, in any order. Rows marked as deleted are
    /// left out.
    ///
    /// # Errors
    /// When the replica can't be read.
    fn rows(&self, table: &ReplicaTable, state: CopyState) -> Result<Box<dyn ReplicaReader>>;

    /// The rows of a published table that have these keys, as far as they are there; in any order.
    ///
    /// # Errors
    /// When the replica can't be read.
    fn rows_of(&self, table: &ReplicaTable, keys: &RowBatch) -> Result<RowBatch>;

    /// The stored checkpoint of a stream, as [`Sink::checkpoint`] tells it.
    ///
    /// # Errors
    /// When the replica can't be read.
    fn checkpoint(&self, stream: &StreamId) -> Result<Option<Checkpoint>>;
}

/// Reads a table of the replica, piece by piece: as of one moment, as far as nobody writes to it meanwhile. No piece keeps the replica
/// from anything while the next one is waited for.
pub trait ReplicaReader: Send {
    /// Fills `rows` with the next rows; leaves it empty at the end.
    ///
    /// # Errors
    /// When the replica can't be read.
    fn next(&mut self, rows: &mut RowBatch) -> Result<()>;
}

/// A table of the replica.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaTable {
    /// Its name in the replica.
    pub name: String,
    /// The table it is a replica of.
    pub schema: Arc<TableSchema>,
    /// A column, of the replica alone, that takes the time at which a row was found to be deleted, in place of deleting it. It is text in
    /// UTC, as a timestamp with a zone is; NULL in a row that is there.
    pub deleted_column: Option<String>,
    /// Where rows stay that the source has no more: the columns, by name, that such a row brings along when another copy takes the place
    /// of the table. Those of the key are among them; any other is NULL then. `None`: no such row stays.
    pub kept_of_gone: Option<Vec<String>>,
}

impl ReplicaTable {
    /// The replica `name` of a table.
    #[must_use]
    pub fn new(name: impl Into<String>, schema: Arc<TableSchema>) -> Self {
        Self { name: name.into(), schema, deleted_column: None, kept_of_gone: None }
    }

    /// Marks deleted rows in this column, in place of deleting them.
    #[must_use]
    pub fn deleted_column(mut self, column: Option<String>) -> Self {
        self.deleted_column = column;
        self
    }

    /// Lets rows stay that the source has no more, with these columns, when another copy takes the place of the table.
    #[must_use]
    pub fn kept_of_gone(mut self, columns: Option<Vec<String>>) -> Self {
        self.kept_of_gone = columns;
        self
    }

    /// The stream that feeds this table alone.
    #[must_use]
    pub fn stream(&self) -> StreamId {
        StreamId::new(&self.name)
    }
}

/// What a checkpoint belongs to: a table's replica name, or a name for the changes of several tables.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(String);

impl StreamId {
    /// A stream of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A watermark that was stored with its rows: where the stream goes on.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// What it belongs to.
    pub stream: StreamId,
    /// Where to go on.
    pub cursor: Cursor,
    /// Whether the table is still being built.
    pub state: CopyState,
    /// What the cursor depends on, as the engine wrote it: a checkpoint under other settings can't be continued.
    pub fingerprint: String,
    /// What the engine remembers beside the cursor.
    pub upkeep: Upkeep,
}

impl Checkpoint {
    /// A checkpoint.
    #[must_use]
    pub fn new(stream: StreamId, cursor: Cursor, state: CopyState, fingerprint: impl Into<String>) -> Self {
        Self { stream, cursor, state, fingerprint: fingerprint.into(), upkeep: Upkeep::default() }
    }

    /// Adds what the engine remembers.
    #[must_use]
    pub fn upkeep(mut self, upkeep: Upkeep) -> Self {
        self.upkeep = upkeep;
        self
    }
}

/// Which of a table's two places rows go to.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CopyState {
    /// The hidden build table, which no reader is meant to see.
    Building,
    /// The published table.
    Live,
}

/// What a write did.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteStats {
    /// Rows inserted, or updated to something else.
    pub changed: u64,
    /// Rows deleted.
    pub deleted: u64,
    /// Rows that were already as given.
    pub unchanged: u64,
    /// Rows that were kept aside.
    pub failed: u64,
}

impl WriteStats {
    /// What a write did.
    #[must_use]
    pub fn new(changed: u64, deleted: u64, unchanged: u64) -> Self {
        Self { changed, deleted, unchanged, failed: 0 }
    }
}

impl std::ops::AddAssign for WriteStats {
    fn add_assign(&mut self, other: Self) {
        self.changed += other.changed;
        self.deleted += other.deleted;
        self.unchanged += other.unchanged;
        self.failed += other.failed;
    }
}

/// How one run of a stream ended.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// When it started, in milliseconds since 1970 in UTC.
    pub started_ms: i64,
    /// When it ended, likewise.
    pub finished_ms: i64,
    /// Rows that the source gave.
    pub rows_read: u64,
    /// What became of them.
    pub written: WriteStats,
    /// Why it ended early; `None` for a success.
    pub error: Option<String>,
}

impl RunRecord {
    /// A run that succeeded without reading a row.
    #[must_use]
    pub fn new(started_ms: i64, finished_ms: i64) -> Self {
        Self { started_ms, finished_ms, rows_read: 0, written: WriteStats::default(), error: None }
    }
}
