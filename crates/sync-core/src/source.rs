//! What a source must be able to do: name its tables and read them from a cursor on.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{Activity, Error, FailedRow, Pulse, Result, RowBatch, StreamId, Survey, TableId, TableSchema};

/// A database, service or folder whose tables can be kept in a replica.
///
/// The crate's front page shows a complete one.
#[async_trait]
pub trait Source: Debug + Send + Sync + 'static {
    /// What this source can do beyond copying and polling a table. Only what changes the plan is asked.
    fn capabilities(&self) -> Capabilities;

    /// Which server and database this is, so that a replaced one is noticed.
    ///
    /// # Errors
    /// When the server can't be reached or does not tell.
    async fn identity(&self) -> Result<SourceIdentity>;

    /// All tables that this login can see, including those it may not read ([`TableSchema::unreadable`]).
    ///
    /// # Errors
    /// When the server can't be reached or its catalog can't be read.
    async fn discover(&self) -> Result<Vec<TableSchema>>;

    /// Which server this is, and what can be told of all tables for the price of one question. Asked before every round of reads, so
    /// it must stay cheap however many tables there are.
    ///
    /// A source that can tell no more than its identity leaves this as it is: it is asked to [`discover`](Source::discover) each time then.
    ///
    /// # Errors
    /// As [`Source::identity`].
    async fn pulse(&self) -> Result<Pulse> {
        self.identity().await.map(Pulse::new)
    }

    /// Tries what somebody configured in the source's own language, [`SourceTable::filter`], alone and without effect, before anything
    /// is read by it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when it is no condition on this table.
    async fn try_out(&self, table: &SourceTable) -> Result<()> {
        let _ = table;
        Ok(())
    }

    /// The server's time of day, in milliseconds since 1970, for telling an operator how far it is off. Nothing is decided by it.
    ///
    /// # Errors
    /// When the server can't be reached or does not tell.
    async fn clock(&self) -> Result<Option<i64>> {
        Ok(None)
    }

    /// What an operator wants to know of the server, and of these columns, each of a table. Asked by people, not before every run.
    ///
    /// # Errors
    /// When the server can't be reached or does not tell.
    async fn survey(&self, columns: &[(TableId, String)]) -> Result<Survey> {
        let _ = columns;
        Ok(Survey::new())
    }

    /// Starts to read. The reader owns what it needs, so several can be open side by side.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for a scope that [`Source::capabilities`] does not announce,
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) when the table is no longer as planned,
    /// [`ErrorKind::Expired`](crate::ErrorKind::Expired) when `after` can't be continued, and whatever the server says.
    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>>;

    /// Tells that everything up to `cursor` is stored for good. Only sources that hold something until then need it.
    ///
    /// # Errors
    /// When the server could not be told; it will be told again after the next commit.
    async fn committed(&self, stream: &StreamId, cursor: &Cursor) -> Result<()> {
        let _ = (stream, cursor);
        Ok(())
    }
}

/// One read under way. Dropping it ends the work on the server too.
#[async_trait]
pub trait Reader: Send {
    /// The next rows, or the end. Not called again after [`Next::End`] or an error.
    ///
    /// A reader that can't go on must return an error: only [`Next::End`] says that everything was given.
    ///
    /// # Errors
    /// When reading failed; what was given up to the last watermark stays valid.
    async fn next(&mut self) -> Result<Next>;
}

/// What a [`Reader`] gives.
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "one is moved for a thousand rows, and the end once")]
#[derive(Debug)]
pub enum Next {
    /// Some rows.
    Batch(Batch),
    /// There is nothing more.
    End(End),
}

/// What is true when a reader has given everything.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The rows given since the request's cursor make the replica complete as of the last watermark.
    Complete,
    /// As `Complete` once rows that vanished in the meantime are found too: a copy that was resumed under a later snapshot.
    CompleteAfterReconcile,
    /// Nothing was read: the request's [`Activity`] is that under which the cursor was swept.
    Unchanged,
}

/// Rows, and how far they bring a stream.
#[non_exhaustive]
#[derive(Debug)]
pub struct Batch {
    /// The rows; may be empty when only the watermark moves.
    pub rows: RowBatch,
    /// Rows that can't be represented.
    pub failed: Vec<FailedRow>,
    /// The cursor up to which all rows have been given with this batch. All batches since the last watermark form a group: they
    /// are stored together with it or not at all.
    pub watermark: Option<Cursor>,
}

impl Batch {
    /// Rows within a group.
    #[must_use]
    pub fn new(rows: RowBatch) -> Self {
        Self { rows, failed: Vec::new(), watermark: None }
    }

    /// Ends the group: everything up to `cursor` has been given.
    #[must_use]
    pub fn up_to(mut self, cursor: Cursor) -> Self {
        self.watermark = Some(cursor);
        self
    }

