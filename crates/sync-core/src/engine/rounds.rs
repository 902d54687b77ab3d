//! The endless work of one source: rounds of asking what it has, and runs of the tables that are due.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

use super::control::Command;
use super::entry::{Ended, Entry, RunOptions};
use super::{Engine, EngineSource, Inventory, TableReport, Work, epoch_ms_at, look_around};
use crate::plan::DEFAULT_SYNC_INTERVAL;
use crate::{Pulse, Result, TableProblem};

/// What a source has is asked before a run when the last answer is older.
const FRESH: Duration = Duration::from_millis(900);
/// With nothing planned, a source is asked so often whether a wanted table appeared.
const IDLE: Duration = DEFAULT_SYNC_INTERVAL;

pub(super) struct Rounds<'a> {
    engine: &'a Engine,
    source: &'a EngineSource,
    index: usize,
    entries: Vec<Entry>,
    problems: Vec<TableProblem>,
    /// The version of the claims under which the plan was settled.
    settled: u64,
    /// What the source told of its tables.
    pulse: Option<Pulse>,
    /// When the source answered last.
    answered: Option<Instant>,
    /// When to ask it again whatever is due: wanted tables may have appeared.
    ask_due: Instant,
    failures: u32,
}

type Asking<'a> = Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>;
type Running<'a> = Pin<Box<dyn Future<Output = (String, Ended)> + Send + 'a>>;

impl<'a> Rounds<'a> {
    pub(super) fn new(engine: &'a Engine, source: &'a EngineSource, index: usize) -> Self {
        Self {
            engine,
            source,
            index,
            entries: Vec::new(),
            problems: Vec::new(),
            settled: 0,
            pulse: None,
            answered: None,
            ask_due: Instant::now(),
            failures: 0,
        }
    }

