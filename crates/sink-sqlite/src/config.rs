//! What can be set.

use std::path::PathBuf;
use std::time::Duration;

/// Where the replica is, and how it is written.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteConfig {
    /// The file. It is created when it does not exist; its folder must.
    pub path: PathBuf,
    /// Memory that the writer keeps pages in, in bytes. Default: 4 MiB. A load is no faster with more.
    pub cache_bytes: usize,
    /// How long to wait for another program that is writing to the file. Default: 20 seconds.
    pub busy_timeout: Duration,
    /// Who may read and write the file and what stands beside it, as `chmod` takes it. Default: `0o600`, its owner alone. Who reads it
    /// must be able to write it too, as SQLite's readers share a file beside it. Without meaning on systems without such modes.
    pub mode: u32,
    /// Whether a file that is not there yet is staged: written beside its place, without a log, until the engine says that there is
    /// something to read in it. A first load takes less time so. Default: no, so that each commit is there for readers. Without meaning
    /// on systems other than Linux.
    pub stages_first_load: bool,
}

impl SqliteConfig {
    /// The replica at this path, with defaults for the rest.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            cache_bytes: 4 << 20,
            busy_timeout: Duration::from_secs(20),
            mode: 0o600,
            stages_first_load: false,
        }
    }

    /// Sets how long to wait for another writer.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// Sets who may open the file.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Stages a file that is not there yet.
    #[must_use]
    pub fn stage_first_load(mut self) -> Self {
        self.stages_first_load = true;
        self
    }

    /// Sets the memory for pages, in bytes.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }
}
