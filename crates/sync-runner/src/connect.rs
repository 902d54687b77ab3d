//! From the configured sources to connected ones.

use sink_sqlite::{SqliteConfig, SqliteSink};
use sync_core::engine::{cache_share, inventory};
use sync_core::{Engine, EngineSource, Error, ErrorKind, Registry};

use crate::config::{Config, SourceConfig};
use crate::console::Console;
use crate::exit::Exit;
use crate::suggest::no_tables;

/// The sources that could be connected, each with its configuration, and how bad it is that others could not.
pub(crate) struct Connected<'a> {
    pub(crate) sources: Vec<EngineSource>,
    pub(crate) configs: Vec<&'a SourceConfig>,
    pub(crate) exit: Exit,
}

/// Connects to all sources; prints what went wrong.
pub(crate) async fn connect<'a>(config: &'a Config, registry: &Registry, console: &Console) -> Connected<'a> {
    let mut connected = Connected { sources: Vec::new(), configs: Vec::new(), exit: Exit::Success };
    if config.sources.is_empty() {
        console.error(&no_source(config));
        connected.exit = Exit::Config;
    }
    for source in &config.sources {
        match connect_one(source, registry).await {
            Ok(engine_source) => {
                connected.sources.push(engine_source);
                connected.configs.push(source);
            }
            Err(error) => {
                console.error(&error);
                connected.exit = connected.exit.or(Exit::from(&error));
            }
        }
    }
    connected
}

/// The sources of a configuration that is right, as far as they could be connected.
pub(crate) struct Prepared {
    pub(crate) sources: Vec<EngineSource>,
    /// Whether others could not, and may be later.
    pub(crate) away: bool,
}

/// Connects to all sources for a daemon, which waits for those that can't be reached; logs which these are.
///
/// # Errors
/// All that no waiting will mend.
pub(crate) async fn prepare(config: &Config, registry: &Registry) -> Result<Prepared, Vec<Error>> {
    let mut prepared = Prepared { sources: Vec::new(), away: false };
    let mut problems = Vec::new();
    if config.sources.is_empty() {
        problems.push(no_source(config));
    }
    for source in &config.sources {
        match connect_one(source, registry).await {
            Ok(connected) if source.names_tables() => prepared.sources.push(connected),
            Ok(connected) => problems.push(ask_for_tables(source, connected).await),
            Err(error) if error.kind().is_transient() || error.kind() == ErrorKind::Denied => {
                tracing::warn!("{error}; it is tried again");
                prepared.away = true;
            }
            Err(error) => problems.push(error),
        }
    }
    if problems.is_empty() { Ok(prepared) } else { Err(problems) }
}

/// Opens the replica for these sources.
pub(crate) fn open_engine(config: &Config, sources: Vec<EngineSource>) -> Result<Engine, Error> {
    engine_over(config, open_sink(config)?, sources)
}

/// An engine that writes to this sink, within the memory of the configuration.
pub(crate) fn engine_over(config: &Config, sink: SqliteSink, sources: Vec<EngineSource>) -> Result<Engine, Error> {
    Engine::within(config.memory_budget, Box::new(sink), sources)
}

/// Opens the replica for writing.
pub(crate) fn open_sink(config: &Config) -> Result<SqliteSink, Error> {
    let replica = SqliteConfig::new(config.sink.path.as_path()).mode(config.sink.mode);
    SqliteSink::open(replica.cache_bytes(cache_share(config.memory_budget)).stage_first_load())
}

async fn connect_one(config: &SourceConfig, registry: &Registry) -> Result<EngineSource, Error> {
    let settings = config.settings()?;
    let source = registry.connect(settings).await.map_err(|error| config.locate(&error))?;
    let mut source = EngineSource::new(source, config.wanted.clone()).named(config.name.clone());
    source.readers = config.readers;
    Ok(source)
}

/// The error for a source of which no table is wanted, with what there is if the source tells.
async fn ask_for_tables(config: &SourceConfig, connected: EngineSource) -> Error {
    let default_schema = connected.source.capabilities().default_schema;
    let existing = inventory(&[connected]).await.into_iter().find_map(Result::ok);
    let tables = existing.map(|inventory| inventory.tables);
    no_tables(config, tables.as_deref(), default_schema.as_deref())
}

fn no_source(config: &Config) -> Error {
    let place = config.file.clone().unwrap_or_else(|| format!("no file {} here", crate::config::DEFAULT_FILE));
    let header = config.source_header();
    let hint = format!("add [{header}] and below it url = \"postgres://user@host/database\"");
    Error::config("there is no source").at(place).hint(hint)
}
