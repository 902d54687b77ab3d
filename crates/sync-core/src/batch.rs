//! [`RowBatch`]: rows of one table in one arena.

use std::fmt;
use std::sync::Arc;

use crate::{Error, Result, TableSchema, Value};

/// What a row of a batch does to the replica.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Insert the row, or update the one with its key.
    Upsert,
    /// Delete the row with this key: a tombstone, of which only the key's cells count.
    Delete,
}

/// Where a cell's text or bytes lie, or the number itself. Sixteen bytes, so that four share a cache line.
#[derive(Clone, Copy, Debug)]
struct Cell {
    form: Form,
    length: u32,
    payload: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Null,
    Integer,
    Real,
    Text,
    Bytes,
}

/// Rows of one table, each an upsert or a delete.
///
/// Texts share one buffer, bytes another, and a cell points into them: one copy per value and no allocation of its own. Text is
/// checked as UTF-8 once, when it is pushed.
///
/// ```
/// # use std::sync::Arc;
/// use sync_core::{Column, DataType, Op, RowBatch, TableId, TableSchema, Value};
/// # let users = Arc::new(TableSchema::builder(TableId::new("public", "users"))
/// #     .column(Column::new("id", DataType::Integer)).column(Column::new("name", DataType::Text)).key(["id"]).build()?);
/// let mut rows = RowBatch::new(users);
/// rows.push_integer(1);
/// rows.push_text("Ada");
/// rows.end_row(Op::Upsert)?;
///
/// let row = rows.row(0);
/// assert_eq!(row.op(), Op::Upsert);
/// assert_eq!(row.get(1), Value::Text("Ada"));
/// # Ok::<(), sync_core::Error>(())
/// ```
#[derive(Clone)]
pub struct RowBatch {
    schema: Arc<TableSchema>,
    cells: Vec<Cell>,
    ops: Vec<Op>,
    text: String,
    bytes: Vec<u8>,
}

impl RowBatch {
    /// An empty batch of rows of this table.
    #[must_use]
    pub fn new(schema: Arc<TableSchema>) -> Self {
        Self { schema, cells: Vec::new(), ops: Vec::new(), text: String::new(), bytes: Vec::new() }
    }

    /// An empty batch with room for what `like` holds, for the next of many batches of one size.
    #[must_use]
    pub fn with_capacity_of(like: &Self) -> Self {
        Self {
            schema: Arc::clone(&like.schema),
            cells: Vec::with_capacity(like.cells.len()),
            ops: Vec::with_capacity(like.ops.len()),
            text: String::with_capacity(like.text.len()),
            bytes: Vec::with_capacity(like.bytes.len()),
        }
    }

    /// The table whose rows these are.
    #[must_use]
    pub fn schema(&self) -> &Arc<TableSchema> {
        &self.schema
    }

    /// Complete rows.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Whether there is no complete row.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Bytes of memory that the rows take.
    #[inline]
    #[must_use]
    pub fn size(&self) -> usize {
        self.cells.len() * size_of::<Cell>() + self.ops.len() + self.text.len() + self.bytes.len()
    }

    /// Removes all rows and keeps the memory.
    pub fn clear(&mut self) {
        self.cells.clear();
        self.ops.clear();
        self.text.clear();
        self.bytes.clear();
    }

    /// Appends a NULL to the row under way.
    #[inline]
    pub fn push_null(&mut self) {
        self.cells.push(Cell { form: Form::Null, length: 0, payload: 0 });
    }

    /// Appends a whole number to the row under way.
    #[inline]
    pub fn push_integer(&mut self, value: i64) {
        self.cells.push(Cell { form: Form::Integer, length: 0, payload: value.cast_unsigned() });
    }

    /// Appends a floating-point number to the row under way.
    #[inline]
    pub fn push_real(&mut self, value: f64) {
        self.cells.push(Cell { form: Form::Real, length: 0, payload: value.to_bits() });
    }

    /// Appends text to the row under way.
    #[inline]
    pub fn push_text(&mut self, value: &str) {
        let start = self.text.len();
        self.text.push_str(value);
        self.push_text_from(start);
    }

    /// Appends text that is still unchecked.
    ///
    /// # Errors
    /// [`ErrorKind::Value`](crate::ErrorKind::Value) when it is not UTF-8; nothing is appended then.
    #[inline]
    pub fn push_utf8(&mut self, value: &[u8]) -> Result<()> {
        match std::str::from_utf8(value) {
            Ok(text) => {
                self.push_text(text);
                Ok(())
            }
            Err(error) => Err(Error::value(format!("not UTF-8 at byte {}", error.valid_up_to()))),
        }
    }

