//! The keys alone, to find rows that vanished.

use std::sync::Arc;

use sync_core::{BatchLimits, End, Op, Result, SourceTable};

use super::Started;
use super::arrival::arrive;
use super::condition::Condition;
use super::fence::{Fence, enter};
use super::filter::only_kept;
use super::projection::{Projection, Target};
use super::scan::{Course, Pace, Query, Scan};
use crate::cursor::Origin;
use crate::pool::Pool;
use crate::types::bytewise;

/// Lists the keys as delete rows: in the order of their cells where they have one, else as the server finds them soonest.
pub(super) async fn keys(
    pool: &Pool,
    table: &Arc<SourceTable>,
    before: Option<Origin>,
    limits: BatchLimits,
) -> Result<Started> {
    super::needs_key(&table.schema)?;
    let arrival = arrive(pool, table.schema.id(), before.as_ref()).await?;
    let Fence { session, target, .. } = enter(arrival, table).await?;
    let projection = Projection::new(&target, table.schema.key(), &[], Op::Delete)?;
    let condition = Condition { text: only_kept(table).unwrap_or_default(), values: Vec::new() };
    let select = format!("SELECT {} FROM {}", projection.list(), target.from());
    let query = Query { select, condition, order: order(&target)? };
    let course = Course { opening: None, pace: Pace::Silent, closing: None, end: End::Complete };
    let relation = Arc::clone(&target.relation);
    Ok(Started::Reading(Box::new(Scan::new(session, query, projection, limits, course)), relation))
}

fn order(target: &Target) -> Result<String> {
    let schema = target.schema();
    if !schema.has_sortable_key() {
        return Ok(String::new());
    }
    let expression = |position: &usize| {
        let column = target.column(*position)?;
        Ok(bytewise(&column.base, &column.name, column.bytewise).expression)
    };
    let parts: Result<Vec<String>> = schema.key().iter().map(expression).collect();
    Ok(format!(" ORDER BY {}", parts?.join(", ")))
}
