//! New sources for a daemon that runs: after SIGHUP, and when a source that was missing can be had.

use std::time::Duration;

use sync_core::{EngineSource, Error, Registry};

use super::signals::Signals;
use crate::config::Config;
use crate::connect::{Prepared, prepare};

/// A source that could not be made is tried again so soon, then ever later, up to [`SLOWEST`].
const SOONEST: Duration = Duration::from_secs(1);
const SLOWEST: Duration = Duration::from_secs(60);

/// The configuration in force, and how to read it again.
pub(super) struct Reloading<'a> {
    config: Option<Config>,
    first: &'a Config,
    load: &'a dyn Fn() -> Result<Config, Vec<Error>>,
    registry: &'a Registry,
    /// Set while a source is missing: how long to wait for it.
    wait: Option<Duration>,
}

impl<'a> Reloading<'a> {
    /// `away`: whether a source is missing.
    pub(super) fn new(
        first: &'a Config,
        load: &'a dyn Fn() -> Result<Config, Vec<Error>>,
        registry: &'a Registry,
        away: bool,
    ) -> Self {
        Self { config: None, first, load, registry, wait: away.then_some(SOONEST) }
    }

    /// Waits for other sources to go on with. Meanwhile, those in force are synced on.
    pub(super) async fn sources(&mut self, signals: &Signals) -> Vec<EngineSource> {
        loop {
            let again = async {
                match self.wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            let changed = tokio::select! {
                () = signals.reload() => self.reload().await,
                () = again => self.complete().await,
            };
            if let Some(sources) = changed {
                return sources;
            }
        }
    }

    /// What a changed configuration says; nothing when it is bad.
    async fn reload(&mut self) -> Option<Vec<EngineSource>> {
        let prepared = match (self.load)() {
            Ok(config) => prepare(&config, self.registry).await.map(|prepared| (config, prepared)),
            Err(problems) => Err(problems),
        };
        match prepared {
            Ok((config, Prepared { sources, away })) => {
                config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
                self.tell_what_needs_a_restart(&config);
                tracing::info!(sources = sources.len(), "the configuration was read again");
                self.wait = away.then_some(SOONEST);
                self.config = Some(config);
                Some(sources)
            }
            Err(problems) => {
                problems.iter().for_each(|problem| tracing::error!("{problem}"));
                tracing::error!("the configuration is not taken over; the one before stays in force");
                None
            }
        }
    }

    fn tell_what_needs_a_restart(&self, config: &Config) {
        if config.sink.path != self.first.sink.path {
            let replica = self.first.sink.path.display();
            tracing::warn!("sink.path is another now, which takes a restart; until then the replica is {replica}");
        }
        for (name, changed) in [
            ("sink.mode", config.sink.mode != self.first.sink.mode),
            ("memory_budget", config.memory_budget != self.first.memory_budget),
            ("[http]", config.http != self.first.http),
        ] {
            if changed {
                tracing::warn!("{name} is another now, which takes a restart; until then it stays as it was");
            }
        }
    }

    /// All sources, if one that was missing can be had now.
    async fn complete(&mut self) -> Option<Vec<EngineSource>> {
        let config = self.config.as_ref().unwrap_or(self.first);
        match prepare(config, self.registry).await {
            Ok(Prepared { sources, away: false }) => {
                self.wait = None;
                Some(sources)
            }
            _ => {
                self.wait = self.wait.map(|wait| (wait * 2).min(SLOWEST));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use sync_core::memory::MemorySource;
    use sync_core::{Driver, Result, Source};

    use super::*;

    /// Can't be reached at first.
    struct Late;

    static TRIED: AtomicUsize = AtomicUsize::new(0);

    impl Driver for Late {
        const SCHEMES: &'static [&'static str] = &["late"];
        type Config = serde_json::Value;

        async fn connect(_settings: Self::Config) -> Result<Box<dyn Source>> {
            match TRIED.fetch_add(1, Ordering::Relaxed) {
                0..3 => Err(Error::unavailable("it is not up yet")),
                _ => Ok(Box::new(MemorySource::new())),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_could_not_be_made_is_tried_again() {
        let registry = Registry::new().with::<Late>();
        let text = "tables = [\"users\"]\n[source]\nurl = \"late://\"\n";
        let config = Config::of_text(text).unwrap();
        let Prepared { sources, away } = prepare(&config, &registry).await.unwrap();
        assert!(sources.is_empty() && away);
        let load = || Config::of_text(text);
        let mut reloading = Reloading::new(&config, &load, &registry, away);
        assert_eq!(reloading.sources(&Signals::none()).await.len(), 1);
        assert_eq!(TRIED.load(Ordering::Relaxed), 4);
    }
}
