//! Rules about the text of files.

use std::path::Path;

/// Longer than this, and nobody reads it.
const MOST_LINES: usize = 600;

/// Written by a program: these files, and those of these folders.
const GENERATED: [&str; 2] = ["Cargo.lock", "api/"];

/// Folders of one machine. In halves, because this file is checked too.
const MACHINE_FOLDERS: [&str; 4] =
    [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];

/// A file of the repository that is text.
#[derive(Debug, Clone)]
pub(super) struct TextFile {
    /// From the root of the repository.
    pub(super) path: String,
    pub(super) text: String,
}

impl TextFile {
    /// The files that are text; the others, and those just deleted, are left out.
    pub(super) fn read_all(root: &Path, names: &[String]) -> Vec<Self> {
        let read =
            |path: &String| Some(Self { path: path.clone(), text: std::fs::read_to_string(root.join(path)).ok()? });
        let is_generated = |name: &String| GENERATED.iter().any(|generated| name.starts_with(generated));
        names.iter().filter(|name| !is_generated(name)).filter_map(read).collect()
    }
}

pub(super) fn short_enough(files: &[TextFile]) -> Vec<String> {
    let lengths = files.iter().map(|file| (file, file.text.lines().count()));
    lengths
        .filter(|(_, length)| *length > MOST_LINES)
        .map(|(file, length)| format!("{} has {length} lines: split it, {MOST_LINES} are the most", file.path))
        .collect()
}

/// Nothing names a folder that only one machine has.
pub(super) fn at_home_everywhere(files: &[TextFile]) -> Vec<String> {
    let mut broken = Vec::new();
    for file in files {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| names_folder(line, folder)) {
                broken.push(format!("{}:{} names {folder}…, a folder of one machine", file.path, index + 1));
            }
        }
    }
    broken
}

/// Whether a path begins with the folder: one within an address or behind another folder does not.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~}$/".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: String) -> TextFile {
        TextFile { path: "a.md".into(), text }
    }

    #[test]
    fn a_long_file_is_found() {
        assert!(short_enough(&[file("line\n".repeat(600))]).is_empty());
        assert_eq!(short_enough(&[file("line\n".repeat(601))]), ["a.md has 601 lines: split it, 600 are the most"]);
    }

    #[test]
    fn a_folder_of_one_machine_is_found() {
        for folder in MACHINE_FOLDERS {
            let text = format!("first\nsee \"{folder}me/project\"");
            assert_eq!(at_home_everywhere(&[file(text)]), [format!("a.md:2 names {folder}…, a folder of one machine")]);
            let elsewhere = format!("https://host.org{folder}x, $PREFIX{folder}x, target{folder}x");
            assert!(at_home_everywhere(&[file(elsewhere)]).is_empty());
        }
    }
}
