//! The layers of the configuration, each over the one before: the defaults, the file, the environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Tag, Value};
use figment::{Figment, Profile, Provider as _};
use sync_core::Error;

use super::environment::{self, Environment};
use super::external::{self, External, Variables};
use super::source::SELECTING;
use super::toml_file::{TomlFile, dotted};
use super::wrangler;

/// The file that is read where none is named.
pub const DEFAULT_FILE: &str = "data-sync.toml";

/// The defaults, with an explanation of each setting.
pub const DEFAULTS: &str = include_str!("../../default.toml");

/// All layers as one. Without `Debug`, as it holds secrets.
pub(super) struct Layers {
    figment: Figment,
    values: Dict,
    file: Option<TomlFile>,
    external: Option<External>,
    folder: PathBuf,
    warnings: Vec<String>,
}

impl Layers {
    /// Reads the layers. A file that is not named may be missing.
    pub(super) fn read(
        named: Option<&Path>,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Vec<Error>> {
        let file = find(named).map_err(|error| vec![error])?;
        let folder = named.and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        Self::merge(file, folder, variables.into_iter().collect())
    }

    /// The layers with this text for a file.
    #[cfg(test)]
    pub(super) fn of_text(text: &str, variables: &[(&str, &str)]) -> Result<Self, Vec<Error>> {
        let file = TomlFile::parse(DEFAULT_FILE.to_owned(), text.to_owned()).map_err(|error| vec![error])?;
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        Self::merge(Some(file), PathBuf::new(), variables.collect())
    }

    fn merge(
        file: Option<TomlFile>,
        folder: PathBuf,
        variables: Vec<(OsString, OsString)>,
    ) -> Result<Self, Vec<Error>> {
        let outer = Variables::read(&variables, file.as_ref())?;
        let warnings = outer.unused().into_iter().collect();
        let external = outer.source()?;
        let file = match file {
            Some(file) if file.is_wrangler() => Some(wrangler::settings(file).map_err(|error| vec![error])?),
            file => file,
        };
        let nothing = Dict::new();
        let environment = Environment::new(variables, file.as_ref().map_or(&nothing, TomlFile::values))?;
        let defaults = TomlFile::parse("defaults".to_owned(), DEFAULTS.to_owned()).map_err(|error| vec![error])?;
        let mut figment = Figment::from(&defaults);
        if let Some(file) = &file {
            figment = figment.merge(file);
        }
        figment = figment.merge(environment);
        let values = merged(&figment);
        let mut layers = Self { figment, values, file, external: None, folder, warnings };
        if let Some(external) = external {
            layers.put_over(external).map_err(|error| vec![error])?;
        }
        Ok(layers)
    }

    /// Puts a source in the place of `[source]`: two servers are never mixed. Which tables are wanted stays.
    fn put_over(&mut self, external: External) -> Result<(), Error> {
        let source = |values: &Dict, key: &str| values.get(key).map(|value| (value.tag(), value.as_dict().cloned()));
        if let Some((tag, _)) = source(&self.values, "sources") {
            let place = self.place(&["sources".to_owned()], tag);
            let message = format!("there are sources in {place}, and this is another");
            return Err(Error::config(message)
                .at(external.place(None))
                .hint("leave it out, or write that source there"));
        }
        let stays = |key: &str| SELECTING.contains(&key);
        if let Some((tag, Some(before))) = source(&self.values, "source")
            && before.keys().any(|key| !stays(key))
        {
            let (of, place) = (external.place(None), self.place(&["source".to_owned()], tag));
            self.warnings.push(format!(
                "{of}: the server and the login are those of the EXTERNAL_DB_ variables, in place of those in {place}; \
                 its tables are kept"
            ));
        }
        self.figment = std::mem::take(&mut self.figment).merge(&external);
        self.values = merged(&self.figment);
        if let Some(Value::Dict(_, source)) = self.values.get_mut("source") {
            source.retain(|key, _| stays(key) || external.has(key));
        }
        self.external = Some(external);
        Ok(())
    }

    /// The file that was read.
    pub(super) fn file(&self) -> Option<&str> {
        self.file.as_ref().map(TomlFile::name)
    }

    /// Where relative paths start.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is probably not as it was meant.
    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Everything, merged.
    pub(super) fn values(&self) -> Dict {
        self.values.clone()
    }

    /// The header of a section in the file, without its brackets.
    pub(super) fn header(&self, path: &[String]) -> String {
        self.file.as_ref().map_or_else(|| dotted(path), |file| file.header(path))
    }

    /// Where a value came from, for people.
    pub(super) fn place(&self, path: &[String], tag: Tag) -> String {
        if self.is_from(tag, environment::LAYER) {
            return format!("environment variable {}", environment::variable(path));
        }
        match (&self.external, &self.file) {
            (Some(external), _) if self.is_from(tag, external::LAYER) => {
                external.place(path.get(1).map(String::as_str)).to_owned()
            }
            (_, Some(file)) => file.place(path),
            (_, None) => dotted(path),
        }
    }

    pub(super) fn is_from_environment(&self, tag: Tag) -> bool {
        self.is_from(tag, environment::LAYER)
    }

    fn is_from(&self, tag: Tag, layer: &str) -> bool {
        self.figment.get_metadata(tag).is_some_and(|metadata| metadata.name == layer)
    }
}

/// The file that is named, else our own, else that of another program in which we have a section.
fn find(named: Option<&Path>) -> Result<Option<TomlFile>, Error> {
    if let Some(path) = named {
        let file = TomlFile::read(path)?;
        let foreign = wrangler::is_wrangler(path, &file);
        return Ok(Some(if foreign { file.of_wrangler() } else { file }));
    }
    let (own, foreign) = (Path::new(DEFAULT_FILE), Path::new(wrangler::FILE));
    if own.exists() {
        return TomlFile::read(own).map(Some);
    }
    let file = if foreign.exists() { Some(TomlFile::read(foreign)?) } else { None };
    Ok(file.filter(wrangler::has_section).map(TomlFile::of_wrangler))
}

fn merged(figment: &Figment) -> Dict {
    figment.data().ok().and_then(|mut profiles| profiles.remove(&Profile::Default)).unwrap_or_default()
}
