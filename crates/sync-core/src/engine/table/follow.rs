//! The published table is brought up to date: by a poll, a sweep, another try at failed rows, and a comparison of keys.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::{Instrument as _, debug_span};

use super::Attempt;
use crate::engine::entry::Deleted;
use crate::engine::job::Failure;
use crate::engine::now_ms;
use crate::engine::report::Work;
use crate::engine::writer::Step;
use crate::fingerprint::of_indexes;
use crate::plan::Deletes;
use crate::status::Phase;
use crate::{CopyState, Cursor, End, Error, ReadRequest, SchemaChange, Scope, SourceTable};

/// Keys that are compared whenever somebody asks for a table, though no delete was counted: some are counted late, and a changed key is
/// none.
const SMALL: u64 = 200_000;

impl Attempt<'_> {
    /// Follows the changes since the cursor.
    pub(super) async fn follow(&mut self, mut cursor: Cursor) -> Result<(), Failure> {
        self.run.enter(Phase::Following);
        self.outcome.work = Some(Work::Followed);
        self.keep_indexes(&cursor).await?;
        // What the pulse said holds for the first poll after it alone.
        let quiet = self.run.options.quiet_now.clone();
        self.poll_unless(quiet, &mut cursor).instrument(debug_span!("poll")).await?;
        self.keep_up(cursor).await
    }

    /// Gives the published table the indexes that came at the source, or by the configuration, since it was published.
    pub(super) async fn keep_indexes(&mut self, cursor: &Cursor) -> Result<(), Failure> {
        let wanted = of_indexes(&self.run.plan.replica.schema);
        if self.upkeep.indexes == wanted {
            return Ok(());
        }
        tracing::info!("its indexes are brought up to date");
        self.upkeep.indexes = wanted;
        self.run.writer.step(self.job, Step::Schema(SchemaChange::Indexes)).await?;
        self.note(cursor, CopyState::Live).await
    }

    /// Reads what the cursor has not reached.
    pub(crate) async fn poll(&mut self, cursor: &mut Cursor) -> Result<(), Failure> {
        self.poll_unless(None, cursor).await
    }

    /// As [`Attempt::poll`], unless all was read in this very quiet.
    async fn poll_unless(&mut self, quiet: Option<String>, cursor: &mut Cursor) -> Result<(), Failure> {
        let after = Some(cursor.clone());
        let request = ReadRequest::new(Scope::Table(self.table()), None).quiet(quiet);
        if let (_, Some(reached)) = self.read_as(request, after, CopyState::Live).await? {
            *cursor = reached;
        }
        Ok(())
    }

    /// Reads everything into the published table: rows that are as they should be stay untouched. Broken off, it goes on by its cursor
    /// like any other read.
    pub(super) async fn repair(&mut self, because: &str) -> Result<(), Failure> {
        tracing::warn!("comparing every row with the source: {because}");
        self.run.enter(Phase::Copying);
        self.outcome.work = Some(Work::Repaired);
        self.upkeep.reconcile_owed = true;
        self.upkeep.swept_ms = None;
        let (_, cursor) = self.read(Scope::Table(self.table()), None, CopyState::Live).await?;
        let none = || Failure::Own(Error::internal("the source gave no watermark").at(self.run.place()));
        self.keep_up(cursor.ok_or_else(none)?).await
    }

    /// What a poll can't see.
    async fn keep_up(&mut self, mut cursor: Cursor) -> Result<(), Failure> {
        self.retry_failed(&cursor).instrument(debug_span!("retry")).await?;
        if self.run.source.capabilities().sweep && (self.run.options.sweep || self.upkeep.reconcile_owed) {
            self.sweep(&mut cursor, CopyState::Live).instrument(debug_span!("sweep")).await?;
        }
        if self.must_reconcile() {
            self.reconcile(&mut cursor, CopyState::Live).instrument(debug_span!("reconcile")).await?;
        }
        Ok(())
    }

    /// Reads what the horizon does not cover, unless the source vouches that there is nothing.
    pub(super) async fn sweep(&mut self, cursor: &mut Cursor, state: CopyState) -> Result<(), Failure> {
        if !self.run.source.capabilities().sweep {
            return Ok(());
        }
        let skip = state == CopyState::Live && !self.upkeep.reconcile_owed && self.may_skip();
        let activity = self.run.options.activity.clone().filter(|_| skip);
        let (started, started_ms) = (Instant::now(), now_ms());
        let request = ReadRequest::new(Scope::Sweep(self.table()), None).activity(activity);
        let (end, reached) = self.read_as(request, Some(cursor.clone()), state).await?;
        if end == End::Unchanged {
            return Ok(());
        }
        self.outcome.swept = Some(started.elapsed());
        let quiet = self.run.options.quiet.clone();
        let news = quiet.is_some() && quiet != self.upkeep.swept_quiet;
        let moved = reached.as_ref().is_some_and(|reached| reached != cursor);
        if let Some(reached) = reached {
            *cursor = reached;
        }
        // The time matters only where a sweep could be left out; it is stored with rows, or when it is about to count no more.
        let stale = self.age(self.upkeep.swept_ms).is_none_or(|age| age >= self.run.plan.max_skip / 2);
        self.upkeep.swept_ms = Some(started_ms);
        self.upkeep.swept_quiet = quiet;
        if moved || news || (stale && self.run.options.activity.is_some()) {
            self.note(cursor, state).await?;
        }
        Ok(())
    }

    /// Whether the last sweep that left nothing out was recent enough for another to be left out. Where somebody waits for what is there
    /// now, counters that may be late do not do: then nobody may have written anything.
    pub(super) fn may_skip(&self) -> bool {
        let recent = self.age(self.upkeep.swept_ms).is_some_and(|age| age < self.run.plan.max_skip);
        recent && (self.run.options.deleted != Deleted::Maybe || self.is_quiet_since(&self.upkeep.swept_quiet))
    }

    fn is_quiet_since(&self, then: &Option<String>) -> bool {
        self.run.options.quiet.is_some() && self.run.options.quiet == *then
    }

    fn must_reconcile(&self) -> bool {
        if !self.run.source.capabilities().reconcile {
            return false;
        }
        if self.upkeep.reconcile_owed {
            return true;
        }
        let plan = self.run.plan;
        let sweeps = self.run.source.capabilities().sweep;
        // Without a sweep, comparing is the only way to rows that a poll missed.
        if plan.deletes == Deletes::Ignore && sweeps {
            return false;
        }
        // Nothing else brings changes of such a table.
        let blind = !sweeps && plan.source.keyset().is_empty() && !self.is_quiet_since(&self.upkeep.reconciled_quiet);
        let options = &self.run.options;
        let due = self.age(self.upkeep.reconciled_ms).is_none_or(|age| age >= plan.reconcile_interval);
        let now = self.deletes_now();
        due || options.accept_deletes
            || match options.deleted {
                Deleted::Later => false,
                Deleted::IfCounted => blind || (now.is_some() && now != self.upkeep.deletes_seen),
                Deleted::Maybe => {
                    // Where whole rows are compared, a large table waits for its time unless something tells of deletes.
                    let counted = blind || if now.is_none() { sweeps } else { now != self.upkeep.deletes_seen };
                    let small = self.upkeep.rows.is_none_or(|rows| rows <= SMALL);
                    self.upkeep.held.is_some()
                        || ((counted || small) && !self.is_quiet_since(&self.upkeep.reconciled_quiet))
                }
            }
    }

    /// The source's count of deletes when this run began, where it keeps one.
    pub(crate) fn deletes_now(&self) -> Option<String> {
        self.run.options.activity.as_ref().and_then(|activity| activity.deletes.clone())
    }

    /// How long ago something was. Nothing for what lies in the future: the clock was set, so nobody knows.
    pub(crate) fn age(&self, since_ms: Option<i64>) -> Option<Duration> {
        let age = now_ms().checked_sub(since_ms?)?;
        u64::try_from(age).ok().map(Duration::from_millis)
    }

    pub(crate) fn table(&self) -> Arc<SourceTable> {
        Arc::clone(&self.run.plan.source)
    }
}
