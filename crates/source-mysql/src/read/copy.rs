//! A table's first full read, from the start or from where it was broken off.

use std::sync::Arc;

use mysql_async::Row;
use mysql_async::prelude::Queryable;
use sync_core::{BatchLimits, Op, Result, SourceTable};

use super::Started;
use super::arrival::{Arrival, arrive};
use super::condition::{Condition, order_by, past};
use super::fence::{Fence, enter};
use super::filter::only_kept;
use super::projection::{Projection, Target};
use super::scan::{Course, Pace, Query, Scan};
use super::settled::settled;
use super::watermark::Watermark;
use crate::cursor::{Ahead, Phase, Point, Position};
use crate::error::within;
use crate::pool::Pool;
use crate::session::Session;
use crate::types::Comparison;

/// Copies the table, or the rest of it when `after` is the position of a copy.
pub(super) async fn copy(
    pool: &Pool,
    table: &Arc<SourceTable>,
    after: Option<Position>,
    limits: BatchLimits,
) -> Result<Started> {
    let before = after.as_ref().map(|position| &position.origin);
    let Arrival { mut session, clock, writers, created, origin } = arrive(pool, table.schema.id(), before).await?;
    // Before the snapshot: what is still open then, and not seen in it, comes with the polls.
    let low = Watermark::ask(&mut session, clock, writers).await?;
    let mut fence = enter(Arrival { session, clock, writers, created, origin }, table).await?;
    let key = table.schema.key();
    // A copy that stored no row yet is not worth going on with: the same rows, but of one snapshot.
    let position = match after.filter(|position| position.copied.is_some()) {
        Some(position) => {
            super::same_table(&position, fence.created.as_deref())?;
            // Where the polls begin stays where it was: what changed since then must come again.
            Position { resumed: true, origin: fence.origin.clone(), ..position }
        }
        None => begin(&mut fence, &low).await?,
    };
    let Fence { session, target, .. } = fence;
    let projection = Projection::of_rows(&target, key)?;
    let query = query(&target, &projection, position.copied.as_ref())?;
    let relation = Arc::clone(&target.relation);
    let scan = Scan::new(session, query, projection, limits, course(position, key.is_empty()));
    Ok(Started::Reading(Box::new(scan), relation))
}

fn course(position: Position, keyless: bool) -> Course {
    let closing = Position { phase: Phase::Live, copied: None, ..position.clone() };
    Course {
        opening: position.copied.is_none().then(|| position.clone()),
        end: position.end(),
        pace: if keyless { Pace::Silent } else { Pace::Ordered(Box::new(position)) },
        closing: Some(closing),
    }
}

fn query(target: &Target, projection: &Projection, after: Option<&Point>) -> Result<Query> {
    let key = target.schema().key();
    let comparisons = target.comparisons(key)?;
    let mut condition = Condition::default();
    if let Some(point) = after {
        point.check(1..=key.len()).map_err(|error| error.at(target.place()))?;
        condition = past(&comparisons, point)?;
    }
    if let Some(filter) = only_kept(&target.table) {
        condition = condition.and(&filter);
    }
    let order = if key.is_empty() { String::new() } else { format!(" {}", order_by(&comparisons, "ASC")) };
    Ok(Query { select: format!("SELECT {} FROM {}", projection.list(), target.from()), condition, order })
}

/// The position before the first row, and where the polls begin.
async fn begin(fence: &mut Fence, low: &Watermark) -> Result<Position> {
    let mut position = Position::new(fence.created.clone(), fence.origin.clone());
    let Fence { session, target, .. } = fence;
    let keyset = target.table.keyset();
    let Some(first) = keyset.first() else { return Ok(position) };
    if target.table.timestamp.is_none() {
        position.poll = latest(session, target, &keyset, Condition::default(), UNSETTLED).await?;
        let last = latest(session, target, &keyset, Condition::default(), 0).await?;
        position.ahead = last.map(|point| Ahead { point, seen: low.clock().now });
        return Ok(position);
    }
    let column = target.column(*first)?.clone();
    let settled = settled(target, *first, low.start(), low)?;
    position.poll = latest(session, target, &keyset, settled, 0).await?;
    if !column.not_null {
        let unstamped = Condition::default().and(&super::is_null(&column));
        position.unstamped = latest(session, target, target.schema().key(), unstamped, 0).await?;
    }
    Ok(position)
}

/// Rows of the highest ids that an open transaction may still come to lie among.
const UNSETTLED: u32 = 10_000;

/// The last row in the order of `columns` but `skipped`, of those that meet `condition`.
async fn latest(
    session: &mut Session,
    target: &Target,
    columns: &[usize],
    condition: Condition,
    skipped: u32,
) -> Result<Option<Point>> {
    let comparisons: Vec<Comparison> = target.comparisons(columns)?;
    let projection = Projection::new(target, &[], columns, Op::Upsert)?;
    let query = format!(
        "SELECT {} FROM {}{} {} LIMIT {skipped}, 1",
        projection.list(),
        target.from(),
        condition.clause(),
        order_by(&comparisons, "DESC")
    );
    let limit = session.timeouts().scan;
    let asked = session.connection().exec_first::<Row, _, _>(query, condition.parameters());
    let found = within(limit, "find the latest row", asked).await?;
    found.map(|row| projection.point(&row)).transpose()
}
