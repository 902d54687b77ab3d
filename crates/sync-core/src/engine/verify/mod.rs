//! Verify: every row of a table is compared with the source, without touching either.

mod recheck;
mod report;

use std::sync::Arc;
use std::time::Duration;

pub use report::{Differences, VerifyReport};

use super::changed;
use super::compare::{BucketSet, Comparison, Content};
use super::{Engine, EngineSource};
use crate::plan::{Deletes, Mode};
use crate::{CopyState, Error, Replica, Result, TablePlan};
use recheck::Doubts;

/// Compares a table of the replica with its source.
///
/// Both sides are read once, each at one moment, by whatever way costs them least; nothing but sums is remembered. Rows that seem to
/// differ are read again on both sides: what the source changed in between is no difference. With `patience`, which should be more
/// than the table's `sync_interval` while the replica is kept up to date by somebody, those that still differ get so much time to agree.
///
/// Rows marked as deleted are not counted; nor is a sign of zero, which the replica does not keep. Where deletes are ignored, a row that
/// the source has no more is no difference.
///
/// # Errors
/// When either side can't be read.
pub async fn verify(
    source: &EngineSource,
    plan: &TablePlan,
    replica: &Arc<dyn Replica>,
    patience: Duration,
) -> Result<VerifyReport> {
    let found = async {
        let frozen = comparable(plan, replica).await?;
        Verification { source, plan: frozen.as_ref().unwrap_or(plan), replica, patience }.run().await
    };
    found.await.map_err(|error| error.at(format!("table {}", plan.id())))
}

/// The plan as the replica follows it, where it leaves out what came since.
///
/// # Errors
/// When the table is not what was copied any more.
async fn comparable(plan: &TablePlan, replica: &Arc<dyn Replica>) -> Result<Option<TablePlan>> {
    let (replica, stream) = (Arc::clone(replica), plan.replica.stream());
    let reading = tokio::task::spawn_blocking(move || replica.checkpoint(&stream));
    let stored = reading.await.map_err(|_| Error::internal("reading the replica ended early"))??;
    let Some(stored) = stored else { return Ok(None) };
    let frozen = plan.frozen(&stored);
    match changed::incomparable(plan, &stored) {
        Some(error) if frozen.is_none() => Err(error),
        _ => Ok(frozen),
    }
}

struct Verification<'a> {
    source: &'a EngineSource,
    plan: &'a TablePlan,
    replica: &'a Arc<dyn Replica>,
    patience: Duration,
}

impl Verification<'_> {
    async fn run(&self) -> Result<VerifyReport> {
        let comparison = self.comparison();
        let sums = comparison.sums().await?;
        let mut report = VerifyReport::new(self.plan, sums.source.rows, sums.replica.rows);
        let sets = sums.differing();
        if self.plan.source.schema.key().is_empty() {
            return if sets.is_empty() { Ok(report) } else { self.without_key(report).await };
        }
        let mut doubts = Doubts::default();
        for set in sets {
            self.look_into(&comparison, set, &mut doubts, &mut report).await?;
        }
        self.settle(doubts, &mut report).await?;
        Ok(report)
    }

    fn comparison(&self) -> Comparison<'_> {
        Comparison::new(&*self.source.source, self.replica, self.plan, CopyState::Live, Content::Rows)
    }

    async fn look_into(
        &self,
        comparison: &Comparison<'_>,
        set: BucketSet,
        doubts: &mut Doubts,
        report: &mut VerifyReport,
    ) -> Result<()> {
        let compared = comparison.differences(set).await?;
        let extra = (!self.extra_may_stay()).then_some(compared.extra);
        for keys in [compared.missing, compared.different].into_iter().chain(extra) {
            self.recheck(&keys, |row, difference| doubts.add(row, difference, report)).await?;
        }
        Ok(())
    }

    /// Whether rows that the source has no more are as they should be.
    fn extra_may_stay(&self) -> bool {
        self.plan.deletes == Deletes::Ignore && self.plan.mode == Mode::Follow
    }

    /// Gives what differs its time, and reports what still does.
    async fn settle(&self, doubts: Doubts, report: &mut VerifyReport) -> Result<()> {
        let Some(keys) = doubts.into_keys() else { return Ok(()) };
        if !self.patience.is_zero() {
            tokio::time::sleep(self.patience).await;
        }
        self.recheck(&keys, |row, difference| report.add(row, difference)).await
    }

    /// Without a key no row can be asked for again: all are compared once more, and counted.
    async fn without_key(&self, report: VerifyReport) -> Result<VerifyReport> {
        tokio::time::sleep(self.patience).await;
        let comparison = self.comparison();
        let sums = comparison.sums().await?;
        let mut again = VerifyReport::new(self.plan, sums.source.rows, sums.replica.rows);
        again.rows_checked += report.rows_checked;
        for set in sums.differing() {
            let compared = comparison.differences(set).await?;
            again.missing.count += compared.missing.len() as u64;
            again.extra.count += compared.extra.len() as u64;
        }
        Ok(again)
    }
}

impl Engine {
    /// Verifies a planned table of the source at this position, in the replica that this engine writes.
    ///
    /// # Errors
    /// As [`verify`]; also when there is no such source.
    pub async fn verify(&self, source: usize, plan: &TablePlan, patience: Duration) -> Result<VerifyReport> {
        verify(self.source(source)?, plan, &self.replica, patience).await
    }

    pub(super) fn source(&self, index: usize) -> Result<&EngineSource> {
        self.sources.get(index).ok_or_else(|| Error::internal(format!("there is no source {index}")))
    }
}
