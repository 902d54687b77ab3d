//! Reconcile: keys of source and replica are compared, and what differs is looked at again before anything is done about it. Of a source
//! that can't be swept, whole rows are compared.
//!
//! The two sides are read at different moments, so a difference is only a candidate. Its row is read once more, by key, in a snapshot
//! that is at least as new as all that was written before; what is not there then is deleted, what is there is stored.

mod candidates;
mod confirm;
mod merge;

use std::sync::Arc;
use std::time::Instant;

use candidates::{Candidates, Portion};
use confirm::Confirmed;

use super::job::Failure;
use super::table::Attempt;
use crate::plan::Deletes;
use crate::status::Phase;
use crate::{CopyState, Cursor, HeldDeletes, RowBatch};

/// Deletes that are always believed, as long as the source is not empty.
const FEW: u64 = 100;

/// Rows that were compared.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    source: u64,
    replica: u64,
}

impl Attempt<'_> {
    /// Finds rows that vanished and rows that are missing, and sets both right. The published table is polled on meanwhile.
    pub(super) async fn reconcile(&mut self, cursor: &mut Cursor, state: CopyState) -> Result<(), Failure> {
        self.run.status.update(&self.run.plan.replica.name, |table| table.phase = Phase::Reconciling);
        let (started, started_ms) = (Instant::now(), super::now_ms());
        // What this run wrote would seem to be missing.
        self.run.writer.flush(self.job).await?;
        let mut confirmed = Confirmed::later(&self.run.plan.source.schema);
        let totals = self.find(cursor, state, &mut confirmed).await?;
        self.upkeep.held = match state {
            CopyState::Live if !self.believes(confirmed.count, totals) => Some(self.hold(confirmed.count, totals)),
            _ => {
                self.delete(confirmed, cursor, state).await?;
                None
            }
        };
        self.upkeep.reconciled_ms = Some(started_ms);
        self.upkeep.reconciled_quiet.clone_from(&self.run.options.quiet);
        self.upkeep.rows = Some(totals.replica);
        self.upkeep.deletes_seen = self.deletes_now();
        self.upkeep.reconcile_owed = false;
        self.outcome.reconciled = Some(started.elapsed());
        self.note(cursor, state).await
    }

    /// Confirms all candidates.
    async fn find(
        &mut self,
        cursor: &mut Cursor,
        state: CopyState,
        confirmed: &mut Confirmed,
    ) -> Result<Totals, Failure> {
        let mut candidates = Candidates::start(self.run, cursor, state).await.map_err(Failure::Own)?;
        let mut poll_due = Instant::now() + self.run.plan.sync_interval;
        loop {
            let mut next = std::pin::pin!(candidates.next());
            let portion = loop {
                tokio::select! {
                    biased;
                    portion = &mut next => break portion,
                    () = tokio::time::sleep_until(poll_due.into()), if state == CopyState::Live => {
                        self.poll(cursor).await?;
                        poll_due = Instant::now() + self.run.plan.sync_interval;
                    }
                }
            };
            match portion.map_err(Failure::Own)? {
                Portion::Keys(keys) => self.confirm(keys, cursor, state, confirmed).await?,
                Portion::Restarted => confirmed.clear(),
                Portion::End(totals) => return Ok(totals),
            }
        }
    }

    async fn delete(&mut self, confirmed: Confirmed, cursor: &mut Cursor, state: CopyState) -> Result<(), Failure> {
        if self.run.plan.deletes == Deletes::Ignore {
            return Ok(());
        }
        if confirmed.is_whole() {
            return self.confirm_again(confirmed, cursor, state).await;
        }
        // More than was kept in memory, and all of it is believed: found once more, and deleted as it is confirmed.
        let mut confirmed = Confirmed::now(&self.run.plan.source.schema);
        self.find(cursor, state, &mut confirmed).await.map(|_| ())
    }

    /// Deletes what is still gone: a poll may have brought a row back since its key was confirmed, and no poll comes in between here.
    async fn confirm_again(&mut self, gone: Confirmed, cursor: &Cursor, state: CopyState) -> Result<(), Failure> {
        let schema = &self.run.plan.source.schema;
        let mut confirmed = Confirmed::now(schema);
        for first in (0..gone.deletes.len()).step_by(candidates::AT_ONCE) {
            let mut keys = RowBatch::new(Arc::clone(schema));
            for row in gone.deletes.rows().skip(first).take(candidates::AT_ONCE) {
                keys.push_row(row).map_err(Failure::Own)?;
            }
            self.confirm(keys, cursor, state, &mut confirmed).await?;
        }
        Ok(())
    }

    /// Whether so many deletes can be right. Seen twice, or asked for, they are.
    fn believes(&self, deletes: u64, totals: Totals) -> bool {
        let part = self.run.plan.max_delete_fraction * totals.replica as f64;
        let suspicious = deletes > 0 && (totals.source == 0 || (deletes > FEW && deletes as f64 > part));
        let seen_before = self.upkeep.held.as_ref().is_some_and(|held| deletes >= held.deletes);
        let ignored = self.run.plan.deletes == Deletes::Ignore;
        !suspicious
            || ignored
            || seen_before
            || self.run.options.accept_deletes
            || self.run.plan.max_delete_fraction >= 1.0
    }

    fn hold(&self, deletes: u64, totals: Totals) -> HeldDeletes {
        let since_ms = self.upkeep.held.as_ref().map_or_else(super::now_ms, |held| held.since_ms);
        let (table, rows) = (self.run.plan.id(), totals.replica);
        tracing::warn!(
            %table, deletes, rows,
            "so many rows are gone at the source that they are kept for now; they are deleted when the next comparison of keys \
             finds the same, or by `data-sync accept-deletes {table}`"
        );
        HeldDeletes::new(deletes, rows, since_ms)
    }
}
