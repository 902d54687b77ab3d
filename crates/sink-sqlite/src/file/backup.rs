//! A copy of a replica, taken while it is synced.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sync_core::{Error, Result};

use super::{beside, mode};
use crate::SqliteReplica;
use crate::error::sqlite_error;

/// What was written.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The copy.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Copies a replica as it is at one moment to a new file, which has the mode of the replica and no side files. Syncing goes on
/// meanwhile; the write-ahead log grows for as long as the copy takes.
///
/// The copy appears under its name when it is complete.
///
/// # Errors
/// When the replica can't be read, when there is a file of that name, or when it can't be written.
pub fn backup(replica: impl AsRef<Path>, target: impl AsRef<Path>) -> Result<Backup> {
    let (replica, target) = (replica.as_ref(), target.as_ref());
    let place = || format!("backup {}", target.display());
    if target.symlink_metadata().is_ok() {
        return Err(Error::config("there is a file of this name")
            .at(place())
            .hint("choose another name, or remove it"));
    }
    let source = SqliteReplica::open(replica)?;
    source.check_in_place()?;
    let partial = beside(target, ".partial");
    let unwritable = |error: std::io::Error| {
        Error::config(format!("it can't be written: {error}")).at(place()).hint("choose another folder")
    };
    let written = mode::create(&partial, mode::of(replica)).map_err(unwritable).and_then(|()| {
        copy(&source, &partial).map_err(|error| error.at(place()))?;
        File::open(&partial).and_then(|file| file.sync_all()).map_err(unwritable)?;
        // Never over a file that somebody made in the meantime.
        fs::hard_link(&partial, target).map_err(unwritable)?;
        Ok(Backup { path: target.to_owned(), bytes: fs::metadata(target).map_err(unwritable)?.len() })
    });
    // Either it has its name by now, or it is none.
    drop(fs::remove_file(&partial));
    written
}

/// It reads every page, so a damaged file has no copy.
fn copy(source: &SqliteReplica, partial: &Path) -> Result<()> {
    let name = partial.to_str().ok_or_else(|| Error::config("its name is not UTF-8").hint("choose another name"))?;
    source.connection().execute("VACUUM INTO ?1", [name]).map_err(sqlite_error)?;
    Ok(())
}
