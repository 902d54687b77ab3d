//! A reader over one statement under a fence. Copies and key lists differ in their statement and in their watermarks.

use sync_core::{Batch, BatchLimits, End, Next, Reader, Result, async_trait};

use super::assembly::Assembly;
use super::condition::Condition;
use super::projection::Projection;
use crate::cursor::Position;
use crate::rows::{Rows, Waits};
use crate::session::Session;

/// When a scan says how far it is.
#[derive(Debug)]
pub(super) enum Pace {
    /// With each batch, by the last row: rows come in the order of the projection.
    Ordered(Box<Position>),
    /// Never before the end.
    Silent,
}

/// What a scan gives besides rows.
#[derive(Debug)]
pub(super) struct Course {
    /// A watermark before the first row.
    pub(super) opening: Option<Position>,
    pub(super) pace: Pace,
    /// The watermark with the last row.
    pub(super) closing: Option<Position>,
    pub(super) end: End,
}

/// What a scan asks the server.
#[derive(Debug)]
pub(super) struct Query {
    /// Up to where its conditions would stand.
    pub(super) select: String,
    pub(super) condition: Condition,
    /// What follows the conditions.
    pub(super) order: String,
}

/// Where the rows come from.
enum Stage {
    /// The statement starts with the first call for rows: the server may search for long.
    Waiting(Session, Query),
    Reading(Rows),
    Ended,
}

/// Reads the rows of one statement.
pub(super) struct Scan {
    stage: Stage,
    assembly: Assembly,
    course: Course,
}

impl Scan {
    /// Will read what `query` selects, by `projection`.
    pub(super) fn new(
        session: Session,
        query: Query,
        projection: Projection,
        limits: BatchLimits,
        course: Course,
    ) -> Self {
        Self { stage: Stage::Waiting(session, query), assembly: Assembly::new(projection, limits), course }
    }

    /// Starts the statement, unless it runs already; tells whether there may be rows.
    async fn start(&mut self) -> Result<bool> {
        let (session, query) = match std::mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Waiting(session, query) => (session, query),
            stage => {
                let reading = matches!(stage, Stage::Reading(_));
                self.stage = stage;
                return Ok(reading);
            }
        };
        let waits = Waits::of_scan(session.timeouts());
        let Query { select, condition, order } = query;
        let statement = format!("{select}{}{order}", condition.clause());
        let rows = session.rows(&statement, condition.parameters(), waits).await?;
        self.assembly.projection().accept(rows.columns())?;
        self.stage = Stage::Reading(rows);
        Ok(true)
    }

    /// Adds rows until the batch is full; tells whether there may be more.
    async fn fill(&mut self) -> Result<bool> {
        let Stage::Reading(rows) = &mut self.stage else { return Ok(false) };
        while !self.assembly.is_full() {
            match rows.next().await? {
                Some(row) => self.assembly.add(row, true)?,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The batch under way, with its watermark.
    fn batch(&mut self) -> Result<Batch> {
        let batch = self.assembly.take();
        let Pace::Ordered(position) = &mut self.course.pace else { return Ok(batch) };
        if let Some(point) = self.assembly.point()? {
            position.copied = Some(point);
        }
        Ok(batch.up_to(position.cursor()?))
    }

    /// The last rows with the last watermark, or the end where there is neither.
    async fn close(&mut self) -> Result<Next> {
        if let Stage::Reading(rows) = std::mem::replace(&mut self.stage, Stage::Ended) {
            rows.finish().await;
        }
        let batch = self.assembly.take();
        Ok(match self.course.closing.take() {
            Some(position) => Next::Batch(batch.up_to(position.cursor()?)),
            None if batch.rows.is_empty() && batch.failed.is_empty() => Next::End(self.course.end),
            None => Next::Batch(batch),
        })
    }
}

#[async_trait]
impl Reader for Scan {
    async fn next(&mut self) -> Result<Next> {
        if let Some(position) = self.course.opening.take() {
            return Ok(Next::Batch(self.assembly.take().up_to(position.cursor()?)));
        }
        if !self.start().await? {
            return Ok(Next::End(self.course.end));
        }
        if self.fill().await? {
            return self.batch().map(Next::Batch);
        }
        self.close().await
    }
}
