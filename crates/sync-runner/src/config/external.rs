//! `EXTERNAL_DB_*`: variables that describe one source as a whole, from the environment or from the `[vars]` of a `wrangler.toml`.

use std::collections::BTreeMap;
use std::ffi::OsString;

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};
use sync_core::Error;

use super::secrets::hide_in_url;
use super::toml_file::TomlFile;
use super::wrangler;

/// The name by which the layer is known again.
pub(super) const LAYER: &str = "EXTERNAL_DB";

const TYPE: &str = "EXTERNAL_DB_TYPE";

/// Which setting of a source each variable is.
const SETTINGS: [(&str, &str); 7] = [
    ("url", TYPE),
    ("host", "EXTERNAL_DB_HOST"),
    ("port", "EXTERNAL_DB_PORT"),
    ("user", "EXTERNAL_DB_USER"),
    ("password", "EXTERNAL_DB_PASS"),
    ("database", "EXTERNAL_DB_DATABASE"),
    ("schema", "EXTERNAL_DB_DEFAULT_SCHEMA"),
];
/// Without these, parts of two different servers would be mixed with defaults.
const NEEDED: [&str; 3] = ["host", "user", "database"];

/// The source that the variables describe. Without `Debug`, as it holds a password.
pub(super) struct External {
    settings: Dict,
    places: BTreeMap<&'static str, String>,
}

/// The variables, with their places. One that is empty counts as not set.
pub(super) struct Variables(BTreeMap<&'static str, (String, String)>);

impl Variables {
    /// Those of the environment win over those of the file.
    pub(super) fn read(environment: &[(OsString, OsString)], file: Option<&TomlFile>) -> Result<Self, Vec<Error>> {
        let mut found = BTreeMap::new();
        let mut problems = Vec::new();
        let of_file = file.map(wrangler::variables).unwrap_or_default();
        for (_, name) in SETTINGS {
            let place = format!("environment variable {name}");
            let set = environment.iter().find(|(key, value)| key == name && !value.is_empty());
            match (set.map(|(_, value)| value.to_str()), of_file.get(name).filter(|value| !value.is_empty()), file) {
                (Some(Some(value)), ..) => drop(found.insert(name, (value.to_owned(), place))),
                (Some(None), ..) => problems.push(Error::config("its value is not UTF-8").at(place)),
                (None, Some(value), Some(file)) => {
                    let place = file.place_of(&[wrangler::VARIABLES, name]);
                    found.insert(name, (value.clone(), place));
                }
                _ => {}
            }
        }
        if problems.is_empty() { Ok(Self(found)) } else { Err(problems) }
    }

    /// The source that they describe, when they say of which type it is.
    pub(super) fn source(self) -> Result<Option<External>, Vec<Error>> {
        let Some((kind, place)) = self.0.get(TYPE).cloned() else { return Ok(None) };
        let mut problems = Vec::new();
        let url = match kind.to_ascii_lowercase().as_str() {
            "postgresql" | "postgres" => "postgresql://",
            "mysql" | "mariadb" => "mysql://",
            _ => {
                let message = format!("it must be \"postgresql\" or \"mysql\", not {:?}", hide_in_url(&kind));
                problems.push(Error::config(message).at(place.as_str()));
                ""
            }
        };
        let mut external = External { settings: Dict::new(), places: BTreeMap::new() };
        for (key, name) in SETTINGS {
            match self.0.get(name) {
                Some((value, place)) => {
                    let value = if name == TYPE { url } else { value };
                    external.settings.insert(key.to_owned(), Value::from(value));
                    external.places.insert(key, place.clone());
                }
                None if NEEDED.contains(&key) => {
                    problems.push(Error::config(format!("it takes {name} too, which is not set")).at(place.as_str()));
                }
                None => {}
            }
        }
        if problems.is_empty() { Ok(Some(external)) } else { Err(problems) }
    }

    /// A word about variables that nobody will look at.
    pub(super) fn unused(&self) -> Option<String> {
        let (_, place) = self.0.values().next().filter(|_| !self.0.contains_key(TYPE))?;
        Some(format!("{place}: it has no effect without {TYPE}; set {TYPE} to \"postgresql\", or leave it out"))
    }
}

impl External {
    /// Where the variable stands that a setting comes from; for the source as a whole, the one of its type.
    pub(super) fn place(&self, key: Option<&str>) -> &str {
        let place = key.and_then(|key| self.places.get(key)).or_else(|| self.places.get("url"));
        place.map_or(TYPE, String::as_str)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.settings.contains_key(key)
    }
}

impl Provider for &External {
    fn metadata(&self) -> Metadata {
        Metadata::named(LAYER)
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let source = Dict::from([("source".to_owned(), Value::from(self.settings.clone()))]);
        Ok(Profile::Default.collect(source))
    }
}
