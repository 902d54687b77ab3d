//! Logs, by `tracing`, to standard error.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::cli::{Cli, Command, LogFormat, LogLevel};
use crate::console::Console;

/// Starts logging.
pub(crate) fn start(cli: &Cli, console: &Console) {
    let options = &cli.logging;
    let format = options.log_format.unwrap_or_else(|| match io::stderr().is_terminal() {
        true => LogFormat::Human,
        false => LogFormat::Json,
    });
    let (filter, problem) = filter(options.log_level, default_level(&cli.command));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Lines(console.clone()));
    // It fails only where a program that embeds this one logs already, and then that is where logs go.
    drop(match format {
        LogFormat::Human => builder.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().try_init(),
    });
    if let Some(problem) = problem {
        console.warning(problem);
    }
}

/// A daemon is known by its log alone.
fn default_level(command: &Command) -> &'static str {
    match command {
        Command::Run => "info",
        _ => "warn",
    }
}

fn filter(level: Option<LogLevel>, default: &str) -> (EnvFilter, Option<String>) {
    let level = match level {
        Some(LogLevel::Error) => "error",
        Some(LogLevel::Warn) => "warn",
        Some(LogLevel::Info) => "info",
        Some(LogLevel::Debug) => "debug",
        Some(LogLevel::Trace) => "trace",
        None => return filter_of_environment(default),
    };
    (EnvFilter::new(level), None)
}

fn filter_of_environment(default: &str) -> (EnvFilter, Option<String>) {
    let fallback = || EnvFilter::new(default);
    match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(text) if !text.trim().is_empty() => match EnvFilter::try_new(&text) {
            Ok(filter) => (filter, None),
            Err(error) => (fallback(), Some(format!("environment variable RUST_LOG is ignored: {error}"))),
        },
        _ => (fallback(), None),
    }
}

/// Writes each line as a whole, above the progress bars.
struct Lines(Console);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(&self.0)
    }
}

struct Line<'a>(&'a Console);

impl io::Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_error(String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
