//! `[source]` and `[sources.NAME]`: where tables come from.

use std::collections::BTreeMap;
use std::fmt;

use figment::value::Value;
use serde_json::Value as Json;
use sync_core::engine::DEFAULT_READERS;
use sync_core::{DEFAULT_PREFIX, Error, ErrorKind, Wanted};

use super::nearest::nearest;
use super::scope::Scope;
use super::secrets::{self, SecretSetting, is_secret};
use super::section::Section;

/// Our own settings of a source that say what is wanted of it, wherever it is.
pub(super) const SELECTING: [&str; 23] = [
    "tables",
    "table",
    "exclude",
    "timestamp_column",
    "id_column",
    "batch_size",
    "max_row_bytes",
    "readers",
    "prefix",
    "sync_interval",
    "sync_times",
    "reconcile_interval",
    "sweep_interval",
    "copy_snapshot_max",
    "max_skip",
    "mode",
    "deletes",
    "deleted_column",
    "max_delete_fraction",
    "on_source_change",
    "on_schema_change",
    "numeric",
    "indexes",
];
/// Those that say where it is. All that is not known here is taken for its driver's.
const LOCATING: [&str; 4] = ["password_env", "password_file", "url_env", "url_file"];

/// A source: how to connect to it, and which of its tables are wanted.
#[non_exhaustive]
pub struct SourceConfig {
    /// The name in `[sources.NAME]`.
    pub name: Option<String>,
    /// Which tables, how, and how often.
    pub wanted: Wanted,
    /// How many tables are read side by side.
    pub readers: usize,
    settings: BTreeMap<String, Json>,
    secrets: Vec<(&'static str, SecretSetting)>,
    path: String,
    /// Where the section and each of its settings stand.
    place: String,
    places: BTreeMap<String, String>,
}

impl SourceConfig {
    /// The settings for [`Registry::connect`](sync_core::Registry::connect), secrets among them.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when a secret is not where the configuration says.
    pub fn settings(&self) -> Result<Json, Error> {
        let mut settings: serde_json::Map<_, _> = self.settings.clone().into_iter().collect();
        for (key, secret) in &self.secrets {
            settings.insert((*key).to_owned(), Json::from(secret.resolve()?.expose()));
        }
        Ok(Json::Object(settings))
    }

    /// What a driver had to say about its settings, with their place in the configuration.
    #[must_use]
    pub fn locate(&self, error: &Error) -> Error {
        let key = error.place().unwrap_or_default();
        if error.kind() != ErrorKind::Config || !key.chars().all(|c| c.is_alphanumeric() || "_-.[]".contains(c)) {
            return self.label(error);
        }
        if is_secret(key) && error.message().starts_with("invalid ") {
            return Error::config("it must be text in quotes").at(self.place_of(key));
        }
        match error.message().strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
            Some((written, expected)) => self.unknown(written, expected),
            None if key.is_empty() => rebuilt(error, self.place.clone()),
            None => rebuilt(error, self.place_of(key)),
        }
    }

    /// What a source had to say, with its name if it has one.
    #[must_use]
    pub fn label(&self, error: &Error) -> Error {
        match (&self.name, error.place()) {
            (Some(name), Some(place)) => rebuilt(error, format!("source {name}, {place}")),
            (Some(name), None) => rebuilt(error, format!("source {name}")),
            (None, _) => error.clone(),
        }
    }

    fn unknown(&self, written: &str, expected: &str) -> Error {
        let known: Vec<_> = expected.split('`').skip(1).step_by(2).collect();
        if let Some(hint) = of_one_table(&self.path, written) {
            return Error::config("there is no such setting").at(self.place_of(written)).hint(hint);
        }
        let hint = match nearest(written, known.iter().copied().chain(SELECTING).chain(LOCATING)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the driver knows: {}", known.join(", ")),
        };
        Error::config("there is no such setting").at(self.place_of(written)).hint(hint)
    }

    /// Whether any table is wanted. Settings of a table that is not named are a problem of their own, which the plan tells.
    #[must_use]
    pub fn names_tables(&self) -> bool {
        !self.wanted.tables.is_empty() || !self.wanted.settings.is_empty()
    }

    /// The schema whose name is left out of replica names, as far as it is known without asking the source.
    #[must_use]
    pub fn default_schema(&self) -> &str {
        self.settings.get("schema").and_then(Json::as_str).unwrap_or("public")
    }

    /// The section, as its header has it: `source`, `sources.shop`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where the section stands, for people.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    fn place_of(&self, key: &str) -> String {
        let first = key.split('.').next().unwrap_or(key);
        self.places.get(first).cloned().unwrap_or_else(|| format!("{}.{key}", self.place))
    }
}

