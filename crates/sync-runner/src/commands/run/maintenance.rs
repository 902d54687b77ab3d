//! Keeps the replica's file sound over the years, on a thread of its own beside the writer.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sink_sqlite::SqliteReplica;
use sink_sqlite::file::{damages, log_state, open_by, shorten_log, tidy};
use sync_core::Result;

/// Between two looks at the log: a look at a file's size.
const LOOK: Duration = Duration::from_secs(10);
/// Likewise, while the log is half as long as it should be at most. Where readers keep it, ever later: each try holds the writer up.
const SOON: Duration = Duration::from_secs(1);
/// A log that is larger is emptied, and its readers are named where that can't be done. SQLite begins it anew by itself at 4 MiB,
/// unless some reader is always there.
const LONG_LOG: u64 = 64 << 20;
/// When the file is tidied for the first time, and how often from then on.
const FIRST_TIDY: Duration = Duration::from_secs(600);
const TIDY: Duration = Duration::from_secs(6 * 3600);
/// Damages that are told.
const DAMAGES: u32 = 5;
/// Readers that are named.
const READERS: usize = 5;

/// It ends when it is dropped.
pub(super) struct Maintenance {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Maintenance {
    /// `left_open`: the file was not closed in good order, so it is read through first.
    pub(super) fn start(replica: &Path, left_open: bool) -> Self {
        let (stop, stopped) = channel();
        let (told_at, again, tidy_at) = (LONG_LOG, SOON / 2, Instant::now() + FIRST_TIDY);
        let mut round = Round { replica: replica.to_owned(), told_at, again, tidy_at };
        let thread = std::thread::Builder::new()
            .name("data-sync-upkeep".to_owned())
            .spawn(move || {
                if left_open {
                    round.look_for_damage();
                }
                round.go_on(&stopped);
            })
            .inspect_err(|error| {
                tracing::warn!("the file is not looked after, as there is no thread for that: {error}")
            });
        Self { stop: Some(stop), thread: thread.ok() }
    }
}

impl Drop for Maintenance {
    fn drop(&mut self) {
        drop(self.stop.take());
        // What it does is short, but for reading a large file through: that is left to the system.
        if self.thread.as_ref().is_some_and(JoinHandle::is_finished) {
            self.thread.take().map(JoinHandle::join);
        }
    }
}

struct Round {
    replica: PathBuf,
    /// The size of the log at which its readers are named next: once a size, and again at twice the size.
    told_at: u64,
    /// How long was waited after the last try to empty a log that readers keep.
    again: Duration,
    tidy_at: Instant,
}

impl Round {
    fn go_on(&mut self, stopped: &Receiver<()>) {
        // At once: a program that is started again and again would never come to it.
        let mut wait = Duration::ZERO;
        while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            wait = self.look().unwrap_or_else(|error| {
                tracing::debug!("the file could not be looked after: {error}");
                LOOK
            });
        }
    }

    /// How long to wait before the next look.
    fn look(&mut self) -> Result<Duration> {
        let log = self.keep_log_short()?;
        if self.tidy_at <= Instant::now() {
            self.tidy_at = Instant::now() + TIDY;
            let pages = tidy(&self.replica)?;
            tracing::debug!(pages, "the file is tidied");
        }
        let is_kept = log > LONG_LOG;
        self.again = if is_kept { (self.again * 2).min(LOOK) } else { SOON / 2 };
        Ok(if is_kept {
            self.again
        } else if log > LONG_LOG / 2 {
            SOON
        } else {
            LOOK
        })
    }

    /// The length of the log, as it stays.
    fn keep_log_short(&mut self) -> Result<u64> {
        let bytes = log_state(&self.replica)?.bytes;
        if bytes <= LONG_LOG {
            self.told_at = LONG_LOG;
            return Ok(bytes);
        }
        let log = shorten_log(&self.replica)?;
        if log.pinned && log.bytes >= self.told_at {
            self.told_at = log.bytes.saturating_mul(2);
            tracing::warn!("{}", pinned(&self.replica, log.bytes));
        }
        Ok(log.bytes)
    }

    fn look_for_damage(&self) {
        let found = SqliteReplica::open(&self.replica).and_then(|replica| damages(replica.connection(), DAMAGES));
        match found.as_deref() {
            Ok([]) => {
                tracing::info!("the program did not end in good order before; the file was read through and is sound")
            }
            Ok([first, ..]) => {
                tracing::error!("the file is damaged: {first}; move it away, and the next sync makes a new one")
            }
            Err(error) => tracing::warn!("the file could not be read through: {error}"),
        }
    }
}

/// What is told of a log that can't be emptied.
fn pinned(replica: &Path, bytes: u64) -> String {
    let readers: Vec<_> = open_by(replica).iter().take(READERS).map(ToString::to_string).collect();
    let who = if readers.is_empty() { "a reader".to_owned() } else { readers.join(" or ") };
    format!(
        "the log beside the replica is {} MiB, because {who} has had one transaction open since; it shrinks when that ends",
        bytes >> 20
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_pins_the_log_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("replica.db");
        std::fs::write(&path, "").unwrap();
        let file = std::fs::File::open(&path).unwrap();
        let mut child = std::process::Command::new("sleep").arg("600").stdin(file).spawn().unwrap();
        let told = pinned(&path, 70 << 20);
        child.kill().unwrap();
        child.wait().unwrap();
        let expected =
            format!("(process {}) has had one transaction open since; it shrinks when that ends", child.id());
        assert!(
            told.starts_with("the log beside the replica is 70 MiB, because ") && told.ends_with(&expected),
            "{told}"
        );
        assert!(pinned(&path, 0).contains("because a reader has had"));
    }
}
