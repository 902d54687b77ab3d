//! The configuration: plain values, read from the defaults, a TOML file and the environment, each over the one before.

mod columns;
mod environment;
mod external;
mod http;
mod layers;
mod nearest;
mod print;
mod scope;
mod secrets;
mod section;
mod sink;
mod source;
mod tables;
mod times;
mod toml_file;
mod toml_mistakes;
mod wrangler;

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value as Json;
use sync_core::Error;

pub use http::HttpConfig;
pub use layers::{DEFAULT_FILE, DEFAULTS};
pub use secrets::SecretSetting;
pub use sink::SinkConfig;
pub use source::SourceConfig;

pub(crate) use nearest::nearest;
pub(crate) use secrets::login_without_password;

use layers::Layers;
use scope::Scope;
use section::{Reading, Section};

/// Everything that can be configured.
#[non_exhaustive]
#[derive(Debug)]
pub struct Config {
    /// The file that was read, as it was named; `None` when all came from the environment.
    pub file: Option<String>,
    /// Where tables come from. May be empty: the replica can be read without a source.
    pub sources: Vec<SourceConfig>,
    /// Where they go.
    pub sink: SinkConfig,
    /// The endpoints.
    pub http: HttpConfig,
    /// Memory for rows on their way and for SQLite's cache, in bytes.
    pub memory_budget: usize,
    /// What is probably not as it was meant, though it will do.
    pub warnings: Vec<String>,
    source_header: String,
    printed: String,
    json: Json,
}

impl Config {
    /// Reads the configuration from `file`, or from [`DEFAULT_FILE`] if that exists, or from a `wrangler.toml` with a section for it, with
    /// the environment variables over it.
    ///
    /// # Errors
    /// All problems at once, each with its place and what to do.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Vec<Error>> {
        Self::read(&Layers::read(file, environment)?)
    }

    /// The configuration in this text.
    #[cfg(test)]
    pub(crate) fn of_text(text: &str) -> Result<Self, Vec<Error>> {
        Self::read(&Layers::of_text(text, &[])?)
    }

    fn read(layers: &Layers) -> Result<Self, Vec<Error>> {
        let reading = Reading::new(layers);
        let mut root = reading.root();
        let top = Scope::read(&mut root);
        let sources = source::read_all(&mut root, &top);
        let sink = SinkConfig::read(&mut root, layers.folder());
        let http = HttpConfig::read(&mut root, layers.folder());
        let memory = root.number("memory_budget", 1_000_000..=4_000_000_000);
        root.refuse_rest(|key| section_of(&reading, key));
        let problems = reading.into_problems();
        match (sink, http, memory) {
            (Some(sink), Some(http), Some(memory_budget)) if problems.is_empty() => {
                let (printed, json) = (print::toml(layers.values()), print::json(layers.values()));
                Ok(Self {
                    file: layers.file().map(str::to_owned),
                    sources,
                    sink,
                    http,
                    memory_budget,
                    warnings: layers.warnings().to_vec(),
                    source_header: layers.header(&["source".to_owned()]),
                    printed,
                    json,
                })
            }
            _ if problems.is_empty() => Err(vec![Error::internal("the defaults are incomplete")]),
            _ => Err(problems),
        }
    }

    /// The header of `[source]` in the file that was read, without its brackets.
    #[must_use]
    pub fn source_header(&self) -> &str {
        &self.source_header
    }

    /// The whole configuration as JSON, without secrets.
    #[must_use]
    pub fn to_json(&self) -> &Json {
        &self.json
    }

    /// The whole configuration as TOML, without secrets.
    #[must_use]
    pub fn to_toml(&self) -> &str {
        &self.printed
    }
}

/// For a key that stands at the top: the section that it belongs to.
fn section_of(reading: &Reading<'_>, key: &str) -> Option<String> {
    let section = match key {
        "url" | "url_env" | "url_file" | "host" | "port" | "user" | "password" | "password_env" | "password_file"
        | "database" | "schema" => "source",
        "path" => "sink",
        "enabled" | "listen" | "token" => "http",
        "columns" | "replica" => "table.NAME",
        _ => return None,
    };
    let path: Vec<_> = section.split('.').map(str::to_owned).collect();
    Some(format!("put it below [{}]", reading.header(&path)))
}

/// For a key that stands in a section: that it belongs to the top, if it does.
fn belongs_to_the_top(section: &Section<'_, '_>) -> impl Fn(&str) -> Option<String> + use<> {
    let header = section.reading().header(section.path());
    let fix = section.reading().put_at_the_top();
    move |key| {
        let at_the_top = source::SELECTING.contains(&key) && key != "table";
        at_the_top.then(|| format!("below the header [{header}] it belongs to {header}; {fix}"))
    }
}
