//! Every row version that the horizon does not cover: late commits, and updates that left their stamp alone.

use std::sync::Arc;

use sync_core::{BatchLimits, End, Error, Reader, Result, SourceTable};

use super::fence::{Fence, enter, is_heap};
use super::projection::Projection;
use super::scan::{Course, Pace, Scan};
use super::wait::Waits;
use crate::catalog::Relation;
use crate::cursor::{Phase, Position};
use crate::pool::Pool;

/// 32-bit transaction ids compare within half of their circle; a margin keeps clear of its edge.
const HALF_CIRCLE: u64 = (1 << 31) - 1_000_000;

/// Sweeps a table whose copy is complete.
pub(super) async fn sweep(
    pool: &Pool,
    table: &Arc<SourceTable>,
    after: Position,
    limits: BatchLimits,
) -> Result<(Box<dyn Reader>, Arc<Relation>)> {
    if !is_heap(table.schema.kind()) {
        return Err(Error::unsupported("its rows do not tell when they changed, so it can't be swept"));
    }
    if after.phase == Phase::Copy {
        return Err(Error::internal("a sweep was asked for before the copy was complete"));
    }
    let Fence { session, target, snapshot } = enter(pool, table).await?;
    super::same_relation(&after, &target)?;
    if !is_within_reach(after.horizon, snapshot.xmax) {
        let error = Error::expired("its last sweep was too many transactions ago").at(target.place());
        return Err(error.hint("it is copied again"));
    }
    let projection = Projection::of_rows(&target, &[])?;
    // Frozen rows keep the id they were written with, which may lie ahead by now: hence the lower bound.
    let query = format!(
        "SELECT {} FROM {} WHERE pg_catalog.age(data_sync_row.xmin) BETWEEN 0 AND pg_catalog.age('{}'::pg_catalog.xid)",
        projection.list(),
        target.from(),
        after.horizon & u64::from(u32::MAX)
    );
    let mut closing = after.clone();
    closing.horizon = snapshot.xmin;
    let end = if after.resumed { End::CompleteAfterReconcile } else { End::Complete };
    let pace = Pace::Grouped { unchanged: after, rows: 0 };
    let waits = Waits::of_search(session.timeouts());
    let course = Course { opening: None, pace, closing: Some(closing), end };
    let relation = Arc::clone(&target.relation);
    Ok((Box::new(Scan::new(session, query, projection, limits, waits, course)), relation))
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
