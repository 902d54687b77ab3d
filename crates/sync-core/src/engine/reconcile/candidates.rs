//! Keys that only one side has, or whose rows differ, a handful at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Totals;

use super::merge::{Merge, Merged};
use crate::engine::compare::{BucketSet, Compared, Comparison, Content};
use crate::engine::table::TableRun;
use crate::{CopyState, Cursor, Result, RowBatch};

/// Keys that are asked for in one read.
pub(super) const AT_ONCE: usize = 500;

/// Finds them, by whatever way the key allows.
pub(super) struct Candidates<'a> {
    run: &'a TableRun<'a>,
    state: CopyState,
    content: Content,
    way: Way<'a>,
}

enum Way<'a> {
    Merge(Box<Merge>),
    Buckets(Box<ByBuckets<'a>>),
}

/// For keys without a common order.
struct ByBuckets<'a> {
    comparison: Comparison<'a>,
    /// Buckets that are still to be looked into.
    left: VecDeque<BucketSet>,
    /// What the last look found, and how much of it was given.
    found: RowBatch,
    given: usize,
    totals: Totals,
}

/// What comes next.
pub(super) enum Portion {
    /// Keys to be confirmed.
    Keys(RowBatch),
    /// What was given so far is void: it will come again.
    Restarted,
    /// There are no more.
    End(Totals),
}

impl<'a> Candidates<'a> {
    pub(super) async fn start(run: &'a TableRun<'a>, cursor: &Cursor, state: CopyState) -> Result<Self> {
        // Of what a sweep brings, only keys can be wrong; without one, anything in a row.
        let content = if run.source.capabilities().sweep { Content::Keys } else { Content::Rows };
        let way = if run.plan.source.schema.has_sortable_key() {
            Way::Merge(Box::new(Merge::start(run, cursor, state, content).await?))
        } else {
            buckets(run, state, content).await?
        };
        Ok(Self { run, state, content, way })
    }

    pub(super) async fn next(&mut self) -> Result<Portion> {
        match &mut self.way {
            Way::Merge(merge) => match merge.next(AT_ONCE).await? {
                Merged::Candidates(keys) => Ok(Portion::Keys(keys)),
                Merged::End(totals) => Ok(Portion::End(totals)),
                Merged::Unordered => {
                    tracing::debug!(table = %self.run.plan.id(), "keys do not come in order; comparing without one");
                    self.way = buckets(self.run, self.state, self.content).await?;
                    Ok(Portion::Restarted)
                }
            },
            Way::Buckets(buckets) => buckets.next().await,
        }
    }
}

async fn buckets<'a>(run: &'a TableRun<'a>, state: CopyState, content: Content) -> Result<Way<'a>> {
    let comparison = Comparison::new(run.source, run.replica, run.plan, state, content);
    let sums = comparison.sums().await?;
    let totals = Totals { source: sums.source.rows, replica: sums.replica.rows };
    let found = RowBatch::new(Arc::clone(&run.plan.source.schema));
    Ok(Way::Buckets(Box::new(ByBuckets { left: sums.differing().into(), comparison, found, given: 0, totals })))
}

impl ByBuckets<'_> {
    async fn next(&mut self) -> Result<Portion> {
        while self.given == self.found.len() {
            let Some(set) = self.left.pop_front() else { return Ok(Portion::End(self.totals)) };
            let Compared { missing, extra, different } = self.comparison.differences(set).await?;
            self.found = missing;
            for row in extra.rows().chain(different.rows()) {
                self.found.push_row(row)?;
            }
            self.given = 0;
        }
        let mut keys = RowBatch::new(Arc::clone(self.found.schema()));
        while keys.len() < AT_ONCE && self.given < self.found.len() {
            keys.push_row(self.found.row(self.given))?;
            self.given += 1;
        }
        Ok(Portion::Keys(keys))
    }
}
