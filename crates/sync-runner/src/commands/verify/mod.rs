//! `data-sync verify`: the replica held against its source, row by row; with `--repair`, what differs is set right.

mod progress;
mod report;

use std::time::Duration;

use sink_sqlite::SqliteReplica;
use sync_core::engine::{TableReport, VerifyReport, verify};
use sync_core::{Engine, Error, Registry, Result, WriteStats};

use super::planned::{Planned, PlannedTable, plan};
use crate::config::Config;
use crate::connect::open_engine;
use crate::console::Console;
use crate::exit::Exit;
use crate::interrupt;
use crate::named::named;
use progress::Passed;

/// Beside a daemon, rows that differ get so much time to agree, on top of the interval at which their table is synced.
const MARGIN: Duration = Duration::from_secs(5);
/// How long queries on a server may take to be cancelled after a signal.
const WIND_UP: Duration = Duration::from_secs(5);

/// What is wished for.
pub(super) struct Wish<'a> {
    /// All tables where it is empty.
    pub(super) tables: &'a [String],
    pub(super) repair: bool,
    pub(super) json: bool,
}

/// What became of one table.
struct Verified {
    table: String,
    replica: String,
    report: Option<VerifyReport>,
    repaired: Option<WriteStats>,
    error: Option<Error>,
}

pub(super) async fn run(config: &Config, registry: &Registry, console: &Console, wish: &Wish<'_>) -> Exit {
    let ended = tokio::select! {
        biased;
        exit = interrupt::signal() => exit,
        exit = check(config, registry, console, wish) => return exit,
    };
    interrupt::wind_up(WIND_UP).await;
    ended
}

async fn check(config: &Config, registry: &Registry, console: &Console, wish: &Wish<'_>) -> Exit {
    let (replica, is_being_synced) = match open(config, wish.repair) {
        Ok(opened) => opened,
        Err(error) => {
            console.error(&error);
            return Exit::Replica;
        }
    };
    let Planned { sources, tables, mut exit } = plan(config, registry, console).await;
    let (tables, refused) = meant(config, &tables, wish.tables, console);
    exit = exit.or(refused);
    if tables.is_empty() {
        return exit;
    }
    let passed = Passed::default();
    let sources = passed.count(sources);
    let mut verified = Vec::new();
    if wish.repair {
        let engine = match open_engine(config, sources) {
            Ok(engine) => engine,
            Err(error) => {
                console.error(&error);
                return exit.or(Exit::Replica);
            }
        };
        for table in tables {
            verified.push(passed.show_during(&table.plan, console, set_right(&engine, table)).await);
        }
    } else {
        let contents = replica.contents();
        for PlannedTable { source, plan } in tables {
            let patience = if is_being_synced { plan.sync_interval + MARGIN } else { Duration::ZERO };
            let look = verify(&sources[*source], plan, &contents, patience);
            verified.push(Verified::of(table_of(plan), passed.show_during(plan, console, look).await));
        }
    }
    exit.or(report::show(&verified, config, console, wish.json))
}

/// The replica, and whether somebody is syncing into it.
fn open(config: &Config, repair: bool) -> Result<(SqliteReplica, bool)> {
    let replica = SqliteReplica::open(&config.sink.path)?;
    let is_being_synced = replica.is_being_synced()?;
    if repair && is_being_synced {
        let error = Error::config("it is being synced").at(format!("replica {}", config.sink.path.display()));
        return Err(error.hint("stop the daemon before a repair; without --repair, verify runs beside it"));
    }
    Ok((replica, is_being_synced))
}

/// The tables that are named, or all.
fn meant<'a>(
    config: &Config,
    planned: &'a [PlannedTable],
    names: &[String],
    console: &Console,
) -> (Vec<&'a PlannedTable>, Exit) {
    if names.is_empty() {
        return (planned.iter().collect(), Exit::Success);
    }
    let mut exit = Exit::Success;
    let found = names.iter().filter_map(|name| match named(config, planned, name) {
        Ok(table) => Some(table),
        Err(error) => {
            console.error(&error);
            exit = Exit::Failed;
            None
        }
    });
    let found = found.collect();
    (found, exit)
}

/// Verifies a table, and where it differs, repairs it and verifies it again.
async fn set_right(engine: &Engine, table: &PlannedTable) -> Verified {
    let PlannedTable { source, plan } = table;
    let look = || engine.verify(*source, plan, Duration::ZERO);
    let first = look().await;
    if first.as_ref().map_or(true, VerifyReport::is_equal) {
        return Verified::of(table_of(plan), first);
    }
    match engine.repair(*source, plan).await {
        Ok(TableReport { error: None, written, .. }) => {
            Verified { repaired: Some(written), ..Verified::of(table_of(plan), look().await) }
        }
        Ok(TableReport { error: Some(error), .. }) | Err(error) => {
            Verified { error: Some(error), ..Verified::of(table_of(plan), first) }
        }
    }
}

fn table_of(plan: &sync_core::TablePlan) -> (String, String) {
    (plan.id().to_string(), plan.replica.name.clone())
}

impl Verified {
    fn of((table, replica): (String, String), result: Result<VerifyReport>) -> Self {
        let (report, error) = match result {
            Ok(report) => (Some(report), None),
            Err(error) => (None, Some(error)),
        };
        Self { table, replica, report, repaired: None, error }
    }

    fn is_equal(&self) -> bool {
        self.report.as_ref().is_some_and(VerifyReport::is_equal)
    }
}
