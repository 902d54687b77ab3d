//! A reader over one query under a fence: as a COPY, or through a cursor where rows are wide. Copy, sweep and key lists differ in their query and in their watermarks.

use sync_core::{Batch, BatchLimits, End, Next, Reader, Result, async_trait};

use super::assembly::Assembly;
use super::copy_rows::CopyRows;
use super::fetched_rows::FetchedRows;
use super::projection::Projection;
use super::wait::Waits;
use crate::cursor::Position;
use crate::session::Session;

/// When a scan says how far it is.
#[derive(Debug)]
pub(super) enum Pace {
    /// With each batch, by the last row: rows come in the order of the projection.
    Ordered(Position),
    /// After many rows, where a later read starts as this one did: commits are cut to size, and nothing is claimed.
    Grouped { unchanged: Position, rows: usize },
    /// Never before the end.
    Silent,
}

/// Rows after which a group is cut.
const GROUP: usize = 100_000;

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

/// How the rows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// In one stream: what costs least.
    Copy,
    /// Some at a time: what takes least memory when rows are wide.
    Fetch,
}

enum Rows {
    Copied(CopyRows),
    Fetched(FetchedRows),
}

/// Reads the rows of a query.
pub(super) struct Scan {
    // Dropped before the session: nothing may wait for a stream that nobody reads.
    rows: Option<Rows>,
    way: Way,
    session: Option<Session>,
    query: String,
    waits: Waits,
    assembly: Assembly,
    course: Course,
}

impl Scan {
    /// Will read what `query` selects, by `projection`. The query starts with the first call for rows: the server may search for long.
    pub(super) fn new(
        session: Session,
        query: String,
        projection: Projection,
        limits: BatchLimits,
        waits: Waits,
        course: Course,
    ) -> Self {
        let assembly = Assembly::new(projection, limits);
        Self { rows: None, way: Way::Copy, session: Some(session), query, waits, assembly, course }
    }

    /// Lets the rows come in another way than by COPY.
    pub(super) fn by(self, way: Way) -> Self {
        Self { way, ..self }
    }

    /// The batch under way, with its watermark.
    fn batch(&mut self) -> Result<Batch> {
        let batch = self.assembly.take();
        let cursor = match &mut self.course.pace {
            Pace::Ordered(position) => {
                if let Some(point) = self.assembly.point()? {
                    position.copied = Some(point);
                }
                Some(position.cursor()?)
            }
            Pace::Grouped { unchanged, rows } => {
                *rows += batch.rows.len();
                if *rows < GROUP {
                    None
                } else {
                    *rows = 0;
                    Some(unchanged.cursor()?)
                }
            }
            Pace::Silent => None,
        };
        Ok(match cursor {
            Some(cursor) => batch.up_to(cursor),
            None => batch,
        })
    }

    /// The last rows with the last watermark, or the end where there is neither.
    async fn close(&mut self) -> Result<Next> {
        self.rows = None;
        if let Some(session) = self.session.take() {
            session.finish().await;
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
        let Some(session) = &self.session else { return Ok(Next::End(self.course.end)) };
        let client = session.client();
        let rows = match &mut self.rows {
            Some(rows) => rows,
            None => self.rows.insert(match self.way {
                Way::Copy => Rows::Copied(CopyRows::start(client, &self.query, self.waits).await?),
                Way::Fetch => Rows::Fetched(FetchedRows::start(session, &self.query, self.waits).await?),
            }),
        };
        let more = match rows {
            Rows::Copied(rows) => rows.fill(&mut self.assembly).await?,
            Rows::Fetched(rows) => rows.fill(client, &mut self.assembly).await?,
        };
        if more {
            return self.batch().map(Next::Batch);
        }
        self.close().await
    }
}
