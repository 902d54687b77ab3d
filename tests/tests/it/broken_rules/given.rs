//! A read whose answers are known before it begins.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use sync_core::{Batch, End, Next, Reader, Result, Row, RowBatch, Value, async_trait};

/// Gives batches, then goes on with another reader, or ends.
pub(super) struct Given {
    pub(super) batches: VecDeque<Batch>,
    pub(super) then: Option<Box<dyn Reader>>,
    pub(super) end: End,
}

#[async_trait]
impl Reader for Given {
    async fn next(&mut self) -> Result<Next> {
        match (self.batches.pop_front(), &mut self.then) {
            (Some(batch), _) => Ok(Next::Batch(batch)),
            (None, Some(reader)) => reader.next().await,
            (None, None) => Ok(Next::End(self.end)),
        }
    }
}

/// Everything that a reader gives.
pub(super) async fn all_of(mut reader: Box<dyn Reader>) -> Result<(VecDeque<Batch>, End)> {
    let mut batches = VecDeque::new();
    loop {
        match reader.next().await? {
            Next::Batch(batch) => batches.push_back(batch),
            Next::End(end) => return Ok((batches, end)),
            next => panic!("{next:?}"),
        }
    }
}

pub(super) fn ids<'a>(batches: impl IntoIterator<Item = &'a RowBatch>) -> HashSet<i64> {
    batches.into_iter().flat_map(RowBatch::rows).map(id).collect()
}

/// The rows of these ids.
pub(super) fn only(rows: &RowBatch, wanted: &HashSet<i64>) -> RowBatch {
    let mut kept = RowBatch::new(Arc::clone(rows.schema()));
    for row in rows.rows().filter(|row| wanted.contains(&id(*row))) {
        kept.push_row(row).unwrap();
    }
    kept
}

pub(super) fn id(row: Row<'_>) -> i64 {
    match row.key().next() {
        Some(Value::Integer(id)) => id,
        other => panic!("{other:?} is no key of this table"),
    }
}