    /// Adds rows that can't be represented.
    #[must_use]
    pub fn with_failed(mut self, failed: Vec<FailedRow>) -> Self {
        self.failed = failed;
        self
    }
}

/// An opaque position in a stream, which only the source that made it can read. It is stored with the rows it stands for.
///
/// A source puts a version into the token, so that a later release can tell its own older cursors.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    token: String,
    timestamp_ms: Option<i64>,
    id: Option<String>,
}

impl Cursor {
    /// A position.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self { token: token.into(), timestamp_ms: None, id: None }
    }

    /// Shows people how far in time this is, in milliseconds since 1970 in UTC. Nothing is ever read from there.
    #[must_use]
    pub fn at_timestamp(mut self, milliseconds: Option<i64>) -> Self {
        self.timestamp_ms = milliseconds;
        self
    }

    /// Shows people the id of the last row. Nothing is ever read from there.
    #[must_use]
    pub fn at_id(mut self, id: Option<String>) -> Self {
        self.id = id;
        self
    }

    /// What the source wrote.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// For people: milliseconds since 1970.
    #[must_use]
    pub fn timestamp_ms(&self) -> Option<i64> {
        self.timestamp_ms
    }

    /// For people: the last id.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

/// What to read, from where on, and in pieces of which size.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct ReadRequest {
    /// Which rows.
    pub scope: Scope,
    /// The stored cursor to go on from; `None` starts from nothing. With [`Scope::Keys`] and [`Scope::Rows`] nothing goes on from it: it
    /// only tells which server the replica was made from, so that a source can refuse to read another one.
    pub after: Option<Cursor>,
    /// Bounds of one batch.
    pub limits: BatchLimits,
    /// What the last [`Pulse`] told of the table. Given only where a sweep may be skipped because of it.
    pub activity: Option<Activity>,
    /// What the last [`Pulse`] told of the source as a whole, in its [`quiet`](Pulse::quiet). Given only where a poll may be left out
    /// because of it.
    pub quiet: Option<String>,
}

impl ReadRequest {
    /// A read of `scope` after `after`.
    #[must_use]
    pub fn new(scope: Scope, after: Option<Cursor>) -> Self {
        Self { scope, after, limits: BatchLimits::default(), activity: None, quiet: None }
    }

    /// Allows a sweep to end with [`End::Unchanged`] when the cursor was swept under this very activity.
    #[must_use]
    pub fn activity(mut self, activity: Option<Activity>) -> Self {
        self.activity = activity;
        self
    }

    /// Allows a poll to end at once when everything was read in this very quiet.
    #[must_use]
    pub fn quiet(mut self, quiet: Option<String>) -> Self {
        self.quiet = quiet;
        self
    }

    /// Bounds the batches.
    #[must_use]
    pub fn limits(mut self, limits: BatchLimits) -> Self {
        self.limits = limits;
        self
    }
}

/// Which rows a [`ReadRequest`] asks for.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub enum Scope {
    /// Without a cursor, a copy of the table; with one, the rest of that copy or the rows past it. A table without a key is only ever
    /// copied from its start, in one go.
    Table(Arc<SourceTable>),
    /// Rows that no poll can see: everything that changed since the last sweep and that the cursor does not cover.
    Sweep(Arc<SourceTable>),
    /// All keys of the table, to find rows that vanished. Cells outside the key are NULL. They come in the order of their cells where
    /// [`TableSchema::has_sortable_key`] says that there is one, else in any order.
    Keys(Arc<SourceTable>),
    /// The present state of these rows, found by their key: an upsert for each that exists, a delete for each that does not.
    Rows(Arc<SourceTable>, RowBatch),
    /// The changes of all these tables in the order of their transactions: change capture.
    Changes(Vec<Arc<SourceTable>>),
}

/// A table to be read, and by which columns its changes are found.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceTable {
    /// The table as discovered.
    pub schema: Arc<TableSchema>,
    /// The column that grows with every change, if there is one.
    pub timestamp: Option<usize>,
    /// The column that grows with every insert, if there is one.
    pub id: Option<usize>,
    /// A condition in the source's own language, as somebody configured it. Rows that do not meet it, or of which it is unknown, are not
    /// there for whoever reads: a copy and a list of keys leave them out; a poll, a sweep and a read by key give a delete for each.
    pub filter: Option<String>,
    /// Whether it is read without the rows of tables that inherit from it; its schema is that of
    /// [`TableSchema::without_children`] then.
    pub alone: bool,
}

impl SourceTable {
    /// A table that is read by its key alone.
    #[must_use]
    pub fn new(schema: Arc<TableSchema>) -> Self {
        Self { schema, timestamp: None, id: None, filter: None, alone: false }
    }

    /// Sets the columns by which changes are found, as positions.
    #[must_use]
    pub fn cursor_columns(mut self, timestamp: Option<usize>, id: Option<usize>) -> Self {
        self.timestamp = timestamp;
        self.id = id;
        self
    }

