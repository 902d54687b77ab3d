//! Reads complete lines from a place in a file on.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;
use sync_core::{
    Batch, BatchLimits, Cursor, DataType, End, Error, Next, Op, Reader, Result, RowBatch, TableSchema, async_trait,
};

/// What a cursor begins with: a later release that counts otherwise takes another word, and copies anew what this one left.
const VERSION: &str = "v1:";

/// The objects of a file, line by line.
pub(crate) struct Lines {
    path: PathBuf,
    file: BufReader<File>,
    /// The place behind the last complete line.
    pub(crate) offset: u64,
    line: Vec<u8>,
}

impl Lines {
    pub(crate) fn open(path: &Path, offset: u64) -> Result<Self> {
        let failed = |error| unreadable(path, &error);
        let mut file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.len() < offset {
            return Err(Error::expired("the file is shorter than it was").at(path.display().to_string()));
        }
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file: BufReader::new(file), offset, line: Vec::new() })
    }

    /// The next object. A last line without its end is still being written, and left for the next time.
    pub(crate) fn next(&mut self) -> Result<Option<serde_json::Map<String, Json>>> {
        self.line.clear();
        let length = self.file.read_until(b'\n', &mut self.line).map_err(|error| unreadable(&self.path, &error))?;
        if self.line.last() != Some(&b'\n') {
            return Ok(None);
        }
        let object = serde_json::from_slice(&self.line).map_err(|error| {
            Error::value(format!("no JSON object at byte {}: {error}", self.offset)).at(self.path.display().to_string())
        })?;
        self.offset += length as u64;
        Ok(Some(object))
    }
}

pub(crate) struct LineReader {
    lines: Lines,
    schema: Arc<TableSchema>,
    limits: BatchLimits,
    ended: bool,
}

impl LineReader {
    pub(crate) fn open(
        path: &Path,
        schema: &Arc<TableSchema>,
        after: Option<&Cursor>,
        limits: BatchLimits,
    ) -> Result<Self> {
        let offset = after.map_or(Ok(0), place)?;
        Ok(Self { lines: Lines::open(path, offset)?, schema: Arc::clone(schema), limits, ended: false })
    }
}

#[async_trait]
impl Reader for LineReader {
    async fn next(&mut self) -> Result<Next> {
        if self.ended {
            return Ok(Next::End(End::Complete));
        }
        let mut rows = RowBatch::new(Arc::clone(&self.schema));
        while !self.limits.reached(&rows) {
            let Some(object) = self.lines.next()? else {
                self.ended = true;
                break;
            };
            if let Some(strange) = object.keys().find(|key| self.schema.position(key).is_none()) {
                return Err(Error::schema(format!("a line has the new key {strange:?}")));
            }
            for column in self.schema.columns() {
                push(&mut rows, column.data_type, object.get(&column.name).unwrap_or(&Json::Null));
            }
            rows.end_row(Op::Upsert)?;
        }
        // The last batch may be empty: it says that an empty file was read too.
        Ok(Next::Batch(Batch::new(rows).up_to(Cursor::new(format!("{VERSION}{}", self.lines.offset)))))
    }
}

/// The place in the file that a cursor stands for.
fn place(cursor: &Cursor) -> Result<u64> {
    let place = cursor.token().strip_prefix(VERSION).and_then(|place| place.parse().ok());
    place.ok_or_else(|| Error::expired("its stored cursor is of another release or source").hint("it is copied again"))
}

fn push(rows: &mut RowBatch, data_type: DataType, value: &Json) {
    match (data_type, value) {
        (_, Json::Null) => rows.push_null(),
        (DataType::Json | DataType::UnsignedInteger, value) => rows.push_text(&value.to_string()),
        (_, Json::Bool(value)) => rows.push_integer(i64::from(*value)),
        (_, Json::String(text)) => rows.push_text(text),
        (_, value) => match (value.as_i64(), value.as_f64()) {
            (Some(number), _) => rows.push_integer(number),
            (None, Some(number)) => rows.push_real(number),
            (None, None) => rows.push_text(&value.to_string()),
        },
    }
}

pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::unavailable(format!("can't be read: {error}")).at(path.display().to_string())
}
