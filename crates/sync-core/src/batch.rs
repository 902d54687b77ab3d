//! [`RowBatch`]: rows of one table in one arena.

use std::fmt;
use std::sync::Arc;

use crate::{Column, Error, Result, TableSchema, Value};

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
/// Texts share one buffer, bytes another, and a cell points into them: no value has an allocation of its own. Text is checked as UTF-8
/// once, all of a row together.
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
    /// Text of the row under way behind `text`, which is checked when the row ends: many short checks cost more than a long one.
    unchecked: Vec<u8>,
    /// Whether a value among it begins within a character, so that it is not UTF-8 whatever stands before it.
    broken: bool,
    bytes: Vec<u8>,
}

/// Bytes of a value that is checked alone and so copied only once.
const LONG: usize = 4096;

impl RowBatch {
    /// An empty batch of rows of this table.
    #[must_use]
    pub fn new(schema: Arc<TableSchema>) -> Self {
        Self {
            schema,
            cells: Vec::new(),
            ops: Vec::new(),
            text: String::new(),
            unchecked: Vec::new(),
            broken: false,
            bytes: Vec::new(),
        }
    }

    /// An empty batch with room for what `like` holds, for the next of many batches of one size.
    #[must_use]
    pub fn with_capacity_of(like: &Self) -> Self {
        Self {
            schema: Arc::clone(&like.schema),
            cells: Vec::with_capacity(like.cells.len()),
            ops: Vec::with_capacity(like.ops.len()),
            text: String::with_capacity(like.text.len()),
            unchecked: Vec::with_capacity(like.unchecked.capacity()),
            broken: false,
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
        self.unchecked.clear();
        self.broken = false;
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
        if self.unchecked.is_empty() {
            self.push_text_cell(self.text.len(), value.len());
            self.text.push_str(value);
        } else {
            self.push_unchecked(value.as_bytes());
        }
    }

    /// Appends text that is still unchecked: [`RowBatch::end_row`] refuses the row if it is not UTF-8.
    #[inline]
    pub fn push_utf8(&mut self, value: &[u8]) {
        if value.len() >= LONG
            && self.accept_text()
            && let Ok(text) = std::str::from_utf8(value)
        {
            self.push_text(text);
        } else {
            self.broken |= value.first().is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000);
            self.push_unchecked(value);
        }
    }

