//! One table of a running engine: when it is due, and what became of its last runs.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::control::Command;
use super::schedule::{Schedule, by_clock, chance};
use crate::{Activity, ErrorKind, Pulse, TablePlan};

/// Between sweeps a table rests so many times as long as the last one took, unless an interval is set.
const SWEEP_REST: u32 = 20;
/// A success that changed nothing is stored when none was stored for so long.
const STORE_SUCCESS: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) plan: Arc<TablePlan>,
    pub(super) due: Instant,
    pub(super) running: bool,
    pub(super) paused: bool,
    pub(super) failures: u32,
    /// Whether its runs only follow changes now, as far as is known.
    pub(super) live: bool,
    /// Asked for while a run was under way.
    again: bool,
    schedule: Schedule,
    /// The time of the calendar for which it is due.
    meant: Option<SystemTime>,
    sweep_due: Instant,
    /// When deletes may be looked for again because the source counted some.
    reconcile_due: Instant,
    /// Asked for by name: everything is looked for.
    asked: bool,
    /// To be copied anew, until that has begun, so that later runs can go on with it.
    anew: bool,
    /// That was asked for while a run was under way, which may have read the table before.
    anew_again: bool,
    stored: Option<Instant>,
}

/// What the next run of a table is to do.
#[derive(Clone, Debug)]
pub(crate) struct RunOptions {
    /// Which source it is.
    pub(crate) identity: String,
    /// By what it can be seen that nobody wrote anything.
    pub(crate) quiet: Option<String>,
    /// The same, where it was told since the table is due: an older one must not keep a poll from what was written since.
    pub(crate) quiet_now: Option<String>,
    /// What the source told of the table.
    pub(crate) activity: Option<Activity>,
    /// Look for rows that no poll can see.
    pub(crate) sweep: bool,
    /// Look for deleted rows before their time.
    pub(crate) deleted: Deleted,
    /// Believe any number of deletes, and look for them at once.
    pub(crate) accept_deletes: bool,
    /// Compare every row of the published table with the source.
    pub(crate) repair: bool,
    /// Copy it anew, whatever is there.
    pub(crate) anew: bool,
    /// Store the time of success though nothing changed.
    pub(crate) store_success: bool,
    /// How long a copy may hold one snapshot.
    pub(crate) copy_snapshot_max: Duration,
}

impl RunOptions {
    /// For a run on demand: everything.
    pub(crate) fn once(plan: &TablePlan, pulse: &Pulse, accept_deletes: bool) -> Self {
        Self {
            identity: pulse.identity.id().to_owned(),
            quiet: pulse.quiet.clone(),
            quiet_now: pulse.quiet.clone(),
            activity: pulse.tables.get(plan.id()).cloned(),
            sweep: true,
            deleted: Deleted::Maybe,
            accept_deletes,
            repair: false,
            anew: false,
            store_success: true,
            copy_snapshot_max: plan.copy_snapshot_max,
        }
    }
}

/// Whether to look for deleted rows before `reconcile_interval` is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deleted {
    /// No: it was done not long ago, and takes a while.
    Later,
    /// When the source counted a delete.
    IfCounted,
    /// Somebody asked for the table as it is now: unless there can be none, or a large table has none that was counted.
    Maybe,
}

/// What a run means for the next.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) error: Option<ErrorKind>,
    pub(super) swept: Option<Duration>,
    pub(super) reconciled: Option<Duration>,
    pub(super) stored: bool,
    /// Whether the copy that was asked for began, with something to go on with, or ended.
    pub(super) copied: bool,
}

impl Entry {
    /// Due at once.
    pub(super) fn new(plan: TablePlan, now: Instant, paused: bool) -> Self {
        Self {
            schedule: Schedule::new(now, plan.sync_interval, chance()).at(plan.sync_times.clone()),
            plan: Arc::new(plan),
            meant: None,
            due: now,
            running: false,
            paused,
            failures: 0,
            live: false,
            again: false,
            sweep_due: now,
            reconcile_due: now,
            asked: false,
            anew: false,
            anew_again: false,
            stored: None,
        }
    }

    /// Takes over a newer plan of the same table.
    pub(super) fn replan(&mut self, plan: TablePlan, now: Instant) {
        if (plan.sync_interval, &plan.sync_times) != (self.plan.sync_interval, &self.plan.sync_times) {
            self.schedule = Schedule::new(now, plan.sync_interval, chance()).at(plan.sync_times.clone());
            let due = self.due;
            self.wait(now);
            self.due = self.due.min(due);
        }
        self.plan = Arc::new(plan);
    }

