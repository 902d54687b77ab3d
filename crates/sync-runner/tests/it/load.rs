//! Loads a configuration from a text in a folder of its own.

use std::ffi::OsString;

use sync_runner::config::Config;
use tempfile::TempDir;

pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn with(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("data-sync.toml"), text).unwrap();
        Self(folder)
    }

    /// The configuration in a file of this name.
    pub(crate) fn load_file(&self, name: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let loaded = Config::load(Some(&self.path().join(name)), variables);
        loaded.map_err(|problems| {
            let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
            lines.join("\n").replace(&format!("{}/", self.path().display()), "")
        })
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        self.0.path()
    }

    /// The configuration, or its problems, one a line, with the folder left out.
    pub(crate) fn load(&self, variables: &[(&str, &str)]) -> Result<Config, String> {
        self.load_file("data-sync.toml", variables)
    }
}

pub(crate) fn load(text: &str) -> Result<Config, String> {
    Folder::with(text).load(&[])
}

/// The problems of a text, one a line.
pub(crate) fn problems(text: &str) -> String {
    load(text).expect_err(text)
}
