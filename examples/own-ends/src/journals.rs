//! The source: journals that the application writes, entry by entry. A later entry of the same id takes the place of an earlier one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sync_core::{
    Batch, BatchLimits, Capabilities, Column, Cursor, DataType, End, Error, Next, Op, ReadRequest, Reader, Result,
    RowBatch, Scope, Source, SourceIdentity, TableId, TableSchema, async_trait,
};

/// What a cursor begins with. A later release that counts otherwise takes another word, and reads anew what this one left.
const VERSION: &str = "v1:";

/// Journals by their names, each a table. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Journals(Arc<Mutex<BTreeMap<String, Vec<Entry>>>>);

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    id: i64,
    stamp: String,
    note: String,
}

impl Entry {
    /// An entry: its key, its date with time in UTC, and some text.
    #[must_use]
    pub fn new(id: i64, stamp: impl Into<String>, note: impl Into<String>) -> Self {
        Self { id, stamp: stamp.into(), note: note.into() }
    }
}

impl Journals {
    /// No journal yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a journal without an entry, unless it is there.
    pub fn begin(&self, journal: &str) {
        self.entries().entry(journal.to_owned()).or_default();
    }

    /// Writes an entry; begins the journal with the first one.
    pub fn write(&self, journal: &str, entry: Entry) {
        self.entries().entry(journal.to_owned()).or_default().push(entry);
    }

    /// An entry is pushed whole, so a panic elsewhere leaves nothing half done.
    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Entry>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Source for Journals {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new()
    }

    async fn identity(&self) -> Result<SourceIdentity> {
        Ok(SourceIdentity::new("journals", "the application's journals"))
    }

    async fn discover(&self) -> Result<Vec<TableSchema>> {
        let table = |name: &String| {
            let columns = TableSchema::builder(TableId::unqualified(name))
                .column(Column::new("id", DataType::Integer).not_null())
                .column(Column::new("stamp", DataType::Timestamp))
                .column(Column::new("note", DataType::Text));
            columns.key(["id"]).build()
        };
        self.entries().keys().map(table).collect()
    }

    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let Scope::Table(table) = &request.scope else { return Err(request.scope.unsupported()) };
        let name = table.schema.id().name();
        let written =
            self.entries().get(name).map(Vec::len).ok_or_else(|| Error::schema("there is no such journal"))?;
        let given = request.after.as_ref().map_or(Ok(0), position)?;
        if given > written {
            return Err(Error::expired("the journal is shorter than it was"));
        }
        let (schema, limits) = (Arc::clone(&table.schema), request.limits);
        Ok(Box::new(JournalReader { journals: self.clone(), schema, limits, given, written, ended: false }))
    }
}

/// How many entries a cursor says were given. One that can't be read is no failure: the journal is copied anew.
fn position(cursor: &Cursor) -> Result<usize> {
    let number = cursor.token().strip_prefix(VERSION).and_then(|number| number.parse().ok());
    number.ok_or_else(|| Error::expired("the cursor is of another version of this source"))
}

/// Gives what had been written when it was opened: what comes meanwhile is for the next one.
struct JournalReader {
    journals: Journals,
    schema: Arc<TableSchema>,
    limits: BatchLimits,
    given: usize,
    written: usize,
    ended: bool,
}

#[async_trait]
impl Reader for JournalReader {
    async fn next(&mut self) -> Result<Next> {
        if self.ended {
            return Ok(Next::End(End::Complete));
        }
        let mut rows = RowBatch::new(Arc::clone(&self.schema));
        let journals = self.journals.entries();
        let entries = journals.get(self.schema.id().name()).and_then(|entries| entries.get(self.given..self.written));
        for entry in entries.unwrap_or_default() {
            if self.limits.reached(&rows) {
                break;
            }
            rows.push_integer(entry.id);
            rows.push_text(&entry.stamp);
            rows.push_text(&entry.note);
            rows.end_row(Op::Upsert)?;
        }
        self.given += rows.len();
        self.ended = self.given == self.written;
        // Each batch ends with a cursor, so a copy that is cut goes on behind the last one. An empty one says that the journal is.
        Ok(Next::Batch(Batch::new(rows).up_to(Cursor::new(format!("{VERSION}{}", self.given)))))
    }
}
