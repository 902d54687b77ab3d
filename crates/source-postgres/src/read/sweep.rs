//! Every row version that the horizon does not cover: late commits, and updates that left their stamp alone.

use std::sync::Arc;

use sync_core::{BatchLimits, Error, Result, SourceTable};

use super::Started;
use super::fence::{Fence, enter, is_heap};
use super::projection::Projection;
use super::scan::{Course, Pace, Scan};
use super::wait::Waits;
use crate::cursor::{Leaves, Phase, Position};
use crate::known::Known;
use crate::pool::Pool;

/// 32-bit transaction ids compare within half of their circle; a margin keeps clear of its edge.
const HALF_CIRCLE: u64 = (1 << 31) - 1_000_000;

/// Sweeps a table whose copy is complete.
pub(super) async fn sweep(
    pool: &Pool,
    known: &Known,
    table: &Arc<SourceTable>,
    after: Position,
    limits: BatchLimits,
) -> Result<Started> {
    if !is_heap(table.schema.kind()) {
        return Err(Error::unsupported("its rows do not tell when they changed, so it can't be swept"));
    }
    if after.phase == Phase::Copy {
        return Err(Error::internal("a sweep was asked for before the copy was complete"));
    }
    let fence = enter(pool, known, table, after.origin.as_ref()).await?;
    super::same_relation(&after, &fence.target)?;
    if !is_within_reach(after.horizon, fence.snapshot.xmax) {
        return Err(Error::diverged("its last sweep was too many transactions ago to tell what is new"));
    }
    only_heap(&fence.leaves)?;
    let projection = Projection::of_changes(&fence.target, &[])?;
    let (list, from) = (projection.list(), fence.target.from());
    let query = format!("SELECT {list} FROM {from} WHERE {}", condition(&after, &fence.leaves));
    let course = course(after, &fence);
    let Fence { session, target, .. } = fence;
    let waits = Waits::of_search(session.timeouts());
    let relation = Arc::clone(&target.relation);
    Ok(Started::Reading(Box::new(Scan::new(session, query, projection, limits, waits, course)), relation))
}

/// Frozen rows keep the id they were written with, which may lie ahead by now: hence the lower bound. A partition that was attached
/// brings rows that nobody wrote.
fn condition(after: &Position, leaves: &Leaves) -> String {
    let horizon = after.horizon & u64::from(u32::MAX);
    let written =
        format!("pg_catalog.age(data_sync_row.xmin) BETWEEN 0 AND pg_catalog.age('{horizon}'::pg_catalog.xid)");
    let new = after.leaves.as_ref().map(|before| leaves.new_since(before)).unwrap_or_default();
    if new.is_empty() {
        return written;
    }
    let new: Vec<String> = new.iter().map(u32::to_string).collect();
    format!("({written}) OR data_sync_row.tableoid IN ({})", new.join(", "))
}

/// Only the last batch's watermark claims anything; those before tell that rows of this snapshot were stored.
fn course(after: Position, fence: &Fence) -> Course {
    let unchanged = Position { origin: Some(fence.origin.clone()), ..after };
    let closing = Position {
        horizon: fence.snapshot.xmin,
        leaves: Some(fence.leaves.clone()),
        writes: fence.writes.clone(),
        ..unchanged.clone()
    };
    let end = closing.end();
    Course { opening: None, pace: Pace::Grouped { unchanged, rows: 0 }, closing: Some(closing), end }
}

fn only_heap(leaves: &Leaves) -> Result<()> {
    match leaves.foreign() {
        None => Ok(()),
        Some(leaf) if leaf.kind == b'f' => {
            Err(Error::unsupported("a part of it is a foreign table, which can't be swept"))
        }
        Some(leaf) => {
            Err(Error::unsupported(format!("rows stored by {:?} do not tell when they changed", leaf.method)))
        }
    }
}

fn is_within_reach(horizon: u64, xmax: u64) -> bool {
    xmax.saturating_sub(horizon) < HALF_CIRCLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_horizon_is_within_reach_for_half_a_circle_less_a_margin() {
        let circles = 5 << 32;
        assert!(is_within_reach(circles, circles));
        assert!(is_within_reach(circles - 2_146_000_000, circles));
        assert!(!is_within_reach(circles - 2_146_483_648, circles));
        assert!(!is_within_reach(circles - (1 << 32), circles), "a full circle looks like none in 32 bits");
    }
}
