//! Both sides in one order of their keys: a single pass, without remembering any row.

use std::cmp::Ordering;
use std::sync::Arc;

use super::Totals;
use crate::engine::compare::{Content, ReplicaRows, RowHasher};
use crate::engine::masked;
use crate::engine::table::TableRun;
use crate::{CopyState, Cursor, Next, ReadRequest, Reader, Result, Row, RowBatch, Value};

/// Both sides, side by side.
pub(super) struct Merge {
    source: Box<dyn Reader>,
    replica: ReplicaRows,
    /// What was read of each side, and how far it was compared.
    theirs: Page,
    ours: Page,
    /// For rows of equal keys, where these can differ.
    hasher: Option<RowHasher>,
}

/// What a merge came to.
pub(super) enum Merged {
    /// Keys that only one side has, or whose rows differ.
    Candidates(RowBatch),
    /// A side is not in order, after all.
    Unordered,
    End(Totals),
}

struct Page {
    rows: RowBatch,
    next: usize,
    seen: u64,
    ended: bool,
}

impl Merge {
    pub(super) async fn start(run: &TableRun<'_>, cursor: &Cursor, state: CopyState, content: Content) -> Result<Self> {
        let plan = run.plan;
        // Whole rows are read as for a copy, which goes on from no cursor.
        let after = (content == Content::Keys).then(|| cursor.clone());
        let source = masked::read(run.source, plan, ReadRequest::new(content.scope(plan), after)).await?;
        let replica = content.of_replica(run.replica, plan, state);
        let page = || Page { rows: RowBatch::new(Arc::clone(&plan.source.schema)), next: 0, seen: 0, ended: false };
        let hasher = (content == Content::Rows).then(RowHasher::default);
        Ok(Self { source, replica, theirs: page(), ours: page(), hasher })
    }

    /// Compares until there are `limit` candidates, or nothing is left.
    pub(super) async fn next(&mut self, limit: usize) -> Result<Merged> {
        let mut candidates = RowBatch::new(Arc::clone(self.ours.rows.schema()));
        while candidates.len() < limit {
            if !(self.fill_theirs().await? && self.fill_ours().await?) {
                return Ok(Merged::Unordered);
            }
            if self.theirs.is_done() && self.ours.is_done() {
                break;
            }
            if !self.compare(&mut candidates, limit)? {
                return Ok(Merged::Unordered);
            }
        }
        if candidates.is_empty() {
            return Ok(Merged::End(Totals { source: self.theirs.seen, replica: self.ours.seen }));
        }
        Ok(Merged::Candidates(candidates))
    }

    /// Compares what was read, up to the end of a page; false when the keys can't be ordered.
    fn compare(&mut self, candidates: &mut RowBatch, limit: usize) -> Result<bool> {
        while candidates.len() < limit {
            let (order, row) = match (self.theirs.row(), self.ours.row()) {
                (Some(theirs), Some(ours)) => match compare(theirs, ours) {
                    Some(Ordering::Greater) => (Ordering::Greater, ours),
                    Some(order) => (order, theirs),
                    None => return Ok(false),
                },
                (Some(theirs), None) if self.ours.ended => (Ordering::Less, theirs),
                (None, Some(ours)) if self.theirs.ended => (Ordering::Greater, ours),
                _ => return Ok(true),
            };
            if order != Ordering::Equal || self.differ() {
                candidates.push_key_of(row)?;
            }
            self.theirs.next += usize::from(order != Ordering::Greater);
            self.ours.next += usize::from(order != Ordering::Less);
        }
        Ok(true)
    }

    /// Whether the rows at hand, of one key, differ in what they hold.
    fn differ(&self) -> bool {
        let (Some(hasher), Some(theirs), Some(ours)) = (&self.hasher, self.theirs.row(), self.ours.row()) else {
            return false;
        };
        hasher.row(theirs) != hasher.row(ours)
    }

    async fn fill_theirs(&mut self) -> Result<bool> {
        while self.theirs.is_empty() && !self.theirs.ended {
            let rows = match self.source.next().await? {
                Next::Batch(batch) => Some(batch.rows).filter(|rows| !rows.is_empty()),
                Next::End(_) => {
                    self.theirs.ended = true;
                    None
                }
            };
            if let Some(rows) = rows
                && !self.theirs.turn(rows)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn fill_ours(&mut self) -> Result<bool> {
        if !self.ours.is_empty() || self.ours.ended {
            return Ok(true);
        }
        let rows = self.replica.next().await?;
        if rows.is_empty() {
            self.ours.ended = true;
            return Ok(true);
        }
        Ok(self.ours.turn(rows))
    }
}

impl Page {
    fn row(&self) -> Option<Row<'_>> {
        (self.next < self.rows.len()).then(|| self.rows.row(self.next))
    }

    fn is_empty(&self) -> bool {
        self.next == self.rows.len()
    }

    fn is_done(&self) -> bool {
        self.ended && self.is_empty()
    }

    /// Goes on with these rows; false when they are not in order.
    fn turn(&mut self, rows: RowBatch) -> bool {
        let last = self.rows.len().checked_sub(1).map(|last| self.rows.row(last));
        let ordered = last.into_iter().chain(rows.rows()).zip(rows.rows().skip(usize::from(last.is_none())));
        let ordered = ordered.into_iter().all(|(before, after)| compare(before, after) == Some(Ordering::Less));
        self.seen += rows.len() as u64;
        self.rows = rows;
        self.next = 0;
        ordered
    }
}

/// The order of two keys; `None` where there is none.
fn compare(a: Row<'_>, b: Row<'_>) -> Option<Ordering> {
    for (a, b) in a.key().zip(b.key()) {
        let order = match (a, b) {
            (Value::Integer(a), Value::Integer(b)) => a.cmp(&b),
            (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
            _ => return None,
        };
        if order.is_ne() {
            return Some(order);
        }
    }
    Some(Ordering::Equal)
}
