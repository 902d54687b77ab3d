//! What the command line offers, one file a command.

mod accept_deletes;
mod backup;
mod check;
mod completions;
mod failed;
mod init;
mod man;
mod planned;
mod print_config;
mod query;
mod resync;
mod run;
mod status;
mod sync;
mod verify;

use sync_core::{Error, Registry};

use crate::cli::{Cli, Command};
use crate::config::Config;
use crate::console::Console;
use crate::exit::Exit;

/// Does what the command line says; all problems are printed.
pub(crate) fn run(cli: Cli, registry: &Registry, console: &Console) -> Exit {
    match &cli.command {
        Command::Init { url, output } => return on_a_runtime(console, init::run(registry, console, url, output)),
        Command::Completions { shell } => return completions::run(console, *shell),
        Command::Man { folder } => return man::run(console, folder),
        _ => {}
    }
    let load = || Config::load(cli.config.as_deref(), std::env::vars_os());
    let config = match load() {
        Ok(config) => config,
        Err(problems) => {
            for problem in &problems {
                console.error(problem);
            }
            return problems.iter().map(Exit::from).max().unwrap_or(Exit::Config);
        }
    };
    let (file, replica) = (config.file.as_deref().unwrap_or_default(), config.sink.path.display());
    tracing::info!(file, %replica, sources = config.sources.len(), "the configuration is read");
    for warning in &config.warnings {
        match cli.command {
            Command::Run => tracing::warn!("{warning}"),
            _ => console.warning(warning),
        }
    }
    match cli.command {
        Command::Check { json, integrity } => {
            let wish = check::Wish { json, integrity };
            on_a_runtime(console, check::run(&config, registry, console, wish))
        }
        Command::Backup { file } => backup::run(&config, console, &file),
        // Those that need no configuration were carried out above.
        Command::Init { .. } | Command::Completions { .. } | Command::Man { .. } => Exit::Bug,
        Command::Sync { json } => on_a_runtime(console, sync::run(&config, registry, console, json)),
        Command::Run => run::run(&config, &load, registry, console),
        Command::Status { json, rows, watch } => status::run(&config, console, &status::Wish { json, rows, watch }),
        Command::Failed { table, json, limit } => failed::run(&config, console, table.as_deref(), json, limit),
        Command::Verify { tables, repair, json } => {
            let wanted = verify::Wish { tables: &tables, repair, json };
            on_a_runtime(console, verify::run(&config, registry, console, &wanted))
        }
        Command::AcceptDeletes { table } => {
            on_a_runtime(console, accept_deletes::run(&config, registry, console, &table))
        }
        Command::Query { sql, json } => query::run(&config, console, &sql, json),
        Command::Resync { table } => resync::run(&config, console, &table),
        Command::PrintConfig => print_config::run(&config, console),
    }
}

/// One thread does for all sources; what blocks has threads of its own.
fn on_a_runtime(console: &Console, command: impl Future<Output = Exit>) -> Exit {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(command),
        Err(error) => {
            console.error(&Error::internal(format!("the runtime can't be started: {error}")));
            Exit::Bug
        }
    }
}
