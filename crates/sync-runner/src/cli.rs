//! The command line.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes:
  0    all went well
  1    a table, or a query, failed; what could be synced was
  2    the configuration or the command line is wrong
  3    a source can't be reached, or refuses the login
  4    the replica can't be used
  5    `verify` found that the replica differs from its source
  70   a bug in this program
  130  interrupted (143 when asked to end by a signal); `run` ends with 0 then, unless it is asked twice";

/// Keeps tables of PostgreSQL, MySQL and MariaDB in a local SQLite file.
#[derive(Debug, Parser)]
#[command(name = "data-sync", version, after_help = EXIT_CODES, styles = STYLES)]
pub(crate) struct Cli {
    /// The configuration [default: data-sync.toml]
    #[arg(long, short, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) logging: Logging,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct Logging {
    /// What is logged to standard error [default: warn, info for `run`, or what RUST_LOG says]
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(crate) log_level: Option<LogLevel>,
    /// How it is written [default: human on a terminal, else json]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Human,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a configuration from what a source has
    Init {
        /// The source, as postgres://user@host/database; its password is better set in DATA_SYNC_PASSWORD
        #[arg(long)]
        url: String,
        /// The file to write, or - to print it; a file that is there is kept
        #[arg(long, short, value_name = "FILE", default_value = crate::config::DEFAULT_FILE)]
        output: PathBuf,
    },
    /// Check the configuration, the sources, their tables and the replica, without changing anything
    Check {
        /// Print all that was found as JSON
        #[arg(long)]
        json: bool,
        /// Read the whole replica file too, and tell what is damaged in it
        #[arg(long)]
        integrity: bool,
    },
    /// Bring all tables up to date, once
    Sync {
        /// Print what was done as JSON
        #[arg(long)]
        json: bool,
    },
    /// Keep all tables up to date, each at its own interval, until a signal asks to end; SIGHUP reads the configuration again
    Run,
    /// Show how far each table of the replica is
    Status {
        /// Print it as JSON
        #[arg(long)]
        json: bool,
        /// Count the rows of each table, which reads all of them
        #[arg(long)]
        rows: bool,
        /// Show it anew every two seconds, until a signal asks to end
        #[arg(long, conflicts_with = "json")]
        watch: bool,
    },
    /// Copy the replica as it is now to another file, also while a daemon runs
    Backup {
        /// The file to write; it must not be there yet
        file: PathBuf,
    },
    /// Copy a table again with the next sync; not while a daemon runs
    Resync {
        /// Its name at the source or in the replica: users, audit.logs, tmp_users
        table: String,
    },
    /// List rows that could not be stored; each is tried again with every sync
    Failed {
        /// Of this table alone, by its name at the source or in the replica
        table: Option<String>,
        /// Print them as JSON
        #[arg(long)]
        json: bool,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
    },
    /// Compare the replica with its source, row by row; it may run beside a daemon
    Verify {
        /// These tables alone, by their names at the source or in the replica
        #[arg(value_name = "TABLE")]
        tables: Vec<String>,
        /// Set right what differs; not while a daemon runs
        #[arg(long)]
        repair: bool,
        /// Print what was found as JSON
        #[arg(long)]
        json: bool,
    },
    /// Carry out deletes that are held back because they are suspiciously many; not while a daemon runs
    AcceptDeletes {
        /// Its name at the source or in the replica
        table: String,
    },
    /// Ask the replica: one SQL statement that only reads
    Query {
        /// The statement, in SQLite's SQL; tables have the names of their source or of the replica: users, tmp_users
        #[arg(allow_hyphen_values = true)]
        sql: String,
        /// Print the rows as a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Print what completes this command line in a shell: data-sync completions bash > /etc/bash_completion.d/data-sync
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages of all commands: data-sync man /usr/local/share/man/man1
    Man {
        /// The folder, which must be there
        folder: PathBuf,
    },
    /// Print the configuration that counts, with defaults and environment, without secrets
    PrintConfig,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn the_config_is_named_before_or_after_the_command() {
        for arguments in [["data-sync", "--config", "x", "sync"], ["data-sync", "sync", "--config", "x"]] {
            assert_eq!(Cli::try_parse_from(arguments).unwrap().config, Some(PathBuf::from("x")));
        }
    }
}
