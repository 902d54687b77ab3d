//! A first load, staged: a file that nobody has yet is written beside its place, and put there once there is something to read in it.
//!
//! Nobody waits for it meanwhile, so it goes without a write-ahead log, and each page is written once instead of twice. A rollback journal
//! takes a transaction back when the process is killed. Nothing is synced before the end: when the machine itself goes down, the file may
//! be torn, so one that was staged before the machine started is thrown away, and the load begins anew.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use sync_core::{Error, Result};

use crate::error::sqlite_error;
use crate::file::beside;
use crate::flusher::Flusher;
use crate::{SqliteConfig, open};

/// Where Linux tells one start of the machine from another.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
/// Behind the name of the replica; the start of the machine follows.
const SUFFIX: &str = ".loading-";

/// A file that is not in its place yet.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) file: PathBuf,
    pub(crate) flusher: Flusher,
}

/// Where a replica that is not there yet is staged, since the machine started; `None` where the system does not tell when that was.
pub(crate) fn place(replica: &Path) -> Option<PathBuf> {
    let boot = fs::read_to_string(BOOT_ID).ok()?;
    let boot = boot.trim();
    let is_plain = !boot.is_empty() && boot.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_plain.then(|| beside(replica, &format!("{SUFFIX}{boot}")))
}

/// The staged file of a replica that is not there yet, if there is one.
pub(crate) fn find(replica: &Path) -> Option<PathBuf> {
    let is_missing = replica.try_exists().is_ok_and(|exists| !exists);
    place(replica).filter(|staged| is_missing && staged.is_file())
}

/// Takes away what was staged for a replica and can't be gone on with: the machine went down, or the replica came from elsewhere.
pub(crate) fn clear(replica: &Path) {
    let keep = find(replica).and_then(|staged| Some(staged.file_name()?.to_owned()));
    let Some((folder, name)) = replica.parent().zip(replica.file_name()) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let found = entry.file_name();
        let (found, name) = (found.as_encoded_bytes(), name.as_encoded_bytes());
        let is_staged = found.strip_prefix(name).is_some_and(|rest| rest.starts_with(SUFFIX.as_bytes()));
        // With it stays its journal.
        let is_kept = keep.as_ref().is_some_and(|keep| found.starts_with(keep.as_encoded_bytes()));
        if is_staged && !is_kept && fs::remove_file(entry.path()).is_ok() {
            tracing::info!(file = %entry.path().display(), "what was left of a first load is removed");
        }
    }
}

/// Puts what a process that is gone staged in its place, as far as it was committed. What can't be read is worth nothing: the load begins
/// anew.
pub(crate) fn take_up(replica: &Path, config: &SqliteConfig) -> Result<()> {
    let Some(left) = find(replica) else { return Ok(()) };
    match open::staged(&left, config) {
        Ok(conn) => put_in_place(conn, &left, replica),
        Err(error) if error.kind().is_transient() => Err(error),
        Err(error) => {
            tracing::warn!(file = %left.display(), "what was left of a first load can't be gone on with: {error}");
            fs::remove_file(&left).map_err(|_| error)?;
            // Its journal is of no use without it.
            clear(replica);
            Ok(())
        }
    }
}

/// Puts a staged file in its place, whole and on the disk. Its connection must be the only one that writes.
pub(crate) fn put_in_place(conn: Connection, staged: &Path, replica: &Path) -> Result<()> {
    // With this mode goes the journal, which is known under the old name only.
    conn.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).map_err(sqlite_error)?;
    // From the first moment in its place on, who reads it and who writes are not to wait for each other. Nothing is in the log yet.
    open::turn_on_log(&conn)?;
    conn.close().map_err(|(_, error)| sqlite_error(error))?;
    let put = || -> std::io::Result<()> {
        File::open(staged)?.sync_all()?;
        match fs::metadata(replica) {
            Ok(found) if found.len() > 0 => return Err(ErrorKind::AlreadyExists.into()),
            // A program that only looked for tables made it.
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        fs::rename(staged, replica)?;
        // The name itself.
        replica.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    put().map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Error::config("another program made a file of this name during the first load")
            .hint("move that file away, or choose another path"),
        _ => Error::unavailable(format!("what was loaded can't be put in its place: {error}"))
            .hint("give this user the right to write to the folder, and the disk some room"),
    })
}
