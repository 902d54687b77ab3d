//! Every row version that the horizon does not cover: late commits, and updates that left their stamp alone.

use std::sync::Arc;

use sync_core::{BatchLimits, Error, Result, SourceTable};

use super::Started;
use super::condition::{bind_settings, past, setting};
use super::fence::{Fence, enter, is_heap};
use super::projection::Projection;
use super::scan::{Course, Pace, Scan};
use super::wait::Waits;
use crate::cursor::{Leaves, Phase, Point, Position};
use crate::known::Known;
use crate::pool::Pool;
use crate::types::is_there;

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
    let condition = condition(&after, &fence.leaves);
    let without = without_polled(&fence, &after, &from, &condition).await?;
    let rows = without.unwrap_or_else(|| format!("{from} WHERE {condition}"));
    let query = format!("SELECT {list} FROM {rows}");
    let course = course(after, &fence);
    let Fence { session, target, .. } = fence;
    let waits = Waits::of_search(session.timeouts());
    let relation = Arc::clone(&target.relation);
    Ok(Started::Reading(Box::new(Scan::new(session, query, projection, limits, waits, course)), relation))
}

/// Frozen rows keep the id they were written with, which may lie ahead by now: hence the second bound. The first fails for almost all
/// rows, so it is what the server looks at first. A partition that was attached brings rows that nobody wrote.
fn condition(after: &Position, leaves: &Leaves) -> String {
    let written = format!("{AGE} <= {} AND {AGE} >= 0", age(after.horizon));
    let new = new_leaves(after, leaves);
    if new.is_empty() {
        return written;
    }
    let new: Vec<String> = new.iter().map(u32::to_string).collect();
    format!("({written}) OR data_sync_row.tableoid IN ({})", new.join(", "))
}

fn new_leaves(after: &Position, leaves: &Leaves) -> Vec<u32> {
    after.leaves.as_ref().map(|before| leaves.new_since(before)).unwrap_or_default()
}

/// How many transactions ago a row was written.
const AGE: &str = "pg_catalog.age(data_sync_row.xmin)";

/// The same of a 64-bit id; computed once.
fn age(xid: u64) -> String {
    format!("(SELECT pg_catalog.age('{}'::pg_catalog.xid))", xid & u64::from(u32::MAX))
}

/// The rows of `from` that meet `condition`, without what the last poll gave already, by [`Polled`](crate::cursor::Polled): mostly that
/// is nearly all that there is. Places are compared apart from the rest, as the server would unpack each row of the table for it.
async fn without_polled(fence: &Fence, after: &Position, from: &str, condition: &str) -> Result<Option<String>> {
    let (Some(polled), Some(to)) = (&after.polled, &after.poll) else { return Ok(None) };
    let comparisons = fence.target.comparisons(&fence.target.table.keyset())?;
    let fits = |point: &Point| point.values.len() == comparisons.len();
    let is_of_use = polled.xmin > after.horizon && new_leaves(after, &fence.leaves).is_empty();
    if !is_of_use || !fits(to) || polled.from.as_ref().is_some_and(|from| !fits(from)) {
        return Ok(None);
    }
    let mut bounds = Point { values: to.values.clone(), ms: None, id: None };
    // Once for all rows.
    let value = |column: usize, number| format!("(SELECT {}::{})", setting(number), comparisons[column - 1].cast);
    let until = past(&comparisons, "<=", |column| value(column, column));
    let behind = match &polled.from {
        None => is_there(&comparisons[0].expression),
        Some(from) => {
            bounds.values.extend_from_slice(&from.values);
            past(&comparisons, ">", |column| value(column, comparisons.len() + column))
        }
    };
    bind_settings(fence.session.client(), &bounds, fence.session.timeouts().statement).await?;
    Ok(Some(format!(
        "{from} CROSS JOIN LATERAL (SELECT {behind} AND {until} OFFSET 0) AS data_sync_poll(data_sync_gave) \
         WHERE {condition} AND ({AGE} > {} AND data_sync_poll.data_sync_gave) IS NOT TRUE",
        age(polled.xmin)
    )))
}

/// Only the last batch's watermark claims anything; those before tell that rows of this snapshot were stored.
fn course(after: Position, fence: &Fence) -> Course {
    let unchanged = Position { origin: Some(fence.origin.clone()), ..after };
    let closing = Position {
        horizon: fence.snapshot.xmin,
        leaves: Some(fence.leaves.clone()),
        writes: fence.writes.clone(),
        quiet: fence.quiet.clone(),
        polled: None,
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
