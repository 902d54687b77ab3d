//! From the configured sources to connected ones.

use sync_core::{EngineSource, Error, Registry};

use crate::config::{Config, SourceConfig};
use crate::console::Console;
use crate::exit::Exit;

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
        let error = Error::config("there is no source").at(place(config));
        console.error(&error.hint("add [source] and below it url = \"postgres://user@host/database\""));
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

async fn connect_one(config: &SourceConfig, registry: &Registry) -> Result<EngineSource, Error> {
    let settings = config.settings()?;
    let source = registry.connect(settings).await.map_err(|error| config.locate(&error))?;
    let mut source = EngineSource::new(source, config.wanted.clone()).named(config.name.clone());
    source.readers = config.readers;
    Ok(source)
}

fn place(config: &Config) -> String {
    config.file.clone().unwrap_or_else(|| format!("no file {} here", crate::config::DEFAULT_FILE))
}
