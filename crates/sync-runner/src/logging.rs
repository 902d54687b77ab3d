//! Logs, by `tracing`, to standard error; and traces, where they were built in.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt, registry};

use crate::cli::{Cli, Command, LogFormat, LogLevel};
use crate::console::Console;
#[cfg(feature = "opentelemetry")]
use crate::traces::Traces;

/// Ends logging when it is dropped: what was not sent yet is sent then.
pub(crate) struct Logging {
    #[cfg(feature = "opentelemetry")]
    _traces: Option<Traces>,
}

/// Starts logging.
pub(crate) fn start(cli: &Cli, console: &Console) -> Logging {
    let options = &cli.logging;
    let format = options.log_format.unwrap_or_else(|| match io::stderr().is_terminal() {
        true => LogFormat::Human,
        false => LogFormat::Json,
    });
    let (filter, problem) = filter(options.log_level, default_level(&cli.command));
    let lines = fmt::layer().with_writer(Lines(console.clone()));
    let lines = match format {
        LogFormat::Human => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let subscriber = registry().with(lines.with_filter(filter));
    #[cfg(feature = "opentelemetry")]
    let (traces, failure) = Traces::start().map_or_else(|error| (None, Some(error)), |traces| (traces, None));
    #[cfg(feature = "opentelemetry")]
    let subscriber = subscriber.with(traces.as_ref().map(Traces::layer));
    // It fails only where a program that embeds this one logs already, and then that is where logs go.
    drop(subscriber.try_init());
    if let Some(problem) = problem {
        console.warning(problem);
    }
    #[cfg(feature = "opentelemetry")]
    if let Some(failure) = failure {
        console.warning(format!("no traces are sent, as the variables OTEL_* ask for what can't be had: {failure}"));
    }
    Logging {
        #[cfg(feature = "opentelemetry")]
        _traces: traces,
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
