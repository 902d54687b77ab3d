//! `data-sync run`: keeps everything up to date until it is asked to end.

mod endpoints;
mod maintenance;
mod notify;
mod reload;
mod signals;

use std::time::Duration;

use sync_core::engine::{Commands, Control, control};
use sync_core::{Engine, EngineSource, Error, Registry};
use sync_http::Server;

use crate::config::Config;
use crate::connect::{Prepared, engine_over, open_sink, prepare};
use crate::console::Console;
use crate::exit::Exit;
use crate::interrupt;
use maintenance::Maintenance;
use reload::Reloading;
use signals::Signals;

/// How long queries on a server may take to be cancelled at the end.
const WIND_UP: Duration = Duration::from_secs(1);

/// `load` reads the configuration again.
pub(super) fn run(
    config: &Config,
    load: &dyn Fn() -> Result<Config, Vec<Error>>,
    registry: &Registry,
    console: &Console,
) -> Exit {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let started = runtime.map_err(|error| Error::internal(format!("the runtime can't be started: {error}")));
    let started = started.and_then(|runtime| Ok((runtime, Signals::listen()?)));
    let (runtime, signals) = match started {
        Ok(started) => started,
        Err(error) => {
            console.error(&error);
            return Exit::Bug;
        }
    };
    let exit = runtime.block_on(async {
        tokio::select! {
            biased;
            () = signals.stopped() => Exit::Success,
            started = start(config, registry, console, &signals) => match started {
                Ok(started) => {
                    let reloading = Reloading::new(config, load, registry, started.away);
                    started.keep(reloading, &signals).await
                }
                Err(exit) => exit,
            },
        }
    });
    // What still waits for a name server must not hold up the end.
    runtime.shutdown_background();
    exit
}

/// Everything that runs.
struct Started {
    engine: Engine,
    control: Control,
    commands: Commands,
    server: Option<Server>,
    maintenance: Maintenance,
    /// Whether a source is missing that may come later.
    away: bool,
}

/// Starts everything but the syncing itself. All that is wrong is printed.
async fn start(config: &Config, registry: &Registry, console: &Console, signals: &Signals) -> Result<Started, Exit> {
    let print = |problems: &[Error]| {
        problems.iter().for_each(|problem| console.error(problem));
        problems.iter().map(Exit::from).max().unwrap_or(Exit::Config)
    };
    let Prepared { sources, away } = prepare(config, registry).await.map_err(|problems| print(&problems))?;
    let number = sources.len();
    let refuse = |error: Error| {
        console.error(&error);
        Exit::Replica
    };
    let sink = open_sink(config).map_err(refuse)?;
    let left_open = sink.was_left_open();
    let engine = engine_over(config, sink, sources).map_err(refuse)?;
    let (control, commands) = control();
    let server =
        endpoints::serve(config, &engine, &control, signals.asks_to_reload()).map_err(|error| print(&[error]))?;
    let maintenance = Maintenance::start(&config.sink.path, left_open);
    let replica = config.sink.path.display();
    notify::ready();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %replica, sources = number, "data-sync runs");
    Ok(Started { engine, control, commands, server, maintenance, away })
}

impl Started {
    /// Runs the engine, with other sources after each change of the configuration.
    async fn keep(mut self, mut reloading: Reloading<'_>, signals: &Signals) -> Exit {
        loop {
            let change = async {
                let change = tokio::select! {
                    biased;
                    () = signals.stopped() => None,
                    sources = reloading.sources(signals) => Some(sources),
                };
                self.control.stop();
                change
            };
            match run_until(&self.engine, self.commands.clone(), change).await {
                Ok(Some(sources)) => self.engine.set_sources(sources),
                Ok(None) => break,
                Err(error) => {
                    tracing::error!("{error}; please report this");
                    return Exit::Bug;
                }
            }
        }
        notify::stopping();
        interrupt::wind_up(WIND_UP).await;
        drop(self.maintenance);
        // They wait for answers under way, and for the writer to close the replica.
        drop(self.server);
        drop(self.engine);
        tracing::info!("data-sync has stopped; what was stored is kept");
        Exit::Success
    }
}

async fn run_until(
    engine: &Engine,
    commands: Commands,
    change: impl Future<Output = Option<Vec<EngineSource>>>,
) -> Result<Option<Vec<EngineSource>>, Error> {
    let (mut running, mut change) = (std::pin::pin!(engine.run(commands)), std::pin::pin!(change));
    tokio::select! {
        ended = &mut running => {
            ended?;
            Ok(change.await)
        }
        change = &mut change => {
            running.await?;
            Ok(change)
        }
    }
}
