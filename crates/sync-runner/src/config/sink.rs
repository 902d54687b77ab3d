//! `[sink]`: where the replica is.

use std::path::{Path, PathBuf};

use sync_core::Error;

use super::belongs_to_the_top;
use super::section::{Section, text};

/// Where tables go.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkConfig {
    /// The SQLite file, ready to be opened.
    pub path: PathBuf,
    /// Who may open it, as `chmod` takes it.
    pub mode: u32,
}

impl SinkConfig {
    pub(super) fn read(root: &mut Section<'_, '_>, folder: &Path) -> Option<Self> {
        let mut section =
            root.section("sink", &format!("write [{}] and below it path = \"replica.db\"", root.header_of("sink")))?;
        let path = section.text("path").map(|path| folder.join(path));
        let mode = section.parsed("mode", |value| mode(&text(value)?));
        let top = belongs_to_the_top(&section);
        section.refuse_rest(top);
        Some(Self { path: path?, mode: mode? })
    }
}

/// Octal digits, as `chmod` takes them. The owner must be able to read and write.
fn mode(written: &str) -> Result<u32, Error> {
    let mode = u32::from_str_radix(written, 8).ok().filter(|mode| *mode <= 0o777 && mode & 0o600 == 0o600);
    mode.ok_or_else(|| {
        Error::config(format!("{written:?} is no mode that its owner could write with"))
            .hint("write \"0600\" for its owner alone, \"0660\" for its group too")
    })
}
