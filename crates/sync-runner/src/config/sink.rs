//! `[sink]`: where the replica is.

use std::path::{Path, PathBuf};

use super::belongs_to_the_top;
use super::section::Section;

/// Where tables go.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkConfig {
    /// The SQLite file, ready to be opened.
    pub path: PathBuf,
}

impl SinkConfig {
    pub(super) fn read(root: &mut Section<'_, '_>, folder: &Path) -> Option<Self> {
        let mut section =
            root.section("sink", &format!("write [{}] and below it path = \"replica.db\"", root.header_of("sink")))?;
        let path = section.text("path").map(|path| folder.join(path));
        let top = belongs_to_the_top(&section);
        section.refuse_rest(top);
        Some(Self { path: path? })
    }
}
