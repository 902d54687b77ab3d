//! `data-sync check`: all that could keep a sync from working, without changing anything.

mod json;
mod replica;
mod text;

use std::time::{Duration, Instant};

use sync_core::engine::{Inventory, inventory};
use sync_core::plan::Mode;
use sync_core::{EngineSource, Error, Registry, Renewal, Survey, TablePlan};

use crate::config::{Config, SourceConfig};
use crate::connect::connect;
use crate::console::Console;
use crate::exit::Exit;
use crate::interrupt;
use crate::suggest::no_tables;
use replica::CheckedReplica;

/// A clock that is further off is worth a word.
const CLOCK_TOLERANCE_MS: i64 = 5_000;

/// What is wished for.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    pub(super) json: bool,
    pub(super) integrity: bool,
}

/// What was found of one source that answered.
struct CheckedSource<'a> {
    config: &'a SourceConfig,
    inventory: Inventory,
    /// How far the server's clock is ahead of this machine's, in milliseconds; the way there and back is in it.
    clock_ahead_ms: Option<i64>,
    survey: Survey,
}

impl CheckedSource<'_> {
    /// The planned tables, with what renews the timestamp by which a poll reads; `None` where it reads by none.
    fn tables(&self) -> impl Iterator<Item = (&TablePlan, Option<&Renewal>)> {
        let mut renewals = self.survey.renewals.iter();
        let tables = self.inventory.plan.tables.iter();
        tables.map(move |table| (table, timestamp(table).and_then(|_| renewals.next())))
    }
}

pub(super) async fn run(config: &Config, registry: &Registry, console: &Console, wish: Wish) -> Exit {
    tokio::select! {
        biased;
        exit = interrupt::signal() => exit,
        exit = check(config, registry, console, wish) => exit,
    }
}

async fn check(config: &Config, registry: &Registry, console: &Console, wish: Wish) -> Exit {
    let (replica, mut exit) = replica::check(config, console, wish.integrity);
    if !wish.json {
        text::head(config, &replica, console);
    }
    let connected = connect(config, registry, console).await;
    exit = exit.or(connected.exit);
    let answers = inventory(&connected.sources).await;
    let mut checked = Vec::new();
    for ((source, answer), config) in connected.sources.iter().zip(answers).zip(connected.configs) {
        match answer {
            Ok(inventory) => {
                let clock_ahead_ms = clock_ahead(source).await;
                let survey = survey(source, &inventory.plan.tables, console).await;
                let found = CheckedSource { config, inventory, clock_ahead_ms, survey };
                if !wish.json {
                    exit = exit.or(text::source(&found, console));
                }
                exit = exit.or(tell_problems(&found, source, console));
                checked.push(found);
            }
            Err(error) => {
                console.error(&config.label(&error));
                exit = exit.or(Exit::from(&error));
            }
        }
    }
    if wish.json { exit.or(json::write(config, &replica, &checked, exit, console)) } else { exit }
}

fn tell_problems(found: &CheckedSource<'_>, source: &EngineSource, console: &Console) -> Exit {
    let (config, inventory) = (found.config, &found.inventory);
    let clock = found.clock_ahead_ms.and_then(|ahead| clock_warning(inventory.identity.description(), ahead));
    clock.iter().for_each(|warning| console.warning(warning));
    if !config.names_tables() {
        let default_schema = source.source.capabilities().default_schema;
        console.error(&no_tables(config, Some(&inventory.tables), default_schema.as_deref()));
        return Exit::Config;
    }
    for problem in &inventory.plan.problems {
        console.error(&config.label(&Error::new(problem.kind, problem.message.as_str())));
    }
    if inventory.plan.problems.is_empty() { Exit::Success } else { Exit::Failed }
}

/// The timestamp by which a poll reads.
fn timestamp(table: &TablePlan) -> Option<&str> {
    let at = table.source.timestamp.filter(|_| table.mode == Mode::Follow)?;
    Some(&table.source.schema.columns()[at].name)
}

/// Where the server tells nothing, the rest is told.
async fn survey(source: &EngineSource, tables: &[TablePlan], console: &Console) -> Survey {
    let columns = tables.iter().filter_map(|table| Some((table.id().clone(), timestamp(table)?.to_owned())));
    source.source.survey(&columns.collect::<Vec<_>>()).await.unwrap_or_else(|error| {
        console.warning(format_args!("what renews the cursor columns can't be told: {error}"));
        Survey::new()
    })
}

/// What a server does not tell is no problem.
async fn clock_ahead(source: &EngineSource) -> Option<i64> {
    let started = Instant::now();
    let theirs = source.source.clock().await.ok()??;
    let half_way = i64::try_from((started.elapsed() / 2).min(Duration::from_secs(60)).as_millis()).ok()?;
    Some(theirs - (crate::time::now_ms() - half_way))
}

fn clock_warning(server: &str, ahead_ms: i64) -> Option<String> {
    let (seconds, side) = (ahead_ms.abs() / 1000, if ahead_ms > 0 { "ahead of" } else { "behind" });
    let told = format!(
        "the clock of {server} is {seconds} s {side} this machine's; no row is lost by it, but lags are told wrongly"
    );
    (ahead_ms.abs() > CLOCK_TOLERANCE_MS).then_some(told)
}

#[cfg(test)]
mod tests {
    use super::clock_warning;

    #[test]
    fn a_clock_that_is_far_off_is_told() {
        assert_eq!(clock_warning("s", 5000), None);
        let told = "the clock of s is 61 s behind this machine's; no row is lost by it, but lags are told wrongly";
        assert_eq!(clock_warning("s", -61_000).as_deref(), Some(told));
        assert!(clock_warning("s", 61_000).unwrap().contains("61 s ahead of this"));
    }
}
