//! A transaction with a fault.

use std::sync::Arc;

use sync_core::memory::OwnedRow;
use sync_core::{
    Checkpoint, CopyState, Error, FailedRow, Op, OwnedValue, ReplicaTable, Result, RowBatch, RunRecord, SchemaChange,
    SinkTransaction, StreamId, Upkeep, WriteStats,
};

use super::SinkFault;
use crate::sink::subject::REPLICA;

pub(super) struct BrokenTransaction<'a> {
    /// Taken by the commit.
    transaction: Option<Box<dyn SinkTransaction + 'a>>,
    fault: SinkFault,
    failed: &'a mut Vec<FailedRow>,
}

impl<'a> BrokenTransaction<'a> {
    pub(super) fn new(
        transaction: Box<dyn SinkTransaction + 'a>,
        fault: SinkFault,
        failed: &'a mut Vec<FailedRow>,
    ) -> Self {
        Self { transaction: Some(transaction), fault, failed }
    }

    fn is_early(&self, table: &ReplicaTable) -> bool {
        self.fault == SinkFault::PublishesEarly && table.name == REPLICA
    }

    /// Keeps aside again what was kept aside once and now stored.
    fn fail_again(&mut self, table: &ReplicaTable, rows: &RowBatch) -> Result<()> {
        let keys: Vec<_> = rows.rows().map(FailedRow::key_of).collect();
        let again: Vec<_> = self.failed.iter().filter(|failed| keys.contains(&failed.key)).cloned().collect();
        again.iter().try_for_each(|failed| self.open()?.fail(table, failed))
    }

    fn open(&mut self) -> Result<&mut (dyn SinkTransaction + 'a)> {
        self.transaction.as_deref_mut().ok_or_else(|| Error::internal("the transaction is over"))
    }
}

impl SinkTransaction for BrokenTransaction<'_> {
    fn apply_schema(&mut self, table: &ReplicaTable, change: &SchemaChange) -> Result<()> {
        let early = self.is_early(table) && *change == SchemaChange::StartBuild;
        let transaction = self.open()?;
        transaction.apply_schema(table, change)?;
        if early { transaction.publish(table) } else { Ok(()) }
    }

    fn write(&mut self, table: &ReplicaTable, state: CopyState, rows: &RowBatch) -> Result<WriteStats> {
        let fault = self.fault;
        let state = if self.is_early(table) { CopyState::Live } else { state };
        let transaction = self.open()?;
        let deletes = rows.rows().any(|row| row.op() == Op::Delete);
        if fault == SinkFault::IgnoresDeletes && deletes && rows.len() > 1 && table.deleted_column.is_none() {
            return Ok(WriteStats::new(0, 0, rows.len() as u64));
        }
        let mut stats = match fault {
            SinkFault::DropsEqualRows if table.schema.key().is_empty() => {
                transaction.write(table, state, &distinct(rows)?)?
            }
            SinkFault::DeletesForGood if deletes && table.kept_of_gone.is_none() => {
                transaction.write(&unmarked(table), state, rows)?
            }
            _ => transaction.write(table, state, rows)?,
        };
        match fault {
            SinkFault::WritesEverything if !deletes => stats.changed += std::mem::take(&mut stats.unchanged),
            SinkFault::StopsAtRefusedRows if stats.failed > 0 => return Err(Error::value("a row was refused")),
            SinkFault::KeepsFailedRows => self.fail_again(table, rows)?,
            _ => {}
        }
        Ok(stats)
    }

    fn fail(&mut self, table: &ReplicaTable, row: &FailedRow) -> Result<()> {
        self.failed.push(row.clone());
        self.open()?.fail(table, row)
    }

    fn publish(&mut self, table: &ReplicaTable) -> Result<()> {
        match self.fault {
            _ if self.is_early(table) => Ok(()),
            SinkFault::DropsGoneRows => self.open()?.publish(&table.clone().kept_of_gone(None)),
            _ => self.open()?.publish(table),
        }
    }

    fn record(&mut self, stream: &StreamId, run: &RunRecord) -> Result<()> {
        self.open()?.record(stream, run)
    }

    fn commit(mut self: Box<Self>, checkpoints: &[Checkpoint]) -> Result<()> {
        let building = checkpoints.iter().any(|checkpoint| checkpoint.state == CopyState::Building);
        // A copy without any checkpoint would not be found again at all, which is another promise.
        let forgets = self.fault == SinkFault::ForgetsCheckpoints && !building;
        let mut stored = if forgets { Vec::new() } else { checkpoints.to_vec() };
        if self.fault == SinkFault::ForgetsWhatIsAskedFor {
            // The kit's own copies have no fingerprint.
            stored.retain(|checkpoint| checkpoint.state == CopyState::Live || checkpoint.fingerprint.is_empty());
        }
        if self.fault == SinkFault::ForgetsNotes {
            stored.iter_mut().for_each(|checkpoint| checkpoint.upkeep = Upkeep::default());
        }
        match self.transaction.take() {
            Some(transaction) => transaction.commit(&stored),
            None => Ok(()),
        }
    }
}

impl Drop for BrokenTransaction<'_> {
    fn drop(&mut self) {
        if let (SinkFault::CommitsOnDrop, Some(transaction)) = (self.fault, self.transaction.take()) {
            // Nobody is there to hear of an error.
            let _ = transaction.commit(&[]);
        }
    }
}

fn distinct(rows: &RowBatch) -> Result<RowBatch> {
    let mut seen: Vec<OwnedRow> = Vec::new();
    let mut distinct = RowBatch::new(Arc::clone(rows.schema()));
    for row in rows.rows() {
        let values: OwnedRow = row.values().map(OwnedValue::from).collect();
        if !seen.contains(&values) {
            distinct.push_row(row)?;
            seen.push(values);
        }
    }
    Ok(distinct)
}

fn unmarked(table: &ReplicaTable) -> ReplicaTable {
    table.clone().deleted_column(None)
}
