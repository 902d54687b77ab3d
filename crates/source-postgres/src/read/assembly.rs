//! Rows on their way from the wire into a batch. Apart from its sibling for the reason that `projection` gives.

use serde_json::Value as Json;
use sync_core::{Batch, BatchLimits, ErrorKind, FailedRow, Result, RowBatch};

use super::projection::{Fields, Projection};
use crate::cursor::Point;
use crate::decode::Decoder;

/// Collects rows up to the limits, and remembers the place of the last one.
#[derive(Debug)]
pub(super) struct Assembly {
    projection: Projection,
    limits: BatchLimits,
    rows: RowBatch,
    failed: Vec<FailedRow>,
    /// The order fields of the last row that may move the position; copied raw, as only a batch's last is ever looked at.
    last: Vec<Vec<u8>>,
    moved: bool,
}

/// What people see of a value in a failed row.
const SHOWN: usize = 200;

impl Assembly {
    pub(super) fn new(projection: Projection, limits: BatchLimits) -> Self {
        let rows = RowBatch::new(projection.schema.clone());
        let last = vec![Vec::new(); projection.order.fields.len()];
        Self { projection, limits, rows, failed: Vec::new(), last, moved: false }
    }

    pub(super) fn projection(&self) -> &Projection {
        &self.projection
    }

    pub(super) fn limits(&self) -> BatchLimits {
        self.limits
    }

    /// Adds a row, or keeps it aside when a value of it can't be read. `moves` says whether reading may go on behind it.
    #[inline]
    pub(super) fn add(&mut self, fields: &impl Fields, moves: bool) -> Result<()> {
        if moves {
            for (kept, index) in self.last.iter_mut().zip(&self.projection.order.fields) {
                kept.clear();
                kept.extend_from_slice(fields.field(*index).unwrap_or_default());
            }
            self.moved = true;
        }
        if !self.projection.keeps(fields) {
            return self.add_left_out(fields);
        }
        if fields.size() > self.limits.row_bytes {
            self.keep_aside_whole(fields);
            return Ok(());
        }
        let mut raw = fields.all();
        for (column, cell) in self.projection.cells.iter().enumerate() {
            let field = cell.and_then(|(_, decoder)| Some((decoder, raw.next()??)));
            match field {
                None => self.rows.push_null(),
                Some((decoder, raw)) => {
                    if let Err(error) = decoder.push(raw, &mut self.rows) {
                        self.rows.give_up_row();
                        self.keep_aside(fields, column, &error.0);
                        return Ok(());
                    }
                }
            }
        }
        match self.rows.end_row(self.projection.op) {
            Err(error) if error.kind() == ErrorKind::Value => {
                self.keep_aside_because(fields, error.message().to_owned());
                Ok(())
            }
            ended => ended,
        }
    }

    /// A row that does not meet the table's condition leaves the replica, if it ever was there.
    fn add_left_out(&mut self, fields: &impl Fields) -> Result<()> {
        match (self.projection.key_of(fields), self.projection.schema.key()) {
            // Nobody could say which row it is.
            (_, []) => Ok(()),
            (Some(key), _) => self.rows.push_row(key.row(0)),
            (None, [column, ..]) => {
                let column = *column;
                self.keep_aside(fields, column, "the key can't be read");
                Ok(())
            }
        }
    }

    /// The rows collected so far.
    pub(super) fn rows(&self) -> &RowBatch {
        &self.rows
    }

    /// Adds a row that was not read but made here.
    pub(super) fn rows_mut(&mut self) -> &mut RowBatch {
        &mut self.rows
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.limits.reached(&self.rows) || self.failed.len() >= self.limits.rows
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.failed.is_empty()
    }

    /// What was collected; collecting starts anew.
    pub(super) fn take(&mut self) -> Batch {
        let next = RowBatch::with_capacity_of(&self.rows);
        let rows = std::mem::replace(&mut self.rows, next);
        Batch::new(rows).with_failed(std::mem::take(&mut self.failed))
    }

    /// The place of the last row that moves the position, if there was one since the last call.
    pub(super) fn point(&mut self) -> Result<Option<Point>> {
        if !std::mem::take(&mut self.moved) {
            return Ok(None);
        }
        self.projection.point(&self.last).map(Some)
    }

    #[cold]
    fn keep_aside(&mut self, fields: &impl Fields, column: usize, error: &str) {
        let culprit = &self.projection.schema.columns()[column];
        let error = format!("column {:?} of type {}: {error}", culprit.name, culprit.native_type);
        self.keep_aside_because(fields, error);
    }

    /// For a row that is too large as a whole.
    #[cold]
    fn keep_aside_whole(&mut self, fields: &impl Fields) {
        let error = self.limits.refusal(fields.size()).unwrap_or_default();
        self.keep_aside_because(fields, error);
    }

    fn keep_aside_because(&mut self, fields: &impl Fields, error: String) {
        let schema = &self.projection.schema;
        let text = |column: usize| {
            let (index, decoder) = self.projection.cells[column]?;
            Some(readable(decoder, fields.field(index)?))
        };
        let key = match self.projection.key_of(fields) {
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

/// The value's text; of what has none, its bytes with the unreadable ones replaced.
fn readable(decoder: Decoder, raw: &[u8]) -> String {
    let mut text = String::new();
    match decoder.write(raw, &mut text) {
        Ok(()) => text,
        Err(_) => String::from_utf8_lossy(raw).into_owned(),
    }
}

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(end);
        text.push('…');
    }
    text
}
