//! The rows of a server's cursor, fetched some at a time. The driver reads a stream ahead by several messages, and a message is a whole
//! row: of rows of many megabytes that would be several times what has to be in memory.

use sync_core::{BatchLimits, Result};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::assembly::Assembly;
use super::poll_rows::PollRows;
use super::projection::Fields;
use super::wait::Waits;
use crate::catalog::Sizes;
use crate::error::within;
use crate::session::Session;

/// Bytes that the server keeps outside of a table's rows before it matters how they are read: compressed, so there may be far more.
const LARGE: i64 = 256 << 10;
/// Bytes outside of the rows for one inside, from which most of a row is outside.
const MOSTLY_OUTSIDE: i64 = 2;
/// Rows of one fetch at most.
const MOST: usize = 1000;

const NO_PARAMETERS: [(&str, Type); 0] = [];

/// Whether rows are so wide that a stream of them should not be read ahead.
pub(super) fn are_wide(sizes: Sizes) -> bool {
    sizes.outside >= LARGE && sizes.outside / MOSTLY_OUTSIDE >= sizes.inside
}

/// Rows of a cursor that was declared in the transaction under way.
pub(super) struct FetchedRows {
    waits: Waits,
    /// The rows that were asked for, as far as they came.
    fetch: Option<PollRows>,
    asked: usize,
    came: usize,
    bytes: usize,
}

impl FetchedRows {
    /// Declares a cursor for `query`.
    pub(super) async fn start(session: &Session, query: &str, waits: Waits) -> Result<Self> {
        let declare = format!("DECLARE data_sync_rows NO SCROLL CURSOR FOR {query}");
        within(waits.first, "declare a cursor", session.client().batch_execute(&declare)).await?;
        Ok(Self { waits, fetch: None, asked: 0, came: 0, bytes: 0 })
    }

    /// Adds rows until the batch is full; tells whether there may be more.
    pub(super) async fn fill(&mut self, client: &Client, assembly: &mut Assembly) -> Result<bool> {
        while !assembly.is_full() {
            let fetch = match &mut self.fetch {
                Some(fetch) => fetch,
                None => {
                    self.asked = self.fitting(assembly.limits());
                    (self.came, self.bytes) = (0, 0);
                    let sql = format!("FETCH FORWARD {} FROM data_sync_rows", self.asked);
                    let fetching = client.query_typed_raw(&sql, NO_PARAMETERS);
                    let rows = within(self.waits.first, "fetch rows", fetching).await?;
                    self.fetch.insert(PollRows::new(rows, self.waits))
                }
            };
            match fetch.next(assembly.projection()).await? {
                Some(row) => {
                    self.came += 1;
                    self.bytes += row.size();
                    assembly.add(&row, true)?;
                }
                None => {
                    self.fetch = None;
                    if self.came < self.asked {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// As many rows as make a batch, when they are as wide as those of the last fetch were; one to begin with.
    fn fitting(&self, limits: BatchLimits) -> usize {
        let width = self.bytes.checked_div(self.came).map_or(limits.bytes, |width| width.max(1));
        (limits.bytes / width).clamp(1, MOST.min(limits.rows))
    }
}
