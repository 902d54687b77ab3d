//! [`Engine::run`]: keeps everything up to date until it is told to stop.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc;

use super::Engine;
use super::control::Commands;
use super::rounds::Rounds;
use crate::Result;

/// How long times of success may take to be stored when the engine stops.
const FLUSH: Duration = Duration::from_secs(2);

impl Engine {
    /// Keeps every wanted table up to date at its own interval, until the last [`Control`](super::Control) is dropped or says stop.
    ///
    /// A source that can't be reached is asked again, with growing waits up to the shortest interval of its tables; a table that
    /// fails is tried again likewise, and delays no other. Dropping the future stops everything too; only the times of the last
    /// successes are not stored then.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) when the thread that writes has panicked: nothing can be stored any more.
    pub async fn run(&self, commands: Commands) -> Result<()> {
        self.claims.clear();
        self.writer.serve();
        self.status.start(self.sources.iter().map(|source| source.name.clone()));
        let (senders, rounds): (Vec<_>, Vec<_>) = self
            .sources
            .iter()
            .enumerate()
            .map(|(index, source)| {
                let (sender, receiver) = mpsc::unbounded_channel();
                (sender, Rounds::new(self, source, index).run(receiver))
            })
            .unzip();
        let pass_on = async {
            while let Some(command) = commands.next().await {
                self.pauses.obey(&command);
                for sender in &senders {
                    // A source's rounds end with this future only.
                    let _ = sender.send(command.clone());
                }
            }
        };
        tokio::select! {
            () = pass_on => {}
            _ = join_all(rounds), if !self.sources.is_empty() => {}
            gone = self.writer.ended() => return Err(gone),
        }
        if tokio::time::timeout(FLUSH, self.store_successes()).await.is_err() {
            tracing::warn!("the times of the last successes could not be stored in time");
        }
        Ok(())
    }

    /// Stores the successes that changed nothing and so are known in memory only.
    async fn store_successes(&self) {
        let unsaved = std::mem::take(&mut *self.unsaved());
        for (stream, record) in unsaved {
            if let Err(error) = self.writer.record(&stream, record).await {
                tracing::warn!(%stream, "the time of the last success could not be stored: {error}");
            }
        }
    }
}
