//! Tables brought up to date once: all of them, or one.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::entry::RunOptions;
use super::table::{RunOutcome, TableRun};
use super::{Engine, EngineSource, Inventory, SourceFailure, SyncReport, TableReport, Work, now_ms};
use crate::plan::{Deletes, Mode, OnSchemaChange};
use crate::status::Phase;
use crate::{Pulse, Result, RunRecord, TablePlan, TableProblem};

impl Engine {
    /// Brings every wanted table up to date once. A table that fails stops no other.
    pub async fn sync(&self) -> SyncReport {
        let mut report = SyncReport::default();
        let mut plans = Vec::new();
        self.status.start(self.sources.iter().map(|source| source.name.clone()));
        for (index, (source, inventory)) in self.sources.iter().zip(self.inventory().await).enumerate() {
            match inventory {
                Ok(Inventory { identity, plan, pulse, .. }) => {
                    self.status.planned(index, &identity, &plan.problems, &plan.tables.iter().collect::<Vec<_>>());
                    let named = |problem| TableProblem { source: source.name.clone(), ..problem };
                    report.problems.extend(plan.problems.into_iter().map(named));
                    plans.push((source, plan.tables, pulse));
                }
                Err(error) => {
                    self.status.source_failed(index, error.to_string());
                    report.sources.push(SourceFailure { source: source.name.clone(), error });
                }
            }
        }
        let runs = plans.iter().map(|(source, tables, pulse)| {
            stream::iter(tables)
                .map(|plan| {
                    let accept_deletes = self.accepting(&plan.replica.name);
                    let options = RunOptions::once(plan, pulse, accept_deletes);
                    self.sync_table(source, plan, options)
                })
                .buffered(source.readers.max(1))
                .collect::<Vec<_>>()
        });
        report.tables = join_all(runs).await.into_iter().flatten().collect();
        self.show(&mut report.tables).await;
        report
    }

    /// Has readers see what was stored, also of a first load that was staged.
    async fn show(&self, tables: &mut [TableReport]) {
        if let Err(hidden) = self.writer.unstage().await {
            for table in tables {
                table.error.get_or_insert_with(|| hidden.clone());
            }
        }
    }

    /// Reads every row of a table again and sets right what differs, in place.
    ///
    /// # Errors
    /// When there is no source at this position, or it can't be asked who it is. What the run itself failed for is in its report.
    pub async fn repair(&self, source: usize, plan: &TablePlan) -> Result<TableReport> {
        let source = self.source(source)?;
        // Without its counts, so that nothing is left out.
        let pulse = Pulse::new(source.source.pulse().await?.identity);
        let mut options = RunOptions::once(plan, &pulse, plan.deletes != Deletes::Ignore);
        options.repair = plan.mode == Mode::Follow;
        let mut report = self.sync_table(source, plan, options).await;
        self.show(std::slice::from_mut(&mut report)).await;
        Ok(report)
    }

    /// Brings one planned table of the source at this position up to date.
    ///
    /// # Errors
    /// When there is no source at this position, or it can't be asked who it is. What the run itself failed for is in its report.
    pub async fn sync_one(&self, source: usize, plan: &TablePlan) -> Result<TableReport> {
        let source = self.source(source)?;
        let pulse = source.source.pulse().await?;
        let options = RunOptions::once(plan, &pulse, self.accepting(&plan.replica.name));
        let mut report = self.sync_table(source, plan, options).await;
        self.show(std::slice::from_mut(&mut report)).await;
        Ok(report)
    }