    /// Appends a text that `write` appends to the batch's own buffer; on an error nothing is appended.
    ///
    /// # Errors
    /// Those of `write`.
    #[inline]
    pub fn push_text_with<E>(&mut self, write: impl FnOnce(&mut TextWriter<'_>) -> Result<(), E>) -> Result<(), E> {
        let start = self.text.len();
        let written = write(&mut TextWriter(&mut self.text));
        match written {
            Ok(()) => self.push_text_from(start),
            Err(_) => self.text.truncate(start),
        }
        written
    }

    /// Appends bytes to the row under way.
    #[inline]
    pub fn push_bytes(&mut self, value: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.cells.push(Cell { form: Form::Bytes, length: length_of(value.len()), payload: start as u64 });
    }

    /// Appends any value to the row under way.
    #[inline]
    pub fn push(&mut self, value: Value<'_>) {
        match value {
            Value::Null => self.push_null(),
            Value::Integer(value) => self.push_integer(value),
            Value::Real(value) => self.push_real(value),
            Value::Text(value) => self.push_text(value),
            Value::Bytes(value) => self.push_bytes(value),
        }
    }

    /// Ends the row under way.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) when it has more or fewer cells than the table has columns; the row is
    /// given up then.
    #[inline]
    pub fn end_row(&mut self, op: Op) -> Result<()> {
        let width = self.schema.columns().len();
        let pushed = self.cells.len() - self.ops.len() * width;
        if pushed != width {
            self.give_up_row();
            return Err(Error::internal(format!("a row of {pushed} cells for {width} columns"))
                .at(format!("table {}", self.schema.id())));
        }
        self.ops.push(op);
        Ok(())
    }

    /// Forgets the cells of the row under way: one of its values could not be read.
    pub fn give_up_row(&mut self) {
        let width = self.schema.columns().len();
        let abandoned = self.cells.split_off(self.ops.len() * width);
        let start = |form| abandoned.iter().find(|cell| cell.form == form).map(|cell| place(cell.payload));
        if let Some(start) = start(Form::Text) {
            self.text.truncate(start);
        }
        if let Some(start) = start(Form::Bytes) {
            self.bytes.truncate(start);
        }
    }

    /// Appends a row of another batch of the same table, or of one of the same width.
    ///
    /// # Errors
    /// As [`RowBatch::end_row`].
    pub fn push_row(&mut self, row: Row<'_>) -> Result<()> {
        for value in row.values() {
            self.push(value);
        }
        self.end_row(row.op())
    }

    /// Appends the key of a row, as a delete row.
    ///
    /// # Errors
    /// As [`RowBatch::end_row`].
    pub fn push_key_of(&mut self, row: Row<'_>) -> Result<()> {
        for column in 0..self.schema.columns().len() {
            self.push(if self.schema.key().contains(&column) { row.get(column) } else { Value::Null });
        }
        self.end_row(Op::Delete)
    }

    /// One row.
    ///
    /// # Panics
    /// When `index` is not below [`RowBatch::len`].
    #[inline]
    #[must_use]
    pub fn row(&self, index: usize) -> Row<'_> {
        let width = self.schema.columns().len();
        Row { batch: self, op: self.ops[index], cells: &self.cells[index * width..(index + 1) * width] }
    }

    /// All complete rows, in order.
    #[inline]
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> + DoubleEndedIterator + Clone {
        (0..self.len()).map(|index| self.row(index))
    }

    #[inline]
    fn push_text_from(&mut self, start: usize) {
        self.cells.push(Cell { form: Form::Text, length: length_of(self.text.len() - start), payload: start as u64 });
    }

    #[inline]
    fn value(&self, cell: Cell) -> Value<'_> {
        let range = || place(cell.payload)..place(cell.payload) + cell.length as usize;
        match cell.form {
            Form::Null => Value::Null,
            Form::Integer => Value::Integer(cell.payload.cast_signed()),
            Form::Real => Value::Real(f64::from_bits(cell.payload)),
            Form::Text => Value::Text(&self.text[range()]),
            Form::Bytes => Value::Bytes(&self.bytes[range()]),
        }
    }
}

/// A single value of 4 GiB or more can't reach a batch: no server sends one.
#[inline]
fn length_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Offsets were lengths of buffers in memory, so they fit `usize`.
#[inline]
fn place(payload: u64) -> usize {
    usize::try_from(payload).unwrap_or(usize::MAX)
}

