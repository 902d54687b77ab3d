//! One writer per file: an advisory lock on a file beside it, which the system releases when the process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sync_core::{Error, Result};

use crate::open;

/// How often, and how soon again, a lock is asked for that may be taken for a look alone.
const LOOKS: u32 = 5;
const LOOK: Duration = Duration::from_millis(10);

/// Held as long as this process may write to the replica. The side file stays: removing it would race with whoever opens it next.
#[derive(Debug)]
pub(crate) struct WriterLock {
    file: File,
    was_left: bool,
}

impl WriterLock {
    /// Locks `<replica>.lock`. The database itself is not locked or opened here: closing it would drop the locks that SQLite holds
    /// on it elsewhere in this process.
    pub(crate) fn acquire(replica: &Path) -> Result<Self> {
        let path = side_file(replica);
        let place = || open::place(replica);
        let unusable = |error: std::io::Error| {
            Error::config(format!("its lock file {} can't be used: {error}", path.display()))
                .at(place())
                .hint("let this user write to the folder, on a file system that knows locks")
        };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(unusable)?;
        // Somebody may just be looking whether it is held.
        let mut tries = LOOKS;
        loop {
            tries -= 1;
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tries > 0 => std::thread::sleep(LOOK),
                Err(TryLockError::WouldBlock) => return Err(held(&mut file).at(place())),
                Err(TryLockError::Error(error)) => return Err(unusable(error)),
            }
        }
        // Whoever closes the file in good order takes the note away.
        let was_left = noted(&mut file).is_some();
        note_process(&mut file).map_err(unusable)?;
        Ok(Self { file, was_left })
    }

    /// Whether the last process that held it ended without giving it back.
    pub(crate) fn was_left(&self) -> bool {
        self.was_left
    }

    /// The process that noted itself, which holds the lock if anybody does.
    pub(crate) fn holder(replica: &Path) -> Option<u32> {
        noted(&mut File::open(side_file(replica)).ok()?)
    }

    /// Whether some process holds the lock of this replica.
    pub(crate) fn is_held(replica: &Path) -> Result<bool> {
        let path = side_file(replica);
        let unusable = |error: std::io::Error| {
            Error::config(format!("its lock file {} can't be looked at: {error}", path.display()))
                .hint("let this user read it")
        };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(unusable(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        // At worst the next to open it takes a look at the file that was not needed.
        let _ = self.file.set_len(0);
    }
}

fn side_file(replica: &Path) -> PathBuf {
    let mut name = replica.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn held(file: &mut File) -> Error {
    // Whoever holds it may not have written its note yet.
    let holder = match noted(file) {
        Some(process) => format!("process {process}"),
        None => "another process".to_owned(),
    };
    Error::config(format!("{holder} is syncing into it")).hint("stop that one, or choose another path")
}

fn noted(file: &mut File) -> Option<u32> {
    let mut note = String::new();
    file.rewind().ok()?;
    file.take(20).read_to_string(&mut note).ok()?;
    note.trim().parse().ok()
}

fn note_process(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}
