//! The layers of the configuration, each over the one before: the defaults, the file, the environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Tag};
use figment::{Figment, Profile, Provider as _};
use sync_core::Error;

use super::environment::{self, Environment};
use super::toml_file::{TomlFile, dotted};

/// The file that is read where none is named.
pub const DEFAULT_FILE: &str = "data-sync.toml";

/// The defaults, with an explanation of each setting.
pub const DEFAULTS: &str = include_str!("../../default.toml");

/// All layers as one. Without `Debug`, as it holds secrets.
pub(super) struct Layers {
    figment: Figment,
    file: Option<TomlFile>,
    folder: PathBuf,
}

impl Layers {
    /// Reads the layers. A file that is not named may be missing.
    pub(super) fn read(
        named: Option<&Path>,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Vec<Error>> {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        let file = if named.is_some() || path.exists() {
            Some(TomlFile::read(path).map_err(|error| vec![error])?)
        } else {
            None
        };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self::merge(file, folder, variables)
    }

    /// The layers with this text for a file.
    #[cfg(test)]
    pub(super) fn of_text(text: &str, variables: &[(&str, &str)]) -> Result<Self, Vec<Error>> {
        let file = TomlFile::parse(DEFAULT_FILE.to_owned(), text.to_owned()).map_err(|error| vec![error])?;
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        Self::merge(Some(file), PathBuf::new(), variables)
    }

    fn merge(
        file: Option<TomlFile>,
        folder: PathBuf,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Vec<Error>> {
        let nothing = Dict::new();
        let environment = Environment::new(variables, file.as_ref().map_or(&nothing, TomlFile::values))?;
        let defaults = TomlFile::parse("defaults".to_owned(), DEFAULTS.to_owned()).map_err(|error| vec![error])?;
        let mut figment = Figment::from(&defaults);
        if let Some(file) = &file {
            figment = figment.merge(file);
        }
        Ok(Self { figment: figment.merge(environment), file, folder })
    }

    /// The file that was read.
    pub(super) fn file(&self) -> Option<&str> {
        self.file.as_ref().map(TomlFile::name)
    }

    /// Where relative paths start.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Everything, merged.
    pub(super) fn values(&self) -> Dict {
        self.figment.data().ok().and_then(|mut profiles| profiles.remove(&Profile::Default)).unwrap_or_default()
    }

    /// Where a value came from, for people.
    pub(super) fn place(&self, path: &[String], tag: Tag) -> String {
        if self.is_from_environment(tag) {
            return format!("environment variable {}", environment::variable(path));
        }
        self.file.as_ref().map_or_else(|| dotted(path), |file| file.place(path))
    }

    pub(super) fn is_from_environment(&self, tag: Tag) -> bool {
        self.figment.get_metadata(tag).is_some_and(|metadata| metadata.name == environment::LAYER)
    }
}