    pub(super) async fn sync_table(&self, source: &EngineSource, plan: &TablePlan, options: RunOptions) -> TableReport {
        let started = Instant::now();
        let started_ms = now_ms();
        let narrowed = if options.anew { None } else { self.frozen(plan).await };
        let plan = narrowed.as_ref().unwrap_or(plan);
        let run = TableRun {
            source: &*source.source,
            plan,
            writer: &self.writer,
            replica: &self.replica,
            status: &self.status,
            options,
        };
        let mut outcome = RunOutcome::default();
        // A level that is never left out: every line about the run names its table, whatever is logged.
        let span = tracing::error_span!(
            "run",
            table = %plan.id(),
            run = started_ms,
            rows_read = Empty,
            rows_changed = Empty,
            otel.status_code = Empty,
        );
        let result = run.run(started_ms, &mut outcome).instrument(span.clone()).await;
        let error = result.err().map(|error| error.at(format!("table {}", plan.id())));
        self.keep_record(plan, started_ms, &mut outcome, error.as_ref()).await;
        span.in_scope(|| self.show_end(plan, &outcome, started_ms, started.elapsed(), error.as_ref()));
        if error.is_none() && matches!(outcome.work, Some(Work::Copied | Work::Resumed)) && plan.mode == Mode::Follow {
            let (rows, seconds) = (outcome.rows_read, started.elapsed().as_secs_f64());
            span.in_scope(|| {
                tracing::info!(replica = %plan.replica.name, rows, seconds, "the copy is complete");
                for index in plan.replica.schema.left_out_indexes() {
                    tracing::info!(index = index.name, "an index is not copied: {}", index.reason);
                }
            });
        }
        // Last of all, for those who follow the run as a whole: a line of the log has its own words for it.
        span.record("rows_read", outcome.rows_read)
            .record("rows_changed", outcome.written.changed + outcome.written.deleted);
        if error.is_some() {
            span.record("otel.status_code", "ERROR");
        }
        TableReport {
            table: plan.id().clone(),
            replica: plan.replica.name.clone(),
            work: outcome.work,
            rows_read: outcome.rows_read,
            rows_failed: outcome.rows_failed,
            written: outcome.written,
            took: started.elapsed(),
            swept: outcome.swept,
            reconciled: outcome.reconciled,
            held: outcome.held,
            stored: outcome.stored,
            error,
        }
    }

    /// The plan without columns that came since the table was copied, where they are not to be followed.
    async fn frozen(&self, plan: &TablePlan) -> Option<TablePlan> {
        if plan.on_schema_change != OnSchemaChange::Freeze {
            return None;
        }
        // What can't be read now is told by the run itself.
        plan.frozen(&self.writer.stored(&plan.replica).await.ok()?.checkpoint?)
    }

    /// A failure is stored at once, a success that changed nothing is kept until it is worth a transaction.
    async fn keep_record(
        &self,
        plan: &TablePlan,
        started_ms: i64,
        outcome: &mut RunOutcome,
        error: Option<&crate::Error>,
    ) {
        let stream = plan.replica.stream();
        let mut record = RunRecord::new(started_ms, now_ms());
        record.rows_read = outcome.rows_read;
        record.written = outcome.written;
        record.error = error.map(ToString::to_string);
        if error.is_some() {
            self.unsaved().remove(&stream);
            match self.writer.record(&stream, record).await {
                Ok(()) => outcome.stored = true,
                Err(lost) => tracing::warn!(table = %plan.id(), "the failure could not be stored: {lost}"),
            }
        } else if outcome.stored {
            self.unsaved().remove(&stream);
        } else {
            self.unsaved().insert(stream, record);
        }
    }

    /// Shows how a run ended; logs only what is new.
    fn show_end(
        &self,
        plan: &TablePlan,
        outcome: &RunOutcome,
        started_ms: i64,
        took: Duration,
        error: Option<&crate::Error>,
    ) {
        let text = error.map(ToString::to_string);
        self.status.waiting(self.writer.waiting_bytes());
        self.status.update(&plan.replica.name, |table| {
            table.phase = if text.is_some() { Phase::Failed } else { Phase::Done };
            table.rows_read = outcome.rows_read;
            table.rows_changed = outcome.written.changed + outcome.written.deleted;
            table.held.clone_from(&outcome.held);
            table.totals.rows_read += outcome.rows_read;
            table.totals.rows_changed += table.rows_changed;
            table.totals.bytes_read += outcome.bytes_read;
            table.totals.durations.add(took);
            if let Some(error) = error {
                *table.totals.failures.entry(error.kind().as_str()).or_default() += 1;
            }
            match &text {
                Some(text) if table.error.as_ref() != Some(text) => tracing::warn!("{text}"),
                None if table.error.is_some() => tracing::info!("recovered"),
                _ => {}
            }
            if text.is_some() {
                table.failures = table.failures.saturating_add(1);
            } else {
                table.last_success_ms = Some(now_ms());
                table.last_success_began_ms = Some(started_ms);
                table.failures = 0;
            }
            table.error = text;
        });
    }
}
