#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program")]

mod api;
mod bench;
mod cargo;
mod ci;
mod codegen;
mod demo;
mod instructions;
mod matrix;
mod package;
mod test;
mod third_party;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What a command answers: the error is shown to the developer as it is.
type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The commands of a developer.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows it at work: a throwaway PostgreSQL with a small shop that keeps changing, synced into a SQLite file
    Demo {
        /// End after the first sync and one query
        #[arg(long)]
        once: bool,
    },
    /// Runs every test against throwaway servers; installs what is missing
    Test {
        /// For the test runner: a filter, or options of `cargo nextest run`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Runs the tests of the sources against every release of their servers that can be had; writes `docs/compatibility.md`
    Matrix {
        /// Only this leg, `postgres-13` for instance; may be repeated
        #[arg(long, value_name = "LEG")]
        only: Vec<String>,
    },
    /// Measures what a sync costs, beside what each of its stages costs alone and beside other tools
    Bench(bench::BenchArguments),
    /// Counts the instructions of a copy's inner loops, and compares them with those that are stored
    Instructions {
        /// Store them in place of the former ones
        #[arg(long)]
        store: bool,
    },
    /// Builds the static binary, and runs it in an empty root
    Package,
    /// Checks everything that must hold before a change lands
    Ci,
    /// Checks the rules of the house that a compiler does not know
    Tidy,
    /// Writes a crate for a source, which compiles and keeps the kit's first promises
    NewSource {
        /// What is to be read, as in the URL's scheme: `mongo` makes `source-mongo`
        name: String,
        /// The folder to put it into
        #[arg(long, default_value = ".")]
        folder: std::path::PathBuf,
    },
    /// Tests sources of others against our crates as they would be published
    ThirdParty,
    /// Compares what each published crate offers with the texts in `api/`; needs a nightly toolchain
    Api {
        /// Write the texts in place of the former ones
        #[arg(long)]
        write: bool,
    },
    /// Writes the pages that are made from code: `docs/types.md`
    Codegen {
        /// Only say whether one is stale
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo { once } => demo::run(once),
        Command::Test { arguments } => test::run(&arguments),
        Command::Matrix { only } => matrix::run(&only),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Instructions { store } => instructions::run(store),
        Command::Package => package::run(),
        Command::Ci => ci::run(),
        Command::Tidy => tidy::run(),
        Command::NewSource { name, folder } => third_party::new_source(&name, &folder),
        Command::ThirdParty => third_party::run(),
        Command::Api { write } => api::run(write),
        Command::Codegen { check } => codegen::run(check),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Tells what is being installed, and why.
fn notice(text: &str) {
    eprintln!("xtask: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_of_the_readme_exist() {
        let readme = include_str!("../../README.md");
        let commands: Vec<_> = readme.lines().filter_map(|line| line.strip_prefix("$ cargo xtask ")).collect();
        assert!(commands.len() >= 2, "the README names the two commands");
        for command in commands {
            let words = command.split('#').next().unwrap_or_default().split_whitespace();
            assert!(Arguments::try_parse_from(["xtask"].into_iter().chain(words)).is_ok(), "cargo xtask {command}");
        }
    }
}