/// For a setting of one table that stands outside of it: where it belongs.
fn of_one_table(header: &str, key: &str) -> Option<String> {
    let is = ["columns", "replica"].contains(&key);
    is.then(|| format!("it is for one table: put it below [{header}.table.NAME]"))
}

fn rebuilt(error: &Error, place: String) -> Error {
    let built = Error::new(error.kind(), error.message()).at(place);
    match error.hint_text() {
        Some(hint) => built.hint(hint),
        None => built,
    }
}

/// Settings stay out, as they may hold secrets.
impl fmt::Debug for SourceConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceConfig")
            .field("name", &self.name)
            .field("settings", &self.settings.keys())
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}

/// All sources, with what the top of the configuration says for them.
pub(super) fn read_all(root: &mut Section<'_, '_>, top: &Scope) -> Vec<SourceConfig> {
    let source = root.header_of("source");
    let fix = format!("write [{source}], and its settings below it");
    let mut sections: Vec<_> = root.section("source", &fix).map(|section| (None, section)).into_iter().collect();
    let sources = root.header_of("sources");
    let fix =
        format!("write [{sources}.NAME], and the settings of that source below it; a single one can be [{source}]");
    sections.extend(root.sections("sources", &fix).into_iter().map(|(name, section)| (Some(name), section)));
    let alone = sections.len() <= 1;
    if let (false, Some(place)) = (alone, &top.selection.place) {
        let error = Error::config("there are several sources, so it is not clear whose tables are meant").at(place);
        root.reading().problem(
            error.hint(format!("put it into one of them: below [{sources}.NAME], or as [{sources}.NAME.table.…]")),
        );
    }
    sections.into_iter().map(|(name, section)| read(name, section, top, alone)).collect()
}

fn read(name: Option<String>, mut section: Section<'_, '_>, top: &Scope, alone: bool) -> SourceConfig {
    let reading = section.reading();
    let path = reading.header(section.path());
    let place = section.place();
    let places = section.places();
    let scope = Scope::read(&mut section);
    if !["url", "url_env", "url_file"].into_iter().any(|key| section.has(key)) {
        reading.problem(without_url(&section));
    }
    let secrets = [["password", "password_env", "password_file"], ["url", "url_env", "url_file"]];
    let secrets = secrets.into_iter().filter_map(|keys| {
        let secret = secrets::read(&mut section, keys, reading.folder())?;
        Some((keys[0], secret))
    });
    let secrets = secrets.collect();
    SourceConfig {
        wanted: wanted(name.as_deref(), &scope, top, alone),
        readers: scope.readers.or(top.readers).unwrap_or(DEFAULT_READERS),
        name,
        settings: driver_settings(section, &places),
        secrets,
        path,
        place,
        places,
    }
}

fn without_url(section: &Section<'_, '_>) -> Error {
    let error = Error::config("a source needs an address").at(section.place());
    match section.sections_with("url").first() {
        Some(name) => error.hint(format!(
            "for a source called {name}, write [{}.{name}]",
            section.reading().header(&["sources".to_owned()])
        )),
        None => error.hint("add url = \"postgres://user@host/database\""),
    }
}

fn wanted(name: Option<&str>, scope: &Scope, top: &Scope, alone: bool) -> Wanted {
    let mut selection = scope.selection.clone();
    if alone {
        selection.extend(&top.selection);
    }
    let mut wanted = Wanted::default();
    wanted.tables = selection.tables;
    wanted.exclude = selection.exclude;
    wanted.settings = selection.settings;
    wanted.defaults = scope.settings.or(&top.settings);
    let prefix = top.prefix.as_deref().unwrap_or(DEFAULT_PREFIX);
    let named = || name.map_or_else(|| prefix.to_owned(), |name| format!("{prefix}{name}_"));
    wanted.prefix = scope.prefix.clone().unwrap_or_else(named);
    wanted
}

/// What is left is for the driver.
fn driver_settings(section: Section<'_, '_>, places: &BTreeMap<String, String>) -> BTreeMap<String, Json> {
    let reading = section.reading();
    let mut settings = BTreeMap::new();
    for (key, value) in section.rest() {
        // A driver's own error might show it.
        if is_secret(&key) && !matches!(value, Value::String(..)) {
            let error = Error::config("it must be text in quotes").hint(format!("write {key} = \"…\""));
            reading.problem(error.at(places.get(&key).cloned().unwrap_or_default()));
        } else if let Ok(value) = serde_json::to_value(&value) {
            settings.insert(key, value);
        }
    }
    settings
}
