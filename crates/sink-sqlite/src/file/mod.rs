//! The file itself: how large it is, who may read it, and what keeps it sound over the years.

mod backup;
mod facts;
mod integrity;
mod maintain;
mod mode;
mod readers;

pub use backup::{Backup, backup};
pub use facts::FileFacts;
pub use integrity::damages;
pub use maintain::{LogState, log_state, shorten_log, tidy};
pub(crate) use mode::make;
pub use readers::{OpenBy, open_by};

use std::path::{Path, PathBuf};

/// What SQLite and the sink keep beside the file.
const SIDES: [&str; 3] = ["-wal", "-shm", ".lock"];

pub(crate) fn beside(path: &Path, side: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(side);
    PathBuf::from(name)
}