    /// Never ends by itself.
    pub(super) async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        let mut asking: Option<Asking<'a>> = None;
        let mut running: FuturesUnordered<Running<'a>> = FuturesUnordered::new();
        loop {
            let now = Instant::now();
            if asking.is_none() && self.must_ask(now) {
                // Another source may have laid claim to a name since, or given one up.
                let settled = self.settled == self.engine.claims.version();
                let catalog = self.pulse.as_ref().filter(|_| settled).and_then(|pulse| pulse.catalog.clone());
                asking = Some(Box::pin(ask_again(self.source, catalog)));
            }
            self.start_due(now, &mut running);
            let wake = self.wake(now);
            tokio::select! {
                Some((replica, ended)) = running.next(), if !running.is_empty() => self.end(&replica, &ended),
                answer = wait(&mut asking) => {
                    asking = None;
                    self.answer(answer);
                }
                Some(command) = commands.recv() => {
                    self.obey(&command);
                    if command.is_for_now() {
                        // What the source told before must not say that there is nothing to do.
                        (asking, self.answered) = (None, None);
                    }
                }
                () = tokio::time::sleep_until(wake.into()) => {}
            }
        }
    }

    /// Asked once a round: when something is due and the last answer is not fresh.
    fn must_ask(&self, now: Instant) -> bool {
        let stale = self.answered.is_none_or(|answered| now - answered >= FRESH);
        let due = self.ask_due <= now || self.entries.iter().any(|entry| entry.is_due(now));
        stale && due && (self.failures == 0 || self.ask_due <= now)
    }

    fn answer(&mut self, answer: Result<Answer>) {
        let now = Instant::now();
        match answer {
            Ok(answer) => {
                if self.failures > 0 {
                    tracing::info!(source = self.name(), "the source answers again");
                }
                self.failures = 0;
                self.answered = Some(now);
                self.entries.iter_mut().for_each(|entry| entry.follow_clock(now));
                match answer {
                    Answer::Same(pulse) => {
                        self.engine.status.source_answered(self.index, &pulse.identity);
                        self.pulse = Some(pulse);
                    }
                    Answer::Changed(inventory) => {
                        self.pulse = Some(inventory.pulse.clone());
                        self.adopt(*inventory, now);
                    }
                }
                let soonest = self.entries.iter().map(|entry| entry.plan.sync_interval).min();
                self.ask_due = now + soonest.unwrap_or(IDLE).min(IDLE).max(FRESH);
            }
            Err(error) => {
                if self.failures == 0 {
                    tracing::warn!(source = self.name(), "the source can't be asked: {error}");
                }
                self.failures = self.failures.saturating_add(1);
                let again = self.entries.iter().map(|entry| entry.retry_source(now, self.failures)).min();
                self.ask_due = again.unwrap_or_else(|| now + Duration::from_secs(5));
                for entry in &mut self.entries {
                    entry.source_away(self.ask_due);
                }
                self.engine.status.source_failed(self.index, error.to_string());
            }
        }
    }

    /// Brings the entries in line with a new plan.
    fn adopt(&mut self, inventory: Inventory, now: Instant) {
        let mut plan = inventory.plan;
        self.engine.claims.settle(self.index, &mut plan);
        self.settled = self.engine.claims.version();
        for problem in plan.problems.iter().filter(|problem| !self.problems.contains(problem)) {
            tracing::warn!("{}", problem.message);
        }
        let mut entries = Vec::with_capacity(plan.tables.len());
        for table in plan.tables {
            let known = self.entries.iter().position(|entry| entry.plan.replica.name == table.replica.name);
            entries.push(match known {
                Some(known) => {
                    let mut entry = self.entries.swap_remove(known);
                    entry.replan(table, now);
                    entry
                }
                None => {
                    let paused = self.engine.pauses.is_paused(&table.replica.name);
                    Entry::new(table, now, paused)
                }
            });
        }
        self.entries = entries;
        let plans: Vec<_> = self.entries.iter().map(|entry| &*entry.plan).collect();
        self.engine.status.planned(self.index, &inventory.identity, &plan.problems, &plans);
        self.problems = plan.problems;
        for entry in &self.entries {
            self.show(entry);
        }
    }

    /// Starts what is due, the longest due first. Copies leave one reader to the tables that only follow.
    fn start_due(&mut self, now: Instant, running: &mut FuturesUnordered<Running<'a>>) {
        if self.failures > 0 || self.answered.is_none_or(|answered| now - answered >= 2 * FRESH) {
            return;
        }
        let Some(pulse) = &self.pulse else { return };
        let readers = self.source.readers.max(1);
        let copies_at_most = readers.saturating_sub(1).max(1);
        let mut copies = self.entries.iter().filter(|entry| entry.running && !entry.live).count();
        let mut order: Vec<usize> = (0..self.entries.len()).filter(|index| self.entries[*index].is_due(now)).collect();
        order.sort_by_key(|index| self.entries[*index].due);
        for index in order {
            if running.len() >= readers {
                return;
            }
            let entry = &mut self.entries[index];
            if !entry.live {
                if copies >= copies_at_most {
                    continue;
                }
                copies += 1;
            }
            let options = entry.start(now, pulse, self.answered, self.engine.accepting(&entry.plan.replica.name));
            running.push(Box::pin(run_table(self.engine, self.source, Arc::clone(&entry.plan), options)));
        }
    }

    fn end(&mut self, replica: &str, ended: &Ended) {
        // A table that is wanted no more may have ended its last run.
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.plan.replica.name == replica) {
            entry.end(Instant::now(), ended);
            if matches!(ended.error, Some(crate::ErrorKind::Schema)) {
                self.answered = None;
                self.pulse = None;
            }
        }
        if let Some(entry) = self.entries.iter().find(|entry| entry.plan.replica.name == replica) {
            self.show(entry);
        }
    }

    fn obey(&mut self, command: &Command) {
        match command {
            Command::SyncNow(_) => self.ask_due = Instant::now(),
            Command::AcceptDeletes(Some(replica)) => self.engine.accept_deletes(replica),
            _ => {}
        }
        let now = Instant::now();
        for entry in &mut self.entries {
            entry.obey(command, now);
            if let Command::Resync(replica, noted) = command
                && entry.plan.replica.name == *replica
            {
                self.engine.writer.copy_anew(&entry.plan.replica.stream(), noted.clone());
            }
        }
        for entry in &self.entries {
            self.show(entry);
        }
    }

    /// When to look again unless something happens before.
    fn wake(&self, now: Instant) -> Instant {
        let waiting = self.entries.iter().filter(|entry| !entry.running && !entry.paused && entry.due > now);
        let next = waiting.map(|entry| entry.due).chain([self.ask_due]).min().unwrap_or(self.ask_due);
        // Something that is due already waits for a reader or for an answer, which both wake the loop themselves.
        if next <= now { now + Duration::from_millis(50) } else { next }
    }

    fn show(&self, entry: &Entry) {
        let next = (!entry.paused).then(|| epoch_ms_at(entry.due));
        let (paused, interval) = (entry.paused, entry.plan.sync_interval);
        self.engine.status.update(&entry.plan.replica.name, |table| {
            table.paused = paused;
            table.next_run_ms = next;
            table.interval = Some(interval);
        });
    }

    fn name(&self) -> &'a str {
        self.source.name.as_deref().unwrap_or("source")
    }
}

async fn run_table(
    engine: &Engine,
    source: &EngineSource,
    plan: Arc<crate::TablePlan>,
    options: RunOptions,
) -> (String, Ended) {
    let anew = options.anew;
    let report = engine.sync_table(source, &plan, options).await;
    let error = report.error.as_ref().map(crate::Error::kind);
    let copied = anew && report.work == Some(Work::Copied) && (error.is_none() || report.written.changed > 0);
    let TableReport { swept, reconciled, stored, .. } = report;
    (plan.replica.name.clone(), Ended { error, swept, reconciled, stored, copied })
}

/// What came of asking a source.
enum Answer {
    /// Its tables are what they were.
    Same(Pulse),
    Changed(Box<Inventory>),
}

/// Asks for the tables only when the catalog is no longer what it was.
async fn ask_again(source: &EngineSource, catalog: Option<String>) -> Result<Answer> {
    let pulse = source.source.pulse().await?;
    if catalog.is_some() && catalog == pulse.catalog {
        return Ok(Answer::Same(pulse));
    }
    look_around(source, pulse).await.map(|inventory| Answer::Changed(Box::new(inventory)))
}

/// The answer that is awaited; for ever when none is.
async fn wait(asking: &mut Option<Asking<'_>>) -> Result<Answer> {
    match asking {
        Some(asking) => asking.await,
        None => std::future::pending().await,
    }
}
