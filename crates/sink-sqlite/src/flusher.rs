//! Bringing a staged file to the disk while it is written, so that little is left to wait for at its end.

use std::fs::File;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Bytes that a file grows by before it is synced again.
const STEP: u64 = 32 << 20;

/// The thread that syncs. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Flusher {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Flusher {
    /// Looks after a file. Where that can't be done, its end takes longer.
    pub(crate) fn start(path: &Path) -> Self {
        let (wake, woken) = sync_channel(1);
        // Open as long as the thread lives: closing a file drops the locks that SQLite holds on it in this process.
        let thread = File::options().write(true).open(path).and_then(|file| {
            std::thread::Builder::new().name("data-sync-disk".to_owned()).spawn(move || {
                if let Err(error) = flush(&file, &woken) {
                    tracing::debug!("a first load is synced at its end only: {error}");
                }
            })
        });
        Self { wake: Some(wake), thread: thread.ok() }
    }

    /// Something was committed.
    pub(crate) fn wake(&self) {
        // One call that waits is enough, whatever happens until it is heard.
        let _ = self.wake.as_ref().map(|wake| wake.try_send(()));
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn flush(file: &File, woken: &Receiver<()>) -> std::io::Result<()> {
    let mut synced = 0;
    while woken.recv().is_ok() {
        let length = file.metadata()?.len();
        if length >= synced + STEP {
            file.sync_data()?;
            synced = length;
        }
    }
    Ok(())
}
