//! All keys in key order, to find rows that vanished.

use std::sync::Arc;

use sync_core::{BatchLimits, End, Op, Reader, Result, SourceTable};

use super::condition::order_by;
use super::fence::{Fence, enter};
use super::projection::Projection;
use super::scan::{Course, Pace, Scan};
use super::wait::Waits;
use crate::catalog::Relation;
use crate::pool::Pool;

/// Lists the keys as delete rows.
pub(super) async fn keys(
    pool: &Pool,
    table: &Arc<SourceTable>,
    limits: BatchLimits,
) -> Result<(Box<dyn Reader>, Arc<Relation>)> {
    super::needs_key(&table.schema)?;
    let Fence { session, target, .. } = enter(pool, table).await?;
    let key = table.schema.key();
    let projection = Projection::new(&target, key, &[], Op::Delete)?;
    let order = order_by(&target.comparisons(key)?, "ASC");
    let query = format!("SELECT {} FROM {} {order}", projection.list(), target.from());
    let waits = Waits::of_scan(session.timeouts());
    let course = Course { opening: None, pace: Pace::Silent, closing: None, end: End::Complete };
    let relation = Arc::clone(&target.relation);
    Ok((Box::new(Scan::new(session, query, projection, limits, waits, course)), relation))
}
