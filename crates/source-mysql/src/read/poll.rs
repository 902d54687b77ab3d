//! Rows past a position, by the index. What it gives may not be all: the position moves no further than the low watermark allows, and
//! what lies behind that is given again each time.

use std::sync::Arc;

use mysql_async::Value;
use sync_core::{Batch, BatchLimits, End, Error, Next, Reader, Result, SourceTable, async_trait};

use super::Started;
use super::arrival::{Arrival, arrive};
use super::assembly::Assembly;
use super::condition::{Condition, order_by, past};
use super::projection::{Projection, Target};
use super::settled::settled;
use super::watermark::Watermark;
use crate::catalog::{self, Relation};
use crate::cursor::{Ahead, Origin, Point, Position};
use crate::error::timed_out;
use crate::known::Known;
use crate::pool::Pool;
use crate::rows::{Rows, Waits};
use crate::session::Session;

/// Polls a table. What the catalog said when it was asked last is trusted; where that is missing or differs from the plan, it is asked
/// again.
pub(super) async fn poll(
    pool: &Pool,
    known: &Known,
    table: &Arc<SourceTable>,
    after: Position,
    limits: BatchLimits,
) -> Result<Started> {
    let id = table.schema.id();
    let Arrival { mut session, origin, created, clock, writers } = arrive(pool, id, Some(&after.origin)).await?;
    super::same_table(&after, created.as_deref())?;
    let trusted = known.relation(id).filter(|relation| relation.check(&table.schema).is_ok());
    let relation = match trusted {
        Some(relation) => relation,
        None => Arc::new(look_up(&mut session, table).await?),
    };
    let target = Target::new(Arc::clone(table), Arc::clone(&relation))?;
    // Before the rows: what is still open then, and not seen in them, comes with a later poll.
    let low = Watermark::ask(&mut session, clock, writers).await?;
    let stamped = Statement::stamped(&target, &after, &low)?;
    let unstamped = Statement::unstamped(&target, &after)?.map(Box::new);
    let end = after.end();
    let (rows, assembly) = stamped.start(session, limits).await?;
    let stage = Stage::Stamped { rows, unstamped };
    let poll = Poll { stage, assembly, limits, course: Course::new(table, after, origin, low), end };
    Ok(Started::Reading(Box::new(poll), relation))
}

async fn look_up(session: &mut Session, table: &SourceTable) -> Result<Relation> {
    let limit = session.timeouts().statement;
    let flavor = session.server().flavor;
    let asked = tokio::time::timeout(limit, catalog::relation(session.connection(), flavor, table.schema.id())).await;
    let relation = asked.map_err(|_| timed_out(limit, "describe the table"))??;
    relation.ok_or_else(|| Error::schema("it is gone").hint("plan it again"))
}

struct Statement {
    query: String,
    condition: Condition,
    projection: Projection,
}

impl Statement {
    /// Rows past the position. The field behind the projection's own tells whether a row lies before the low watermark.
    fn stamped(target: &Target, after: &Position, low: &Watermark) -> Result<Self> {
        let keyset = target.table.keyset();
        let projection = Projection::of_changes(target, &keyset)?;
        let comparisons = target.comparisons(&keyset)?;
        let first = &comparisons[0];
        let selected = match (target.table.timestamp, low.low()) {
            (Some(column), Some(moment)) => settled(target, column, moment, low)?,
            _ => Condition::default().and("0"),
        };
        let condition = match &after.poll {
            None => Condition::default().and(&format!("{} IS NOT NULL", first.expression)),
            Some(point) => {
                point.check(1..=keyset.len()).map_err(|error| error.at(target.place()))?;
                past(&comparisons, point)?
            }
        };
        let list = format!("{}, ({})", projection.list(), selected.text);
        Ok(Self::new(target, &list, selected.values, condition, &order_by(&comparisons, "ASC"), projection))
    }

    /// Rows without a timestamp, which no comparison finds: those past the last one that was given, by their key.
    fn unstamped(target: &Target, after: &Position) -> Result<Option<Self>> {
        let Some(column) = target.table.timestamp else { return Ok(None) };
        let column = target.column(column)?;
        if column.not_null {
            return Ok(None);
        }
        let key = target.schema().key();
        let comparisons = target.comparisons(key)?;
        let condition = match &after.unstamped {
            None => Condition::default(),
            Some(point) => {
                point.check(1..=key.len()).map_err(|error| error.at(target.place()))?;
                past(&comparisons, point)?
            }
        };
        let condition = condition.and(&super::is_null(column));
        let projection = Projection::of_changes(target, key)?;
        let list = projection.list();
        let order = order_by(&comparisons, "ASC");
        Ok(Some(Self::new(target, &list, Vec::new(), condition, &order, projection)))
    }

    /// `selected` are the values of parameters in the list, which come before those of the condition.
    fn new(
        target: &Target,
        list: &str,
        mut selected: Vec<Value>,
        mut condition: Condition,
        order: &str,
        projection: Projection,
    ) -> Self {
        let query = format!("SELECT {list} FROM {}{} {order}", target.from(), condition.clause());
        selected.append(&mut condition.values);
        condition.values = selected;
        Self { query, condition, projection }
    }

