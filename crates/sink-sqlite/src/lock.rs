//! One writer per file: an advisory lock on a file beside it, which the system releases when the process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use sync_core::{Error, Result};

use crate::open;

/// Held as long as this process may write to the replica. The side file stays: removing it would race with whoever opens it next.
#[derive(Debug)]
pub(crate) struct WriterLock {
    _file: File,
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
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(&mut file).at(place())),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        note_process(&mut file).map_err(unusable)?;
        Ok(Self { _file: file })
    }
}

fn side_file(replica: &Path) -> PathBuf {
    let mut name = replica.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn held(file: &mut File) -> Error {
    // Whoever holds it may not have written its note yet.
    let mut note = String::new();
    let holder = match file.take(20).read_to_string(&mut note).ok().and_then(|_| note.trim().parse::<u32>().ok()) {
        Some(process) => format!("process {process}"),
        None => "another process".to_owned(),
    };
    Error::config(format!("{holder} is syncing into it")).hint("stop that one, or choose another path")
}

fn note_process(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}
