//! All keys, to find rows that vanished.

use std::sync::Arc;

use sync_core::{BatchLimits, End, Op, Result, SourceTable};

use super::Started;
use super::fence::{Fence, enter};
use super::projection::Projection;
use super::scan::{Course, Pace, Scan};
use super::wait::Waits;
use crate::cursor::Origin;
use crate::known::Known;
use crate::pool::Pool;

/// Lists the keys as delete rows, in the order in which the server finds them soonest.
pub(super) async fn keys(
    pool: &Pool,
    known: &Known,
    table: &Arc<SourceTable>,
    before: Option<Origin>,
    limits: BatchLimits,
) -> Result<Started> {
    super::needs_key(&table.schema)?;
    let Fence { session, target, .. } = enter(pool, known, table, before.as_ref()).await?;
    let projection = Projection::new(&target, table.schema.key(), &[], Op::Delete)?;
    let query = format!("SELECT {} FROM {}", projection.list(), target.from());
    let waits = Waits::of_scan(session.timeouts());
    let course = Course { opening: None, pace: Pace::Silent, closing: None, end: End::Complete };
    let relation = Arc::clone(&target.relation);
    Ok(Started::Reading(Box::new(Scan::new(session, query, projection, limits, waits, course)), relation))
}