    /// Until its next regular run.
    fn wait(&mut self, now: Instant) {
        let clock = SystemTime::now();
        self.due = self.schedule.next(now, clock);
        self.meant = self.schedule.meant(self.due, now, clock);
    }

    /// A time of the calendar may come sooner or later than was thought: clocks are set, and machines sleep.
    pub(super) fn follow_clock(&mut self, now: Instant) {
        if let (Some(meant), true) = (self.meant, self.failures == 0 && self.due > now) {
            self.due = by_clock(meant, now, SystemTime::now());
        }
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        !self.running && !self.paused && self.due <= now
    }

    /// Begins a run by what the source told when it `answered`.
    pub(super) fn start(
        &mut self,
        now: Instant,
        pulse: &Pulse,
        answered: Option<Instant>,
        accept_deletes: bool,
    ) -> RunOptions {
        self.running = true;
        let deleted = match (std::mem::take(&mut self.asked), self.reconcile_due <= now) {
            (true, _) => Deleted::Maybe,
            (false, true) => Deleted::IfCounted,
            (false, false) => Deleted::Later,
        };
        RunOptions {
            identity: pulse.identity.id().to_owned(),
            quiet: pulse.quiet.clone(),
            quiet_now: pulse.quiet.clone().filter(|_| answered.is_some_and(|answered| answered >= self.due)),
            activity: pulse.tables.get(self.plan.id()).cloned(),
            sweep: self.sweep_due <= now || accept_deletes,
            deleted,
            accept_deletes,
            repair: false,
            anew: self.anew,
            store_success: self.stored.is_none_or(|stored| now - stored >= STORE_SUCCESS),
            copy_snapshot_max: self.plan.copy_snapshot_max,
        }
    }

    pub(super) fn end(&mut self, now: Instant, ended: &Ended) {
        self.running = false;
        self.anew = std::mem::take(&mut self.anew_again) || (self.anew && !ended.copied);
        if ended.stored {
            self.stored = Some(now);
        }
        // Of a run that failed, nobody knows what of it was stored.
        let succeeded = ended.error.is_none();
        if let Some(took) = ended.swept.filter(|_| succeeded) {
            let rest = self.plan.sweep_interval.unwrap_or_else(|| self.schedule.rest().max(took * SWEEP_REST));
            self.sweep_due = now + rest;
        }
        if let Some(took) = ended.reconciled.filter(|_| succeeded) {
            self.reconcile_due = now + self.schedule.rest().max(took * SWEEP_REST);
        }
        match ended.error {
            None => {
                self.failures = 0;
                self.live = !self.anew;
                self.wait(now);
            }
            Some(kind) => {
                self.failures = self.failures.saturating_add(1);
                // What needs somebody's help is no quicker for asking often.
                if kind.is_transient() || kind == ErrorKind::Schema {
                    self.due = self.schedule.retry(now, self.failures, chance());
                } else {
                    self.wait(now);
                }
            }
        }
        if std::mem::take(&mut self.again) {
            self.all_due(now);
        }
    }

    fn all_due(&mut self, now: Instant) {
        self.due = now;
        self.sweep_due = now;
        self.asked = true;
    }

    /// The source could not be asked: the table waits until it can.
    pub(super) fn source_away(&mut self, until: Instant) {
        self.due = self.due.max(until);
    }

    pub(super) fn retry_source(&self, now: Instant, failures: u32) -> Instant {
        self.schedule.retry(now, failures, chance())
    }

    pub(super) fn obey(&mut self, command: &Command, now: Instant) {
        if !command.means(&self.plan.replica.name) {
            return;
        }
        if matches!(command, Command::Resync(..)) {
            // Its next run takes a place among the copies.
            *(if self.running { &mut self.anew_again } else { &mut self.anew }) = true;
            self.live = false;
        }
        match command {
            _ if command.is_for_now() && self.running => self.again = true,
            Command::SyncNow(_) | Command::AcceptDeletes(_) | Command::Resync(..) => self.all_due(now),
            Command::Pause(_) => self.paused = true,
            Command::Resume(_) => self.paused = false,
            Command::Stop => {}
        }
    }
}
