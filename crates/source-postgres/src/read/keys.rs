//! All keys, to find rows that vanished.

use std::sync::Arc;

use sync_core::{BatchLimits, End, Op, Result, SourceTable};

use super::Started;
use super::fence::{Fence, enter};
use super::filter::only_kept;
use super::projection::{Projection, Target};
use super::scan::{Course, Pace, Scan};
use super::wait::Waits;
use crate::cursor::Origin;
use crate::known::Known;
use crate::pool::Pool;
use crate::types::bytewise;

/// Lists the keys as delete rows: in the order of their cells where they have one, else as the server finds them soonest.
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
    let only = only_kept(table).map_or_else(String::new, |condition| format!(" WHERE {condition}"));
    let query = format!("SELECT {} FROM {}{only}{}", projection.list(), target.from(), order(&target)?);
    let waits = Waits::of_scan(session.timeouts());
    let course = Course { opening: None, pace: Pace::Silent, closing: None, end: End::Complete };
    let relation = Arc::clone(&target.relation);
    Ok(Started::Reading(Box::new(Scan::new(session, query, projection, limits, waits, course)), relation))
}

fn order(target: &Target) -> Result<String> {
    let schema = target.schema();
    if !schema.has_sortable_key() {
        return Ok(String::new());
    }
    let expression = |position: &usize| {
        let column = target.column(*position)?;
        Ok(bytewise(&column.base, &column.name, column.bytewise))
    };
    let parts: Result<Vec<String>> = schema.key().iter().map(expression).collect();
    Ok(format!(" ORDER BY {}", parts?.join(", ")))
}
