//! Everything into a build table, which takes the place of the published one when it is complete.

use tracing::{Instrument as _, debug_span};

use super::Attempt;
use crate::engine::job::Failure;
use crate::engine::report::Work;
use crate::engine::writer::Step;
use crate::status::Phase;
use crate::{CopyState, Cursor, End, Error, SchemaChange, Scope, Upkeep};

impl Attempt<'_> {
    /// Copies from the start.
    pub(super) async fn copy(&mut self, because: Option<String>) -> Result<(), Failure> {
        if let Some(because) = because {
            tracing::warn!("copying again: {because}");
        }
        self.outcome.work = Some(Work::Copied);
        self.start_build().await?;
        self.build(None).await
    }

    /// Goes on with a copy.
    pub(super) async fn resume(&mut self, cursor: Cursor) -> Result<(), Failure> {
        tracing::info!("going on with the copy from its checkpoint");
        self.outcome.work = Some(Work::Resumed);
        self.build(Some(cursor)).await
    }

    /// Reads the whole table anew, unless it provably stands still.
    pub(super) async fn full(&mut self, last: Option<Cursor>) -> Result<(), Failure> {
        let activity = self.run.options.activity.as_ref().map(|activity| activity.writes.clone());
        let unchanged = activity.is_some() && activity == self.upkeep.writes_seen && self.may_skip();
        if let Some(cursor) = last.filter(|_| unchanged) {
            self.outcome.work = Some(Work::Followed);
            return self.keep_indexes(&cursor).await;
        }
        self.outcome.work = Some(Work::Copied);
        let swept_ms = Some(crate::engine::now_ms());
        self.start_build().await?;
        self.run.enter(Phase::Copying);
        let (_, cursor) = self.read(Scope::Table(self.table()), None, CopyState::Building).await?;
        let swept_quiet = self.run.options.quiet.clone();
        self.upkeep = Upkeep { swept_ms, swept_quiet, writes_seen: activity, ..self.nothing_yet() };
        self.publish(cursor).instrument(debug_span!("publish")).await
    }

    async fn start_build(&mut self) -> Result<(), Failure> {
        self.upkeep = self.nothing_yet();
        self.run.writer.step(self.job, Step::Schema(SchemaChange::StartBuild)).await
    }

    async fn build(&mut self, after: Option<Cursor>) -> Result<(), Failure> {
        self.run.enter(Phase::Copying);
        let building = CopyState::Building;
        let resumed = after.is_some();
        let deletes_seen = self.deletes_now();
        let (end, mut cursor) = self.read(Scope::Table(self.table()), after, building).await?;
        // Read under one snapshot, it is swept and reconciled by that.
        let mut upkeep = Upkeep {
            swept_ms: Some(self.started_ms),
            reconciled_ms: Some(self.started_ms),
            swept_quiet: self.run.options.quiet.clone(),
            reconciled_quiet: self.run.options.quiet.clone(),
            rows: (!resumed).then_some(self.outcome.rows_read),
            deletes_seen,
            ..self.nothing_yet()
        };
        let several = resumed || end == End::CompleteAfterReconcile;
        if let (true, Some(reached)) = (several, &mut cursor) {
            // The rows came from several snapshots, or all from one of an earlier run: what changed or vanished since the first is looked
            // for before anybody sees the table.
            self.sweep(reached, building).instrument(debug_span!("sweep")).await?;
            upkeep.swept_ms = self.upkeep.swept_ms;
            upkeep.swept_quiet = None;
            if self.run.source.capabilities().reconcile {
                self.reconcile(reached, building).instrument(debug_span!("reconcile")).await?;
            }
        }
        self.upkeep = upkeep;
        self.publish(cursor).instrument(debug_span!("publish")).await
    }

    async fn publish(&mut self, cursor: Option<Cursor>) -> Result<(), Failure> {
        let cursor = cursor.ok_or_else(|| {
            Failure::Own(Error::internal("the source ended a copy without giving a watermark").at(self.run.place()))
        })?;
        let upkeep = std::sync::Arc::new(self.upkeep.clone());
        self.run.writer.step(self.job, Step::Publish { cursor, upkeep }).await
    }
}