    /// Appends a text that `write` appends to the batch's own buffer; on an error nothing is appended.
    ///
    /// # Errors
    /// Those of `write`.
    #[inline]
    pub fn push_text_with<E>(&mut self, write: impl FnOnce(&mut TextWriter<'_>) -> Result<(), E>) -> Result<(), E> {
        let start = self.unchecked.len();
        let written = write(&mut TextWriter(&mut self.unchecked));
        match written {
            Ok(()) => self.push_text_cell(self.text.len() + start, self.unchecked.len() - start),
            Err(_) => self.unchecked.truncate(start),
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
    /// The row is given up, with
    /// - [`ErrorKind::Value`](crate::ErrorKind::Value) when a text of it is not UTF-8, which says in which column;
    /// - [`ErrorKind::Internal`](crate::ErrorKind::Internal) when it has more or fewer cells than the table has columns.
    #[inline]
    pub fn end_row(&mut self, op: Op) -> Result<()> {
        let width = self.schema.columns().len();
        let pushed = self.cells.len() - self.ops.len() * width;
        if pushed != width {
            self.give_up_row();
            return Err(Error::internal(format!("a row of {pushed} cells for {width} columns"))
                .at(format!("table {}", self.schema.id())));
        }
        if !self.accept_text() {
            let error = self.not_utf8();
            self.give_up_row();
            return Err(error);
        }
        self.ops.push(op);
        Ok(())
    }

    /// Forgets the cells of the row under way: one of its values could not be read.
    pub fn give_up_row(&mut self) {
        let width = self.schema.columns().len();
        let abandoned = self.cells.split_off(self.ops.len() * width);
        let start = |form| abandoned.iter().find(|cell| cell.form == form).map(|cell| place(cell.payload));
        if let Some(start) = start(Form::Text).filter(|start| *start < self.text.len()) {
            self.text.truncate(start);
        }
        self.unchecked.clear();
        self.broken = false;
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
    fn push_unchecked(&mut self, value: &[u8]) {
        self.push_text_cell(self.text.len() + self.unchecked.len(), value.len());
        self.unchecked.extend_from_slice(value);
    }

    #[inline]
    fn push_text_cell(&mut self, start: usize, length: usize) {
        self.cells.push(Cell { form: Form::Text, length: length_of(length), payload: start as u64 });
    }

    /// Takes the unchecked text in, if all of it is UTF-8, and no character reaches from one value into the next.
    #[inline]
    fn accept_text(&mut self) -> bool {
        match std::str::from_utf8(&self.unchecked) {
            Ok(text) if !self.broken => {
                self.text.push_str(text);
                self.unchecked.clear();
                true
            }
            _ => false,
        }
    }

    /// The first value of the row that is not what it should be.
    #[cold]
    fn not_utf8(&self) -> Error {
        let row = &self.cells[self.ops.len() * self.schema.columns().len()..];
        let fault = |(cell, column): (&Cell, &Column)| {
            let start = place(cell.payload).checked_sub(self.text.len()).filter(|_| cell.form == Form::Text)?;
            let error = std::str::from_utf8(self.unchecked.get(start..start + cell.length as usize)?).err()?;
            Some((column.name.clone(), column.native_type.clone(), error.valid_up_to()))
        };
        let (name, native, at) = row.iter().zip(self.schema.columns()).find_map(fault).unwrap_or_default();
        Error::value(format!("column {name:?} of type {native}: not UTF-8 at byte {at}"))
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

/// The end of a batch's text, for [`RowBatch::push_text_with`]. It can only be appended to.
#[derive(Debug)]
pub struct TextWriter<'a>(&'a mut Vec<u8>);

impl TextWriter<'_> {
    /// Appends text.
    #[inline]
    pub fn push_str(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Appends one character.
    #[inline]
    pub fn push(&mut self, character: char) {
        self.push_str(character.encode_utf8(&mut [0; 4]));
    }
}

impl fmt::Write for TextWriter<'_> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
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
    use crate::{DataType, ErrorKind, TableId};

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
            rows.push_utf8(text.as_bytes());
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

    /// A batch of two texts in a row.
    fn texts() -> RowBatch {
        let table = TableSchema::builder(TableId::new("public", "t"));
        let table = table.column(Column::new("a", DataType::Text)).column(Column::new("b", DataType::Text));
        RowBatch::new(Arc::new(table.build().unwrap()))
    }

    #[test]
    fn a_row_whose_text_is_bad_is_refused_by_the_column_and_leaves_no_trace() {
        let long = [b"x".repeat(LONG).as_slice(), b"\xff"].concat();
        let cases: [(&[u8], &[u8], &str); 5] = [
            (b"ok\xff", b"", "\"a\" of type : not UTF-8 at byte 2"),
            (b"ok", b"\xff", "\"b\" of type : not UTF-8 at byte 0"),
            (b"\xff", b"ok", "\"a\" of type : not UTF-8 at byte 0"),
            // Together they would be the two bytes of one character.
            (b"\xc3", b"\xbc", "\"a\" of type : not UTF-8 at byte 0"),
            ("ü".as_bytes(), &long, "\"b\" of type : not UTF-8 at byte 4096"),
        ];
        for (a, b, message) in cases {
            let mut rows = texts();
            rows.push_utf8(a);
            rows.push_utf8(b);
            let error = rows.end_row(Op::Upsert).unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::Value, format!("column {message}").as_str()));
            assert_eq!((rows.len(), rows.size()), (0, 0));
            rows.push_text("next");
            rows.push_utf8("ünd".as_bytes());
            rows.end_row(Op::Upsert).unwrap();
            assert!(rows.row(0).values().eq([Value::Text("next"), Value::Text("ünd")]));
        }
    }

    #[test]
    fn checked_and_unchecked_texts_of_any_length_stand_beside_each_other() {
        let long = "ü".repeat(LONG);
        let values = ["", "ä", "plain", &long];
        let pushes: [fn(&mut RowBatch, &str); 3] = [
            |rows, text| rows.push_text(text),
            |rows, text| rows.push_utf8(text.as_bytes()),
            |rows, text| rows.push_text_with(|out| fmt::Write::write_str(out, text)).unwrap(),
        ];
        let mut rows = texts();
        let mut expected = Vec::new();
        for (first, second) in values.iter().flat_map(|first| values.iter().map(move |second| (first, second))) {
            for (push, then) in pushes.iter().flat_map(|push| pushes.iter().map(move |then| (push, then))) {
                push(&mut rows, first);
                then(&mut rows, second);
                rows.end_row(Op::Upsert).unwrap();
                expected.push([Value::Text(first), Value::Text(second)]);
            }
        }
        assert_eq!(rows.len(), 144);
        assert!(rows.rows().zip(&expected).all(|(row, expected)| row.values().eq(*expected)));
    }

    #[test]
    fn a_text_that_could_not_be_written_appends_nothing() {
        let mut rows = batch();
        let failed = rows.push_text_with(|text| {
            text.push_str("half");
            text.push('ü');
            Err("stop")
        });
        assert_eq!((failed, rows.size()), (Err("stop"), 0));
        rows.push_integer(1);
        rows.push_text("whole");
        rows.push_bytes(b"");
        rows.end_row(Op::Upsert).unwrap();
        assert_eq!(rows.row(0).get(1), Value::Text("whole"));
    }
}
