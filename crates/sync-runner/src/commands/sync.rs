//! `data-sync sync`: all tables brought up to date, once.

mod report;

use std::collections::HashMap;
use std::time::Duration;

use sink_sqlite::SqliteReplica;
use sync_core::engine::{SyncReport, TableReport, inventory};
use sync_core::{EngineSource, Registry};

use crate::config::{Config, SourceConfig};
use crate::connect::{Connected, connect, open_engine};
use crate::console::Console;
use crate::exit::Exit;
use crate::suggest::no_tables;
use crate::{interrupt, progress};

/// How long connections may take to be closed in good order after a signal.
const WIND_UP: Duration = Duration::from_secs(5);

pub(super) async fn run(config: &Config, registry: &Registry, console: &Console, json: bool) -> Exit {
    let ended = tokio::select! {
        biased;
        exit = interrupt::signal() => exit,
        exit = sync(config, registry, console, json) => return exit,
    };
    // The sync is gone, and with it its readers; their queries are being cancelled.
    console.note("interrupted; what was stored is kept, and the next sync goes on from there");
    interrupt::wind_up(WIND_UP).await;
    ended
}

async fn sync(config: &Config, registry: &Registry, console: &Console, json: bool) -> Exit {
    let Connected { sources, configs, exit } = connect(config, registry, console).await;
    // Nothing is begun under a configuration that is known to be wrong.
    if matches!(exit, Exit::Config | Exit::Bug) || sources.is_empty() {
        return exit;
    }
    let without_tables = refuse_without_tables(&sources, &configs, console).await;
    if without_tables != Exit::Success {
        return exit.or(without_tables);
    }
    let engine = match open_engine(config, sources) {
        Ok(engine) => engine,
        Err(error) => {
            console.error(&error);
            return exit.or(Exit::Replica);
        }
    };
    let report = tokio::select! {
        report = engine.sync() => report,
        () = progress::follow(engine.status(), console) => return exit.or(Exit::Bug),
    };
    let shown = report::Shown { report: &report, failed_rows: failed_rows(config, &report) };
    exit.or(report::show(&shown, &configs, console, json))
}

/// How many rows of each replica are kept aside now. One row may fail several times in a sync, which is what the report counts.
fn failed_rows(config: &Config, report: &SyncReport) -> HashMap<String, u64> {
    let kept = SqliteReplica::open(&config.sink.path).and_then(|replica| replica.tables());
    match kept {
        Ok(tables) => tables.into_iter().map(|table| (table.name, table.failed_rows)).collect(),
        Err(_) => {
            let failed = |table: &TableReport| table.rows_failed + table.written.failed;
            report.tables.iter().map(|table| (table.replica.clone(), failed(table))).collect()
        }
    }
}

/// For a source of which no table is wanted, the line to paste.
async fn refuse_without_tables(sources: &[EngineSource], configs: &[&SourceConfig], console: &Console) -> Exit {
    if configs.iter().all(|config| config.names_tables()) {
        return Exit::Success;
    }
    let mut exit = Exit::Success;
    for ((source, answer), config) in sources.iter().zip(inventory(sources).await).zip(configs) {
        let error = match answer {
            _ if config.names_tables() => continue,
            Ok(inventory) => {
                let default_schema = source.source.capabilities().default_schema;
                no_tables(config, Some(&inventory.tables), default_schema.as_deref())
            }
            Err(error) => config.label(&error),
        };
        console.error(&error);
        exit = exit.or(Exit::from(&error));
    }
    exit
}
