//! Cursors as they are shipped in the field, and what the kit says of them.

use std::sync::{Arc, Mutex};

use sync_core::memory::ReadyReader;
use sync_core::{
    Batch, Capabilities, Column, Cursor, DataType, End, Error, Op, ReadRequest, Reader, Result, RowBatch, Scope,
    Source, SourceIdentity, TableId, TableSchema, async_trait,
};
use sync_testkit::{SourceFixture, TestRow, check};

#[derive(Clone, Copy, Debug)]
enum Naive {
    /// Polls by `stamp > last`, page by page.
    GreaterStamp,
    /// Keeps the last stamp in milliseconds.
    Milliseconds,
    /// Stores the greatest stamp of the table when a read begins.
    MovedFirst,
}

#[derive(Clone, Debug)]
struct Field {
    naive: Naive,
    tables: Arc<Mutex<Tables>>,
}

type Tables = Vec<(String, Vec<TestRow>)>;

impl Field {
    fn new(naive: Naive) -> Self {
        Self { naive, tables: Arc::default() }
    }

    /// In the order of stamps, from a cursor on.
    fn rows(&self, table: &str, after: &str) -> Vec<TestRow> {
        let tables = self.tables.lock().unwrap();
        let mut rows = tables.iter().find(|(name, _)| name == table).unwrap().1.clone();
        rows.retain(|row| row.stamp.as_str() > after);
        rows.sort_by(|a, b| (&a.stamp, a.id).cmp(&(&b.stamp, b.id)));
        rows
    }

    fn cursor(&self, last: &TestRow) -> String {
        match self.naive {
            Naive::Milliseconds => last.stamp[..last.stamp.len() - 3].to_owned(),
            _ => last.stamp.clone(),
        }
    }
}

#[async_trait]
impl SourceFixture for Field {
    async fn connect(&self) -> Result<Box<dyn Source>> {
        Ok(Box::new(self.clone()))
    }

    async fn create(&self, table: &str) -> Result<()> {
        self.tables.lock().unwrap().push((table.to_owned(), Vec::new()));
        Ok(())
    }

    async fn put(&self, table: &str, rows: &[TestRow]) -> Result<()> {
        let mut tables = self.tables.lock().unwrap();
        let stored = &mut tables.iter_mut().find(|(name, _)| name == table).unwrap().1;
        stored.retain(|row| rows.iter().all(|new| new.id != row.id));
        stored.extend_from_slice(rows);
        Ok(())
    }
}

#[async_trait]
impl Source for Field {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new()
    }

    async fn identity(&self) -> Result<SourceIdentity> {
        Ok(SourceIdentity::new("field", "as in the field"))
    }

    async fn discover(&self) -> Result<Vec<TableSchema>> {
        let schema = |name: &str| {
            let schema = TableSchema::builder(TableId::unqualified(name)).key(["id"]);
            let schema = schema.column(Column::new("id", DataType::Integer).not_null());
            schema.column(Column::new("stamp", DataType::Timestamp)).column(Column::new("note", DataType::Text)).build()
        };
        self.tables.lock().unwrap().iter().map(|(name, _)| schema(name)).collect()
    }

    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let Scope::Table(table) = &request.scope else { return Err(request.scope.unsupported()) };
        let name = table.schema.id().name();
        if self.tables.lock().unwrap().iter().all(|(known, _)| known != name) {
            return Err(Error::schema("there is no such table"));
        }
        let after = request.after.as_ref().map_or("", Cursor::token);
        let greatest = self.rows(name, "").last().map(|last| self.cursor(last)).unwrap_or_default();
        let mut batches = Vec::new();
        let mut last = after.to_owned();
        loop {
            let page: Vec<_> = self.rows(name, &last).into_iter().take(request.limits.rows).collect();
            // A cursor that falls back behind its own rows gives them for ever; this one stops, as the field does.
            let Some(end) = page.last().map(|row| self.cursor(row)).filter(|end| *end != last) else { break };
            let mut rows = RowBatch::new(Arc::clone(&table.schema));
            for row in &page {
                rows.push_integer(row.id);
                rows.push_text(&row.stamp);
                rows.push_text(&row.note);
                rows.end_row(Op::Upsert)?;
            }
            last = end;
            let watermark = if matches!(self.naive, Naive::MovedFirst) { &greatest } else { &last };
            batches.push(Batch::new(rows).up_to(Cursor::new(watermark.clone())));
        }
        let none = RowBatch::new(Arc::clone(&table.schema));
        batches.push(Batch::new(none).up_to(Cursor::new(last)));
        Ok(Box::new(ReadyReader::new(batches, End::Complete)))
    }
}

/// What the kit says of a cursor.
fn said(naive: Naive, behaviour: &str) -> String {
    check(behaviour, &Field::new(naive)).unwrap_err().to_string()
}

#[test]
fn a_poll_by_greater_stamps_is_named() {
    let said = said(Naive::GreaterStamp, "rows_of_equal_cursor_are_not_lost");
    assert!(said.contains("rows of one stamp, one a batch: 1 rows given, 10 expected; missing"), "{said}");
    assert!(said.contains("mostly broken by: a poll by `stamp > last` alone"), "{said}");
}

#[test]
fn a_cursor_in_milliseconds_is_named() {
    let said = said(Naive::Milliseconds, "every_row_arrives_once");
    assert!(said.contains("copy: 7 rows given, 98 expected; missing [TestRow"), "{said}");
    assert!(said.contains("mostly broken by: a cursor kept in less precision than the stamp has"), "{said}");
}

#[test]
fn a_cursor_that_moves_before_its_rows_is_named() {
    let said = said(Naive::MovedFirst, "a_reader_resumes_after_any_watermark");
    assert!(said.contains("broken off after batch 1, then resumed: 3 rows given, 20 expected; missing"), "{said}");
    assert!(said.contains("mostly broken by: a cursor that moves before its rows are given"), "{said}");
}
