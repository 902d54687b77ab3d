//! Rows that seem to differ, read again on both sides by their key.

use std::collections::HashMap;
use std::sync::Arc;

use super::Verification;
use super::report::{Difference, VerifyReport};
use crate::engine::compare::RowHasher;
use crate::engine::masked;
use crate::{Next, Op, ReadRequest, Result, Row, RowBatch, Scope};

/// Keys that are asked for at once.
const AT_ONCE: usize = 500;
/// Bytes of keys that get their time to agree; beyond that, a difference is one at once.
const KEPT: usize = 16 << 20;

/// Keys that differed twice.
#[derive(Default)]
pub(super) struct Doubts(Option<RowBatch>);

impl Doubts {
    /// Remembers a row, or reports it where there are too many.
    pub(super) fn add(&mut self, row: Row<'_>, difference: Difference, report: &mut VerifyReport) {
        let keys = self.0.get_or_insert_with(|| RowBatch::new(Arc::clone(row.schema())));
        // A row of the very table whose key rows these are always fits.
        if keys.size() >= KEPT || keys.push_row(row).is_err() {
            report.add(row, difference);
        }
    }

    pub(super) fn into_keys(self) -> Option<RowBatch> {
        self.0
    }
}

/// What one side says of a key: the hash of its content, or nothing for a row that is not there.
type Found = HashMap<u64, u64>;

impl Verification<'_> {
    /// Gives those of `keys` whose rows are not the same on both sides.
    pub(super) async fn recheck(&self, keys: &RowBatch, mut give: impl FnMut(Row<'_>, Difference)) -> Result<()> {
        let mut start = 0;
        while start < keys.len() {
            let mut asked = RowBatch::new(Arc::clone(keys.schema()));
            for row in keys.rows().skip(start).take(AT_ONCE) {
                asked.push_row(row)?;
            }
            start += asked.len();
            let hasher = RowHasher::default();
            // The replica first: what it gets in between, the source has.
            let ours = self.of_replica(&asked, &hasher).await?;
            let theirs = self.of_source(&asked, &hasher).await?;
            for row in asked.rows() {
                let key = hasher.key(row).key;
                match (theirs.get(&key), ours.get(&key)) {
                    (Some(theirs), Some(ours)) if theirs == ours => {}
                    (Some(_), Some(_)) => give(row, Difference::Content),
                    (Some(_), None) => give(row, Difference::Missing),
                    (None, Some(_)) if !self.extra_may_stay() => give(row, Difference::Extra),
                    (None, _) => {}
                }
            }
        }
        Ok(())
    }

    async fn of_source(&self, keys: &RowBatch, hasher: &RowHasher) -> Result<Found> {
        let scope = Scope::Rows(Arc::clone(&self.plan.source), keys.clone());
        let request = ReadRequest::new(scope, None);
        let mut reader = masked::read(&*self.source.source, self.plan, request).await?;
        let mut found = Found::new();
        while let Next::Batch(batch) = reader.next().await? {
            for row in batch.rows.rows().filter(|row| row.op() == Op::Upsert) {
                let hash = hasher.row(row);
                found.insert(hash.key, hash.content);
            }
        }
        Ok(found)
    }

    async fn of_replica(&self, keys: &RowBatch, hasher: &RowHasher) -> Result<Found> {
        let (replica, table, keys) = (Arc::clone(self.replica), self.plan.replica.clone(), keys.clone());
        let reading = tokio::task::spawn_blocking(move || replica.rows_of(&table, &keys));
        let rows = reading.await.map_err(|_| crate::Error::internal("reading the replica ended early"))??;
        let hashes = rows.rows().map(|row| hasher.row(row));
        Ok(hashes.map(|hash| (hash.key, hash.content)).collect())
    }
}
