//! What can be known of a replica without opening it.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use sync_core::{Error, Result};

use super::beside;
use crate::lock::WriterLock;
use crate::open;

/// Sizes, rights and the writer of a replica.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileFacts {
    /// Whether there is a file.
    pub exists: bool,
    /// Its size in bytes.
    pub bytes: u64,
    /// The size of the write-ahead log beside it, in bytes.
    pub log_bytes: u64,
    /// Bytes that this user can still write to its file system; `None` where the system doesn't tell.
    pub free_bytes: Option<u64>,
    /// Its permissions as `0o640`; `None` where the system has none.
    pub mode: Option<u32>,
    /// Whether some process has it open for writing.
    pub is_being_synced: bool,
    /// The process that says so of itself.
    pub writer: Option<u32>,
}

impl FileFacts {
    /// Looks at a replica, which may be missing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](sync_core::ErrorKind::Config) when its folder is missing or can't be looked into.
    pub fn of(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let resolved = open::resolve(path)?;
        let unreadable = |error: std::io::Error| {
            Error::config(format!("it can't be looked at: {error}")).at(open::place(path)).hint("let this user read it")
        };
        let file = match fs::metadata(&resolved) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(error)),
        };
        let is_being_synced = WriterLock::is_held(&resolved).map_err(|error| error.at(open::place(path)))?;
        Ok(Self {
            exists: file.is_some(),
            bytes: file.as_ref().map_or(0, fs::Metadata::len),
            log_bytes: fs::metadata(beside(&resolved, "-wal")).map_or(0, |log| log.len()),
            free_bytes: free_bytes(&resolved),
            mode: file.as_ref().and_then(mode),
            is_being_synced,
            writer: is_being_synced.then(|| WriterLock::holder(&resolved)).flatten(),
        })
    }

    /// Who may read the file, in words: `its owner alone`.
    #[must_use]
    pub fn readable_by(&self) -> Option<&'static str> {
        self.mode.map(|mode| match (mode & 0o040 != 0, mode & 0o004 != 0) {
            (_, true) => "every user of this machine",
            (true, false) => "its owner and its group",
            (false, false) => "its owner alone",
        })
    }
}

#[cfg(unix)]
fn mode(file: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(file.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> Option<u32> {
    None
}

#[cfg(unix)]
fn free_bytes(path: &Path) -> Option<u64> {
    let folder = path.parent()?;
    let system = rustix::fs::statvfs(folder).ok()?;
    Some(system.f_bavail.saturating_mul(system.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}
