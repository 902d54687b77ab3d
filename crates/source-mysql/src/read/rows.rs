//! The present state of rows that are named by their key.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use sync_core::{
    Batch, BatchLimits, End, Error, FailedRow, Next, Reader, Result, Row, RowBatch, SourceTable, Value, async_trait,
};

use super::Started;
use super::arrival::arrive;
use super::assembly::Assembly;
use super::condition::Condition;
use super::fence::{Fence, enter};
use super::projection::Projection;
use crate::cursor::Origin;
use crate::pool::Pool;
use crate::rows::{Rows, Waits};
use crate::session::Session;
use crate::types::Comparison;

/// Keys that are asked for in one statement.
const ASKED_AT_ONCE: usize = 200;

/// Looks the rows up under one snapshot.
pub(super) async fn rows(
    pool: &Pool,
    table: &Arc<SourceTable>,
    before: Option<Origin>,
    keys: RowBatch,
    limits: BatchLimits,
) -> Result<Started> {
    super::needs_key(&table.schema)?;
    let arrival = arrive(pool, table.schema.id(), before.as_ref()).await?;
    let Fence { session, target, .. } = enter(arrival, table).await?;
    let projection = Projection::of_changes(&target, &[])?;
    let relation = Arc::clone(&target.relation);
    let lookup = Lookup {
        session: Some(session),
        asked: None,
        select: format!("SELECT {} FROM {}", projection.list(), target.from()),
        assembly: Assembly::new(projection, limits),
        comparisons: target.comparisons(table.schema.key())?,
        left: (0..keys.len()).collect(),
        keys,
    };
    Ok(Started::Reading(Box::new(lookup), relation))
}

struct Lookup {
    /// Between two statements.
    session: Option<Session>,
    asked: Option<Asked>,
    select: String,
    assembly: Assembly,
    comparisons: Vec<Comparison>,
    keys: RowBatch,
    /// Keys that were not asked for yet.
    left: VecDeque<usize>,
}

/// One statement under way.
struct Asked {
    rows: Rows,
    /// The keys, by their texts, that were not found yet.
    missing: HashMap<String, usize>,
}

impl Lookup {
    async fn ask(&mut self, session: Session) -> Result<Asked> {
        let asked: Vec<usize> = self.left.drain(..self.left.len().min(ASKED_AT_ONCE)).collect();
        let mut condition = Condition::default();
        for (index, key) in asked.iter().enumerate() {
            condition.text.push_str(if index == 0 { "" } else { " OR " });
            add_key(&mut condition, &self.comparisons, self.keys.row(*key))?;
        }
        let waits = Waits::of_poll(session.timeouts());
        let statement = format!("{}{}", self.select, condition.clause());
        let rows = session.rows(&statement, condition.parameters(), waits).await?;
        self.assembly.projection().accept(rows.columns())?;
        let missing = asked.into_iter().map(|key| (FailedRow::key_of(self.keys.row(key)), key)).collect();
        Ok(Asked { rows, missing })
    }

    /// Adds found rows until the batch is full or all are there; tells whether all are.
    async fn collect(&mut self, asked: &mut Asked) -> Result<bool> {
        while !self.assembly.is_full() {
            let Some(row) = asked.rows.next().await? else { return Ok(true) };
            // A collation may find "A" for "a": that is another row of the replica, and the asked one is gone.
            if let Some(key) = self.assembly.projection().key_of(&row) {
                asked.missing.remove(&FailedRow::key_of(key.row(0)));
            }
            self.assembly.add(row, false)?;
        }
        Ok(false)
    }

    /// Tombstones for the keys that were not found.
    fn bury(&mut self, missing: HashMap<String, usize>) -> Result<()> {
        let mut missing: Vec<usize> = missing.into_values().collect();
        missing.sort_unstable();
        missing.into_iter().try_for_each(|key| self.assembly.rows_mut().push_key_of(self.keys.row(key)))
    }
}

/// `(k1 = ? AND k2 = ?)`
fn add_key(condition: &mut Condition, comparisons: &[Comparison], key: Row<'_>) -> Result<()> {
    condition.text.push('(');
    for (index, (column, value)) in comparisons.iter().zip(key.key()).enumerate() {
        condition.text.push_str(if index == 0 { "" } else { " AND " });
        if value == Value::Null {
            return Err(Error::internal("a key to look up has a NULL"));
        }
        let bound = column.bind_cell(value);
        let bound = bound.map_err(|error| Error::internal(format!("a key to look up can't be bound: {error}")))?;
        condition.compare(column, "=", bound);
    }
    condition.text.push(')');
    Ok(())
}

#[async_trait]
impl Reader for Lookup {
    async fn next(&mut self) -> Result<Next> {
        loop {
            let mut asked = match (self.asked.take(), self.session.take()) {
                (Some(asked), _) => asked,
                (None, Some(session)) if !self.left.is_empty() => self.ask(session).await?,
                (None, Some(session)) => {
                    session.finish().await;
                    break;
                }
                (None, None) => break,
            };
            if self.collect(&mut asked).await? {
                self.bury(asked.missing)?;
                self.session = Some(asked.rows.into_session());
            } else {
                self.asked = Some(asked);
            }
            if self.assembly.is_full() {
                return Ok(Next::Batch(self.assembly.take()));
            }
        }
        let batch: Batch = self.assembly.take();
        Ok(if batch.rows.is_empty() && batch.failed.is_empty() { Next::End(End::Complete) } else { Next::Batch(batch) })
    }
}
