//! A table's first full read, from the start or from where it was broken off.

use std::sync::Arc;

use sync_core::{BatchLimits, Result, SourceTable};
use tokio_postgres::types::Type;

use super::Started;
use super::condition::{bind_settings, clock, order_by, past, setting};
use super::fence::{Fence, enter};
use super::fetched_rows::are_wide;
use super::filter::only_kept;
use super::projection::{Projection, Target};
use super::scan::{Course, Pace, Scan, Way};
use super::wait::Waits;
use crate::catalog;
use crate::cursor::{Phase, Point, Position};
use crate::error::{timed_out, within};
use crate::known::Known;
use crate::pool::Pool;
use crate::session::Session;
use crate::types::is_there;

/// Copies the table, or the rest of it when `after` is the position of a copy.
pub(super) async fn copy(
    pool: &Pool,
    known: &Known,
    table: &Arc<SourceTable>,
    after: Option<Position>,
    limits: BatchLimits,
) -> Result<Started> {
    let before = after.as_ref().and_then(|position| position.origin.as_ref());
    let fence = enter(pool, known, table, before).await?;
    let key = table.schema.key();
    // A copy that stored no row yet is not worth going on with: the same rows, but of one snapshot.
    let position = match after.filter(|position| position.copied.is_some()) {
        Some(position) => {
            super::same_relation(&position, &fence.target)?;
            // The horizon and the leaves stay those of the first snapshot: what changed since then must come again.
            Position { resumed: true, writes: None, quiet: None, origin: Some(fence.origin), ..position }
        }
        None => begin(&fence).await?,
    };
    let Fence { session, target, leaves, .. } = fence;
    let sizes = catalog::sizes(session.client(), &leaves);
    let limit = session.timeouts().statement;
    let sizes = tokio::time::timeout(limit, sizes).await.map_err(|_| timed_out(limit, "tell a table's size"))??;
    let way = if are_wide(sizes) { Way::Fetch } else { Way::Copy };
    let projection = Projection::of_rows(&target, key)?;
    let query = query(&session, &target, &projection, position.copied.as_ref()).await?;
    let waits = Waits::of_scan(session.timeouts());
    let relation = Arc::clone(&target.relation);
    let scan = Scan::new(session, query, projection, limits, waits, course(position, key.is_empty()));
    Ok(Started::Reading(Box::new(scan.by(way)), relation))
}

/// The position before the first row.
async fn begin(fence: &Fence) -> Result<Position> {
    let poll = latest(&fence.session, &fence.target).await?;
    let position = Position::new(fence.target.relation.oid, fence.snapshot.xmin, poll);
    let (origin, leaves) = (Some(fence.origin.clone()), Some(fence.leaves.clone()));
    Ok(Position { origin, leaves, writes: fence.writes.clone(), quiet: fence.quiet.clone(), ..position })
}

fn course(position: Position, keyless: bool) -> Course {
    let closing = Position { phase: Phase::Live, copied: None, ..position.clone() };
    Course {
        opening: position.copied.is_none().then(|| position.clone()),
        end: position.end(),
        pace: if keyless { Pace::Silent } else { Pace::Ordered(position) },
        closing: Some(closing),
    }
}

async fn query(session: &Session, target: &Target, projection: &Projection, after: Option<&Point>) -> Result<String> {
    let key = target.schema().key();
    let comparisons = target.comparisons(key)?;
    let mut query = format!("SELECT {} FROM {}", projection.list(), target.from());
    let mut conditions = Vec::new();
    if let Some(point) = after {
        point.check(key.len()..=key.len()).map_err(|error| error.at(target.place()))?;
        bind_settings(session.client(), point, session.timeouts().statement).await?;
        conditions.push(past(&comparisons, ">", setting));
    }
    conditions.extend(only_kept(&target.table));
    if !conditions.is_empty() {
        query = format!("{query} WHERE {}", conditions.join(" AND "));
    }
    Ok(if key.is_empty() { query } else { format!("{query} {}", order_by(&comparisons, "ASC")) })
}

/// Where the poll will start: the last row of its order in this snapshot, but none past the server's clock, which would blind it.
async fn latest(session: &Session, target: &Target) -> Result<Option<Point>> {
    let keyset = target.table.keyset();
    let Some(first) = target.comparisons(&keyset)?.into_iter().next() else { return Ok(None) };
    let projection = Projection::new(target, &[], &keyset, sync_core::Op::Upsert)?;
    let clock = clock(projection.decoders[projection.order.fields[0]]);
    let in_time = clock.map_or_else(String::new, |clock| format!(" AND {} <= {clock}", first.expression));
    let query = format!(
        "SELECT {} FROM {} WHERE {}{in_time} {} LIMIT 1",
        projection.list(),
        target.from(),
        is_there(&first.expression),
        order_by(&target.comparisons(&keyset)?, "DESC")
    );
    let none: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 0] = [];
    let limit = session.timeouts().scan;
    let found = within(limit, "find the latest row", session.client().query_typed_opt(&query, &none)).await?;
    let Some(row) = found else { return Ok(None) };
    let raw = |index: &usize| super::poll_rows::raw(&row, *index).unwrap_or_default().to_vec();
    let fields: Vec<Vec<u8>> = projection.order.fields.iter().map(raw).collect();
    projection.point(&fields).map(Some)
}