    async fn start(self, session: Session, limits: BatchLimits) -> Result<(Rows, Assembly)> {
        let waits = Waits::of_poll(session.timeouts());
        let rows = session.rows(&self.query, self.condition.parameters(), waits).await?;
        self.projection.accept(rows.columns())?;
        Ok((rows, Assembly::new(self.projection, limits)))
    }
}

/// How the position moves.
struct Course {
    position: Position,
    /// What was last said to be reached.
    given: Position,
    /// Where the rows come from; remembered with the first of them.
    origin: Origin,
    low: Watermark,
    /// Whether the cursor's first column tells the time.
    timed: bool,
    /// The last row of those that an id finds.
    seen: Option<Point>,
}

impl Course {
    fn new(table: &SourceTable, position: Position, origin: Origin, low: Watermark) -> Self {
        let timed = table.timestamp.is_some();
        Self { given: position.clone(), position, origin, low, timed, seen: None }
    }

    /// After rows up to `point`, the last that may move the position. Ids say nothing of when they were given, so such a position waits
    /// until all have been read.
    fn reach(&mut self, point: Point) -> Result<()> {
        if !self.timed {
            self.seen = Some(point);
            return Ok(());
        }
        point.must_follow(self.position.poll.as_ref())?;
        self.position.poll = Some(point);
        Ok(())
    }

    /// After all rows: what was seen last time is settled once everything that was open then has ended, and so was read by now.
    fn settle(&mut self) -> Result<()> {
        let settled = |ahead: &Ahead| self.low.low().is_some_and(|low| low >= ahead.seen);
        if self.position.ahead.as_ref().is_some_and(settled) {
            self.position.poll = self.position.ahead.take().map(|ahead| ahead.point);
        }
        let Some(seen) = self.seen.take() else { return Ok(()) };
        if self.position.ahead.is_none() && self.position.poll.as_ref() != Some(&seen) {
            self.position.ahead = Some(Ahead { point: seen, seen: self.low.clock().now });
        }
        Ok(())
    }

    /// The batch with the watermark; `None` where it has no rows and brings nothing further.
    fn finish(&mut self, batch: Batch) -> Result<Option<Batch>> {
        let empty = batch.rows.is_empty() && batch.failed.is_empty();
        if !empty {
            self.position.origin = self.origin.clone();
        }
        if empty && self.position == self.given {
            return Ok(None);
        }
        self.given = self.position.clone();
        Ok(Some(batch.up_to(self.position.cursor()?)))
    }
}

/// Which rows are read.
enum Stage {
    Stamped { rows: Rows, unstamped: Option<Box<Statement>> },
    Unstamped(Rows),
    Ended,
}

struct Poll {
    stage: Stage,
    assembly: Assembly,
    limits: BatchLimits,
    course: Course,
    end: End,
}

impl Poll {
    /// Adds rows until the batch is full; tells whether there may be more.
    async fn fill(&mut self) -> Result<bool> {
        let timed = self.course.timed;
        let settled = self.assembly.projection().width();
        let (rows, stamped) = match &mut self.stage {
            Stage::Stamped { rows, .. } => (rows, true),
            Stage::Unstamped(rows) => (rows, false),
            Stage::Ended => return Ok(false),
        };
        while !self.assembly.is_full() {
            let Some(row) = rows.next().await? else { return Ok(false) };
            // A position at a row that was stamped just now would hide those that are stamped so and come later.
            let before = || matches!(row.as_ref(settled), Some(Value::Int(1) | Value::UInt(1)));
            let moves = !stamped || !timed || before();
            self.assembly.add(row, moves)?;
        }
        Ok(true)
    }

    /// The rows so far.
    fn batch(&mut self) -> Result<Batch> {
        let batch = self.assembly.take();
        if let Some(point) = self.assembly.point()? {
            match &self.stage {
                Stage::Unstamped(_) => self.course.position.unstamped = Some(point),
                _ => self.course.reach(point)?,
            }
        }
        Ok(batch)
    }

    /// After the last row of a statement.
    async fn turn(&mut self) -> Result<Option<Batch>> {
        let batch = self.batch()?;
        match std::mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Stamped { rows, unstamped } => {
                self.course.settle()?;
                match unstamped {
                    None => rows.finish().await,
                    Some(statement) => {
                        let (rows, assembly) = statement.start(rows.into_session(), self.limits).await?;
                        self.assembly = assembly;
                        self.stage = Stage::Unstamped(rows);
                    }
                }
            }
            Stage::Unstamped(rows) => rows.finish().await,
            Stage::Ended => {}
        }
        self.course.finish(batch)
    }
}

#[async_trait]
impl Reader for Poll {
    async fn next(&mut self) -> Result<Next> {
        while !matches!(self.stage, Stage::Ended) {
            let batch = if self.fill().await? {
                let batch = self.batch()?;
                self.course.finish(batch)?
            } else {
                self.turn().await?
            };
            if let Some(batch) = batch {
                return Ok(Next::Batch(batch));
            }
        }
        Ok(Next::End(self.end))
    }
}
