//! Who has a replica open, where the system tells.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::open;

/// A process that has the file open.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenBy {
    /// Its number.
    pub process: u32,
    /// What it is called.
    pub name: String,
}

impl fmt::Display for OpenBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {})", self.name, self.process)
    }
}

/// Other processes that have the file open, by their numbers: those of this user, or of all where this is the administrator. On systems
/// without `/proc`, none.
#[must_use]
pub fn open_by(path: impl AsRef<Path>) -> Vec<OpenBy> {
    let Ok(path) = open::resolve(path.as_ref()) else { return Vec::new() };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut found: Vec<_> = numbers
        .filter(|process| *process != std::process::id() && has_open(*process, &path))
        .map(|process| OpenBy { process, name: name(process) })
        .collect();
    found.sort_by_key(|open| open.process);
    found
}

fn has_open(process: u32, path: &Path) -> bool {
    let files = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    files.filter_map(|file| fs::read_link(file.path()).ok()).any(|target| target == path)
}

fn name(process: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
    let name: String = name.trim().chars().filter(|character| !character.is_control()).collect();
    if name.is_empty() { "a program".to_owned() } else { name }
}
