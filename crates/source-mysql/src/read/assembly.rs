//! Rows on their way from the connection into a batch. Apart from its sibling for the reason that `projection` gives.

use mysql_async::{Row, Value};
use serde_json::Value as Json;
use sync_core::{Batch, BatchLimits, ErrorKind, FailedRow, Result, RowBatch};

use super::projection::Projection;
use crate::cursor::Point;
use crate::decode::Decoder;

/// Collects rows up to the limits, and remembers the place of the last one.
#[derive(Debug)]
pub(super) struct Assembly {
    projection: Projection,
    /// How each column of the table is read, and from which field: looked up once, not with each row.
    cells: Vec<(Decoder, usize)>,
    limits: BatchLimits,
    rows: RowBatch,
    failed: Vec<FailedRow>,
    /// The last row that may move the position; kept but for its wide values, as only a batch's last is ever looked at.
    last: Option<Row>,
}

/// The number of a field that no row has: its cells are NULL.
const NOT_SELECTED: usize = usize::MAX;

/// Bytes of a value that is not worth keeping until the next row comes.
const WIDE: usize = 64 << 10;

/// What people see of a value in a failed row.
const SHOWN: usize = 200;

impl Assembly {
    pub(super) fn new(projection: Projection, limits: BatchLimits) -> Self {
        let rows = RowBatch::new(projection.schema.clone());
        let cell = |field: &Option<usize>| match *field {
            Some(index) => (projection.decoders[index], index),
            None => (Decoder::Text, NOT_SELECTED),
        };
        let cells = projection.cells.iter().map(cell).collect();
        Self { projection, cells, limits, rows, failed: Vec::new(), last: None }
    }

    pub(super) fn projection(&self) -> &Projection {
        &self.projection
    }

    /// Adds a row, or keeps it aside when a value of it can't be read. `moves` says whether reading may go on behind it.
    pub(super) fn add(&mut self, mut row: Row, moves: bool) -> Result<()> {
        let bytes = size(&row);
        self.add_cells(&row, bytes)?;
        if moves {
            if bytes >= WIDE {
                self.shed(&mut row);
            }
            self.last = Some(row);
        }
        Ok(())
    }

    /// Drops the wide values of a row that are no part of its place.
    fn shed(&self, row: &mut Row) {
        for index in (0..row.len()).filter(|index| !self.projection.order.fields.contains(index)) {
            if matches!(row.as_ref(index), Some(Value::Bytes(bytes)) if bytes.len() >= WIDE) {
                row.take::<Value, _>(index);
            }
        }
    }

    fn add_cells(&mut self, row: &Row, bytes: usize) -> Result<()> {
        if !self.projection.keeps(row) {
            return self.add_left_out(row);
        }
        if let Some(error) = self.limits.refusal(bytes) {
            self.keep_aside_because(row, error);
            return Ok(());
        }
        for (column, (decoder, index)) in self.cells.iter().enumerate() {
            let pushed = decoder.push(row.as_ref(*index).unwrap_or(&Value::NULL), &mut self.rows);
            if let Err(error) = pushed {
                self.rows.give_up_row();
                self.keep_aside(row, column, &error.0);
                return Ok(());
            }
        }
        match self.rows.end_row(self.projection.op) {
            Err(error) if error.kind() == ErrorKind::Value => {
                self.keep_aside_because(row, error.message().to_owned());
                Ok(())
            }
            ended => ended,
        }
    }

    /// A row that does not meet the table's condition leaves the replica, if it ever was there.
    fn add_left_out(&mut self, row: &Row) -> Result<()> {
        match (self.projection.key_of(row), self.projection.schema.key()) {
            // Nobody could say which row it is.
            (_, []) => Ok(()),
            (Some(key), _) => self.rows.push_row(key.row(0)),
            (None, [column, ..]) => {
                let column = *column;
                self.keep_aside(row, column, "the key can't be read");
                Ok(())
            }
        }
    }

    /// Adds a row that was not read but made here.
    pub(super) fn rows_mut(&mut self) -> &mut RowBatch {
        &mut self.rows
    }

    pub(super) fn is_full(&self) -> bool {
        self.limits.reached(&self.rows) || self.failed.len() >= self.limits.rows
    }

    /// What was collected; collecting starts anew.
    pub(super) fn take(&mut self) -> Batch {
        let next = RowBatch::with_capacity_of(&self.rows);
        let rows = std::mem::replace(&mut self.rows, next);
        Batch::new(rows).with_failed(std::mem::take(&mut self.failed))
    }

    /// The place of the last row that moves the position, if there was one since the last call.
    pub(super) fn point(&mut self) -> Result<Option<Point>> {
        let last = self.last.take();
        last.map(|row| self.projection.point(&row)).transpose()
    }

    #[cold]
    fn keep_aside(&mut self, row: &Row, column: usize, error: &str) {
        let culprit = &self.projection.schema.columns()[column];
        let error = format!("column {:?} of type {}: {error}", culprit.name, culprit.native_type);
        self.keep_aside_because(row, error);
    }

    #[cold]
    fn keep_aside_because(&mut self, row: &Row, error: String) {
        let schema = &self.projection.schema;
        let text = |column: usize| {
            let index = self.projection.cells[column]?;
            readable(self.projection.decoders[index], row.as_ref(index)?)
        };
        let key = match self.projection.key_of(row) {
            Some(key) => FailedRow::key_of(key.row(0)),
            // It was itself what could not be read.
            None => Json::from(vec![Json::Null; schema.key().len()]).to_string(),
        };
        let shown = |(position, column): (usize, &sync_core::Column)| {
            let value = text(position).map_or(Json::Null, |text| Json::from(shortened(text)));
            (column.name.clone(), value)
        };
        let row: serde_json::Map<_, _> = schema.columns().iter().enumerate().map(shown).collect();
        self.failed.push(FailedRow::new(key, error, Json::from(row).to_string()));
    }
}

/// Bytes of its texts and bytes; numbers and times take next to nothing beside.
fn size(row: &Row) -> usize {
    let bytes = |index| match row.as_ref(index) {
        Some(Value::Bytes(bytes)) => bytes.len(),
        _ => 0,
    };
    (0..row.len()).map(bytes).sum()
}

/// The value's text; of what has none, its bytes with the unreadable ones replaced.
fn readable(decoder: Decoder, value: &Value) -> Option<String> {
    let mut text = String::new();
    match (decoder.write(value, &mut text), value) {
        (_, Value::NULL) => None,
        (Ok(()), _) => Some(text),
        (Err(_), Value::Bytes(bytes)) => Some(String::from_utf8_lossy(bytes).into_owned()),
        (Err(_), other) => Some(other.as_sql(true)),
    }
}

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(end);
        text.push('…');
    }
    text
}