    /// Keeps only rows that meet this condition.
    #[must_use]
    pub fn filter(mut self, filter: Option<String>) -> Self {
        self.filter = filter;
        self
    }

    /// Leaves out the rows of tables that inherit from it.
    #[must_use]
    pub fn alone(mut self, alone: bool) -> Self {
        self.alone = alone;
        self
    }

    /// The columns to poll by, as positions: the timestamp, else the id; then the key, which tells rows of equal cursor apart.
    /// Empty where changes can't be found by a cursor.
    #[must_use]
    pub fn keyset(&self) -> Vec<usize> {
        let Some(first) = self.timestamp.or(self.id) else { return Vec::new() };
        let ties = self.schema.key().iter().copied().filter(|column| *column != first);
        // A unique first column needs no tie-break.
        if self.schema.key() == [first] { vec![first] } else { std::iter::once(first).chain(ties).collect() }
    }
}

/// The size of one batch: whichever bound is met first ends it. One row may exceed the bytes.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// Rows at most; at least 1.
    pub rows: usize,
    /// Bytes after which no further row is begun.
    pub bytes: usize,
    /// Bytes that one row may take on its way; a larger one becomes a [`FailedRow`] that says so.
    pub row_bytes: usize,
}

/// Bytes that one row may take unless it is said.
pub const DEFAULT_MAX_ROW_BYTES: usize = 256 << 20;

impl BatchLimits {
    /// Bounds by rows and bytes; zero is taken as one.
    #[must_use]
    pub fn new(rows: usize, bytes: usize) -> Self {
        Self { rows: rows.max(1), bytes: bytes.max(1), row_bytes: DEFAULT_MAX_ROW_BYTES }
    }

    /// Bounds the bytes of one row.
    #[must_use]
    pub fn row_bytes(mut self, bytes: usize) -> Self {
        self.row_bytes = bytes.max(1);
        self
    }

    /// Why a row of so many bytes is kept aside, if it is.
    #[must_use]
    pub fn refusal(&self, row_bytes: usize) -> Option<String> {
        let most = self.row_bytes;
        (row_bytes > most).then(|| format!("the row has {row_bytes} bytes and max_row_bytes is {most}; raise it"))
    }

    /// Whether a batch of this size is full.
    #[inline]
    #[must_use]
    pub fn reached(&self, rows: &RowBatch) -> bool {
        rows.len() >= self.rows || rows.size() >= self.bytes
    }
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self::new(1000, 512 << 10)
    }
}

/// What a source can do beyond [`Scope::Table`].
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The schema whose name is left out of replica names: `public`, or the connected database.
    pub default_schema: Option<String>,
    /// [`Scope::Sweep`].
    pub sweep: bool,
    /// [`Scope::Keys`] and [`Scope::Rows`]: vanished rows can be found.
    pub reconcile: bool,
    /// [`Scope::Changes`].
    pub changes: bool,
    /// [`SourceTable::filter`].
    pub filter: bool,
}

impl Capabilities {
    /// A source that copies and polls.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the schema that is left out of replica names.
    #[must_use]
    pub fn default_schema(mut self, schema: impl Into<String>) -> Self {
        self.default_schema = Some(schema.into());
        self
    }

    /// Announces [`Scope::Sweep`].
    #[must_use]
    pub fn sweep(mut self) -> Self {
        self.sweep = true;
        self
    }

    /// Announces [`Scope::Keys`] and [`Scope::Rows`].
    #[must_use]
    pub fn reconcile(mut self) -> Self {
        self.reconcile = true;
        self
    }

    /// Announces [`SourceTable::filter`].
    #[must_use]
    pub fn filter(mut self) -> Self {
        self.filter = true;
        self
    }

    /// Announces [`Scope::Changes`].
    #[must_use]
    pub fn changes(mut self) -> Self {
        self.changes = true;
        self
    }
}

/// Which server and database a source is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceIdentity {
    id: String,
    description: String,
}

impl SourceIdentity {
    /// `id` is equal exactly when it is the same data: a server's own identifier with the database's. `description` is for people:
    /// `PostgreSQL 15.18, database shop`.
    #[must_use]
    pub fn new(id: impl Into<String>, description: impl Into<String>) -> Self {
        Self { id: id.into(), description: description.into() }
    }

    /// What is compared.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is shown.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }
}

impl Scope {
    /// The error for a scope that a source does not serve.
    #[must_use]
    pub fn unsupported(&self) -> Error {
        let name = match self {
            Self::Table(_) => "copying or polling",
            Self::Sweep(_) => "sweeping",
            Self::Keys(_) => "listing keys",
            Self::Rows(..) => "reading rows by key",
            Self::Changes(_) => "change capture",
        };
        Error::unsupported(format!("this source does not offer {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_source_does_not_serve_is_named() {
        let error = Scope::Changes(Vec::new()).unsupported().to_string();
        assert_eq!(error, "this source does not offer change capture");
    }
}
