//! The kit's promises, and what only files can do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use source_jsonl::JsonlSource;
use sync_core::{Cursor, DataType, Error, ErrorKind, ReadRequest, Result, Scope, Source, SourceTable, async_trait};
use sync_testkit::{SourceFixture, TestRow, source_tests};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, table: &str) -> PathBuf {
        self.0.path().join(format!("{table}.jsonl"))
    }

    fn write(&self, table: &str, text: &str) {
        std::fs::write(self.file(table), text).unwrap();
    }

    fn discover(&self) -> Result<Vec<sync_core::TableSchema>> {
        let source = JsonlSource::open(self.0.path())?;
        ready(source.discover())
    }
}

/// The source never waits, so its futures are ready at once.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(result) => result,
        std::task::Poll::Pending => panic!("the source waits"),
    }
}

#[async_trait]
impl SourceFixture for Folder {
    async fn connect(&self) -> Result<Box<dyn Source>> {
        Ok(Box::new(JsonlSource::open(self.0.path())?))
    }

    async fn create(&self, table: &str) -> Result<()> {
        File::create(self.file(table)).map(drop).map_err(|error| Error::unavailable(error.to_string()))
    }

    async fn put(&self, table: &str, rows: &[TestRow]) -> Result<()> {
        let mut file = OpenOptions::new().append(true).open(self.file(table)).unwrap();
        for row in rows {
            writeln!(file, "{}", json!({"id": row.id, "stamp": row.stamp, "note": row.note})).unwrap();
        }
        Ok(())
    }
}

source_tests!(Folder::new());

#[test]
fn columns_are_the_keys_of_all_lines() {
    let folder = Folder::new();
    folder.write("t", "{\"id\":1,\"a\":true,\"m\":1}\n{\"id\":2,\"b\":1.5,\"m\":\"x\"}\n{\"id\":3,\"half");
    let tables = folder.discover().unwrap();
    let columns: Vec<_> = tables[0].columns().iter().map(|column| (column.name.as_str(), column.data_type)).collect();
    assert_eq!(
        columns,
        [("a", DataType::Boolean), ("b", DataType::Real), ("id", DataType::Integer), ("m", DataType::Json)]
    );
}

#[test]
fn a_line_without_id_leaves_the_table_without_key() {
    let folder = Folder::new();
    folder.write("t", "{\"id\":1}\n{\"a\":2}\n");
    assert!(folder.discover().unwrap()[0].key().is_empty());
}

#[test]
fn a_broken_line_is_named_by_its_place() {
    let folder = Folder::new();
    folder.write("t", "{\"id\":1}\nnot json\n");
    let error = folder.discover().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
    assert!(error.message().starts_with("no JSON object at byte 9"), "{error}");
}

#[test]
fn a_cursor_of_another_version_has_expired() {
    let folder = Folder::new();
    folder.write("t", "{\"id\":1}\n");
    let source = JsonlSource::open(folder.0.path()).unwrap();
    let table = Arc::new(SourceTable::new(Arc::new(folder.discover().unwrap().remove(0))));
    for token in ["v2:0", "0", "v1:", ""] {
        let request = ReadRequest::new(Scope::Table(table.clone()), Some(Cursor::new(token)));
        let error = ready(source.read(request)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Expired, "{token:?}");
        assert_eq!(error.to_string(), "its stored cursor is of another release or source; it is copied again");
    }
}

#[test]
fn a_folder_that_is_missing_is_a_config_error() {
    let error = JsonlSource::open("/no/such/folder").unwrap_err();
    assert_eq!(error.to_string(), "url: /no/such/folder is no folder; write jsonl:///path/of/folder");
}
