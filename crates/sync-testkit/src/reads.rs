//! Reads of a real source, for tests that look at what it gives: each step ends in time or fails the test, and cells are texts that
//! are quick to compare.

#![expect(clippy::panic, clippy::expect_used, reason = "whoever calls this is a test, and fails by it")]

use std::sync::Arc;
use std::time::Duration;

use sync_core::{
    Batch, BatchLimits, Cursor, End, Error, Next, ReadRequest, Reader, Scope, Source, SourceTable, TableSchema, Value,
};

/// No step of a read takes longer, whatever the load.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a read gave, to its end.
#[derive(Debug)]
pub struct Given {
    /// In the order in which they came.
    pub batches: Vec<Batch>,
    /// What was true then.
    pub end: End,
}

impl Given {
    /// All rows, each cell as [`text`] has it.
    pub fn rows(&self) -> Vec<Vec<String>> {
        self.batches.iter().flat_map(rows).collect()
    }

    /// The cells of one column.
    pub fn column(&self, index: usize) -> Vec<String> {
        self.rows().into_iter().map(|row| row[index].clone()).collect()
    }

    /// The last watermark, which must be there.
    pub fn watermark(&self) -> Cursor {
        self.batches.iter().rev().find_map(|batch| batch.watermark.clone()).expect("a watermark")
    }
}

/// A request whose batches hold so many rows at most, of any size.
pub fn request(scope: Scope, after: Option<&Cursor>, rows: usize) -> ReadRequest {
    ReadRequest::new(scope, after.cloned()).limits(BatchLimits::new(rows, usize::MAX))
}

/// Starts a read.
///
/// # Errors
/// Those of the source.
pub async fn start(source: &dyn Source, request: ReadRequest) -> Result<Box<dyn Reader>, Error> {
    tokio::time::timeout(PATIENCE, source.read(request)).await.expect("the read did not start in time")
}

/// Reads to the end.
///
/// # Errors
/// Those of the source and of its reader.
pub async fn read(source: &dyn Source, request: ReadRequest) -> Result<Given, Error> {
    let mut reader = start(source, request).await?;
    let mut batches = Vec::new();
    loop {
        match next(reader.as_mut()).await? {
            Next::Batch(batch) => batches.push(batch),
            Next::End(end) => return Ok(Given { batches, end }),
            other => panic!("{other:?}"),
        }
    }
}

/// What a reader gives next.
///
/// # Errors
/// Those of the reader.
pub async fn next(reader: &mut dyn Reader) -> Result<Next, Error> {
    tokio::time::timeout(PATIENCE, reader.next()).await.expect("the reader did not answer in time")
}

/// Likewise, of a reader that must give a batch.
pub async fn next_batch(reader: &mut dyn Reader) -> Batch {
    match next(reader).await {
        Ok(Next::Batch(batch)) => batch,
        other => panic!("{other:?}"),
    }
}

/// A table with these cursor columns, which it must have.
pub fn table(schema: TableSchema, timestamp: Option<&str>, id: Option<&str>) -> Arc<SourceTable> {
    let position = |column: &str| schema.position(column).expect("the table has its cursor columns");
    let (timestamp, id) = (timestamp.map(position), id.map(position));
    Arc::new(SourceTable::new(Arc::new(schema)).cursor_columns(timestamp, id))
}

/// The rows of a batch, each cell as [`text`] has it.
pub fn rows(batch: &Batch) -> Vec<Vec<String>> {
    batch.rows.rows().map(|row| row.values().map(text).collect()).collect()
}

/// A cell as text: NULL as `∅`, bytes as hexadecimal digits.
pub fn text(value: Value<'_>) -> String {
    match value {
        Value::Null => "∅".to_owned(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => format!("{value:?}"),
        Value::Text(value) => value.to_owned(),
        Value::Bytes(value) => value.iter().map(|byte| format!("{byte:02x}")).collect(),
        other => panic!("{other:?}"),
    }
}

/// Numbers as the texts of cells.
pub fn numbers(range: impl IntoIterator<Item = i64>) -> Vec<String> {
    range.into_iter().map(|number| number.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryFixture, SourceFixture, TestRow};

    #[test]
    fn a_read_is_had_as_texts_to_its_end() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(async {
            let place = MemoryFixture::new();
            let source = place.connect().await.expect("a source");
            place.create("t").await.expect("a table");
            place.put("t", &[1, 2, 3].map(|id| TestRow::new(id, 0, "x"))).await.expect("rows");
            let schema = source.discover().await.expect("tables").remove(0);
            let table = table(schema, Some("stamp"), Some("id"));
            let scope = || Scope::Table(Arc::clone(&table));
            let given = read(source.as_ref(), request(scope(), None, 2)).await.expect("a read");
            assert_eq!(given.column(0), numbers(1..=3));
            assert!(given.batches.iter().all(|batch| batch.rows.len() <= 2), "{given:?}");
            let again = read(source.as_ref(), request(scope(), Some(&given.watermark()), 2)).await.expect("a read");
            assert!(again.rows().is_empty(), "{again:?}");
            let mut reader = start(source.as_ref(), request(scope(), None, 1)).await.expect("a reader");
            assert_eq!(rows(&next_batch(reader.as_mut()).await)[0][0], "1");
        });
        assert_eq!(text(Value::Bytes(&[0, 255])), "00ff");
        assert_eq!(text(Value::Null), "∅");
    }
}