/// Shows the rows; for tests and logs of development.
impl fmt::Debug for RowBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowBatch of {} ", self.schema.id())?;
        f.debug_list().entries(self.rows()).finish()
    }
}

/// The end of a batch's text buffer, for [`RowBatch::push_text_with`]. It can only be appended to.
#[derive(Debug)]
pub struct TextWriter<'a>(&'a mut String);

impl TextWriter<'_> {
    /// Appends text.
    #[inline]
    pub fn push_str(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// Appends one character.
    #[inline]
    pub fn push(&mut self, character: char) {
        self.0.push(character);
    }
}

impl fmt::Write for TextWriter<'_> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        Ok(())
    }
}

/// One row of a [`RowBatch`].
#[derive(Clone, Copy)]
pub struct Row<'a> {
    batch: &'a RowBatch,
    op: Op,
    cells: &'a [Cell],
}

impl<'a> Row<'a> {
    /// The table whose row it is.
    #[must_use]
    pub fn schema(&self) -> &'a Arc<TableSchema> {
        &self.batch.schema
    }

    /// What the row does.
    #[inline]
    #[must_use]
    pub fn op(&self) -> Op {
        self.op
    }

    /// The cell of one column.
    ///
    /// # Panics
    /// When the table has no such column.
    #[inline]
    #[must_use]
    pub fn get(&self, column: usize) -> Value<'a> {
        self.batch.value(self.cells[column])
    }

    /// All cells, in the order of the columns.
    #[inline]
    pub fn values(&self) -> impl ExactSizeIterator<Item = Value<'a>> + use<'a> {
        let batch = self.batch;
        self.cells.iter().map(move |cell| batch.value(*cell))
    }

    /// The cells of the key, in key order.
    pub fn key(&self) -> impl ExactSizeIterator<Item = Value<'a>> + use<'a> {
        let row = *self;
        self.batch.schema.key().iter().map(move |column| row.get(*column))
    }
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ", self.op)?;
        f.debug_list().entries(self.values()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, DataType, ErrorKind, TableId};

    fn batch() -> RowBatch {
        let schema = TableSchema::builder(TableId::new("public", "t"))
            .column(Column::new("id", DataType::Integer))
            .column(Column::new("text", DataType::Text))
            .column(Column::new("bytes", DataType::Bytes))
            .key(["id"])
            .build()
            .unwrap();
        RowBatch::new(Arc::new(schema))
    }

    #[test]
    fn a_cell_is_sixteen_bytes() {
        assert_eq!(size_of::<Cell>(), 16);
    }

    #[test]
    fn values_come_back_as_pushed() {
        let mut rows = batch();
        for (id, text, bytes) in [(i64::MIN, "", b"\0".as_slice()), (i64::MAX, "Ünïcødé ✓", b"")] {
            rows.push_integer(id);
            rows.push_utf8(text.as_bytes()).unwrap();
            rows.push_bytes(bytes);
            rows.end_row(Op::Upsert).unwrap();
            let row = rows.row(rows.len() - 1);
            let expected = [Value::Integer(id), Value::Text(text), Value::Bytes(bytes)];
            assert!(row.values().eq(expected));
            assert!(row.key().eq([Value::Integer(id)]));
        }
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn a_row_of_wrong_width_is_refused_and_leaves_no_trace() {
        let mut rows = batch();
        rows.push_integer(1);
        rows.push_text("lost");
        assert_eq!(rows.end_row(Op::Upsert).unwrap_err().kind(), ErrorKind::Internal);
        assert_eq!((rows.len(), rows.size()), (0, 0));
    }

    #[test]
    fn a_given_up_row_takes_its_text_and_bytes_along() {
        let mut rows = batch();
        rows.push(Value::Null);
        rows.push_text("kept");
        rows.push_bytes(b"kept");
        rows.end_row(Op::Delete).unwrap();
        let size = rows.size();
        rows.push_integer(2);
        rows.push_text("lost");
        rows.push_bytes(b"lost");
        rows.give_up_row();
        assert_eq!(rows.size(), size);
        assert_eq!(rows.row(0).get(1), Value::Text("kept"));
        assert_eq!(rows.row(0).op(), Op::Delete);
    }

    #[test]
    fn bad_text_is_a_value_error_and_appends_nothing() {
        let mut rows = batch();
        let error = rows.push_utf8(b"ok\xff").unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Value, "not UTF-8 at byte 2"));
        let failed = rows.push_text_with(|text| {
            text.push_str("half");
            Err("stop")
        });
        assert_eq!((failed, rows.size()), (Err("stop"), 0));
    }
}
