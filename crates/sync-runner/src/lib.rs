#![doc = include_str!("../README.md")]

mod cli;
mod commands;
pub mod config;
mod connect;
mod console;
mod cursor;
mod daemon;
#[cfg(unix)]
mod environment;
mod exit;
mod interrupt;
mod logging;
mod named;
mod progress;
mod suggest;
mod text_table;
mod time;
#[cfg(feature = "opentelemetry")]
mod traces;
mod wording;

use std::process::ExitCode;

use clap::Parser as _;
use sync_core::Registry;

use cli::Cli;
use console::Console;

/// The whole command line: reads the arguments of this program, does what they say, and returns what it should exit with.
///
/// Call it first: on Unix the program begins once more, as the same process, where the environment does not limit yet what the allocator
/// and MySQL's driver keep of memory that was freed.
#[must_use]
pub fn main(registry: Registry) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => {
            // Help that nobody reads any more is no failure.
            drop(answer.print());
            return ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(exit::USAGE));
        }
    };
    let console = Console::new();
    let _logging = logging::start(&cli, &console);
    #[cfg(unix)]
    environment::settle();
    commands::run(cli, &registry, &console).into()
}

/// The drivers that the `data-sync` command comes with. Add your own with [`Registry::with`].
#[must_use]
pub fn registry() -> Registry {
    Registry::new().with::<source_postgres::PostgresDriver>().with::<source_mysql::MysqlDriver>()
}
