//! The signals of a daemon, heard on a thread of their own: also while all else is busy or stuck.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use sync_core::Error;
use tokio::sync::{Notify, watch};

use crate::exit::Exit;

/// How long the end may take, from the signal that asks for it; then the program ends as it is. Whatever was committed is safe then
/// too: the file is made for being left at any moment.
const PATIENCE: Duration = Duration::from_millis(4500);

/// What was asked for so far.
pub(super) struct Signals {
    stop: watch::Receiver<bool>,
    reload: Arc<Notify>,
}

impl Signals {
    /// From now on, SIGINT and SIGTERM ask to stop, and at the second time end the program at once; SIGHUP asks to reload.
    pub(super) fn listen() -> Result<Self, Error> {
        let (stopping, stop) = watch::channel(false);
        let reload = Arc::new(Notify::new());
        let (ready, started) = mpsc::channel();
        let heard = Heard { stopping, reload: Arc::clone(&reload) };
        let no_thread = |error: &dyn std::fmt::Display| Error::internal(format!("signals can't be heard: {error}"));
        std::thread::Builder::new()
            .name("data-sync-signals".to_owned())
            .spawn(move || heard.listen(&ready))
            .map_err(|error| no_thread(&error))?;
        started.recv().map_err(|error| no_thread(&error))?.map_err(|error| no_thread(&error))?;
        Ok(Self { stop, reload })
    }

    /// Signals of which none ever comes.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { stop: watch::channel(false).1, reload: Arc::default() }
    }

    /// Waits until somebody asks to stop.
    pub(super) async fn stopped(&self) {
        if self.stop.clone().wait_for(|stop| *stop).await.is_err() {
            std::future::pending().await
        }
    }

    /// Asks to reload, as SIGHUP does.
    pub(super) fn asks_to_reload(&self) -> Arc<Notify> {
        Arc::clone(&self.reload)
    }

    /// Waits until somebody asks to reload; requests in the meantime count as one.
    pub(super) async fn reload(&self) {
        self.reload.notified().await;
    }
}

/// The thread's side.
struct Heard {
    stopping: watch::Sender<bool>,
    reload: Arc<Notify>,
}

impl Heard {
    fn listen(self, ready: &mpsc::Sender<std::io::Result<()>>) {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(ready.send(Err(error))),
        };
        runtime.block_on(async {
            match Streams::new() {
                Ok(streams) => {
                    drop(ready.send(Ok(())));
                    self.pass_on(streams).await;
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        });
    }

    async fn pass_on(self, mut streams: Streams) {
        while let Signal::Reload = streams.next().await {
            self.reload.notify_one();
        }
        tracing::info!("data-sync stops");
        self.stopping.send_replace(true);
        let again = async {
            loop {
                if let Signal::Stop(exit) = streams.next().await {
                    return exit;
                }
            }
        };
        let exit = tokio::time::timeout(PATIENCE, again).await.unwrap_or_else(|_| {
            tracing::warn!("stopping takes longer than {PATIENCE:?}, so what is not stored by now is given up");
            Exit::Success
        });
        std::process::exit(exit.code().into());
    }
}

/// What a signal asks for.
enum Signal {
    /// To end; at the second time, with this.
    Stop(Exit),
    Reload,
}

#[cfg(unix)]
struct Streams {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Streams {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Stop(Exit::Interrupted),
            _ = self.terminate.recv() => Signal::Stop(Exit::Terminated),
            _ = self.hangup.recv() => Signal::Reload,
        }
    }
}

#[cfg(not(unix))]
struct Streams;

#[cfg(not(unix))]
impl Streams {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Stop(Exit::Interrupted),
            Err(_) => std::future::pending().await,
        }
    }
}
