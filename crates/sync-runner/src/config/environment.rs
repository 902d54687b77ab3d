//! Settings from environment variables: `DATA_SYNC__SOURCE__URL` is `url` in `[source]`.
//!
//! Values stay the text they are; whoever asks for a number parses it. So a password of digits remains the same password.

use std::ffi::OsString;

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};
use sync_core::Error;

/// What the names of our variables begin with. Two underscores, because some platforms make up variables with one.
pub(super) const PREFIX: &str = "DATA_SYNC__";

/// The name by which the layer is known again.
pub(super) const LAYER: &str = "environment";

/// Our variables as a layer of the configuration. Without `Debug`, as some are secret.
#[derive(Default)]
pub(super) struct Environment {
    values: Dict,
}

impl Environment {
    /// Reads variables. Names are matched with the keys of `below` whatever their case, so that a source called `Shop` can be set.
    pub(super) fn new(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        below: &Dict,
    ) -> Result<Self, Vec<Error>> {
        let mut environment = Self::default();
        let mut problems = Vec::new();
        for (name, value) in variables {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
            let set = match value.into_string() {
                Ok(value) => environment.set(name, value, below),
                Err(_) => Err(Error::config("its value is not UTF-8")),
            };
            problems.extend(set.err().map(|error| error.at(format!("environment variable {name}"))));
        }
        if problems.is_empty() { Ok(environment) } else { Err(problems) }
    }

    fn set(&mut self, name: &str, value: String, below: &Dict) -> Result<(), Error> {
        let mut parts = name[PREFIX.len()..].split("__").peekable();
        let mut below = Some(below);
        let mut section = &mut self.values;
        while let Some(part) = parts.next() {
            if part.is_empty() {
                return Err(Error::config("a part of its name is empty").hint(format!("write {PREFIX}SECTION__KEY")));
            }
            let (key, found) = resolve(part, below);
            if parts.peek().is_none() {
                if section.insert(key, Value::from(value)).is_some() {
                    return Err(Error::config("another variable sets the same or a part of it"));
                }
                return Ok(());
            }
            below = found.and_then(Value::as_dict);
            let entry = section.entry(key).or_insert_with(|| Value::from(Dict::new()));
            let Value::Dict(_, dict) = entry else {
                return Err(Error::config("another variable sets the whole section"));
            };
            section = dict;
        }
        Ok(())
    }
}

/// The key as the layer below spells it, else in small letters.
fn resolve<'a>(part: &str, below: Option<&'a Dict>) -> (String, Option<&'a Value>) {
    let found = below.and_then(|below| below.iter().find(|(key, _)| key.eq_ignore_ascii_case(part)));
    found.map_or_else(|| (part.to_ascii_lowercase(), None), |(key, value)| (key.clone(), Some(value)))
}

/// The variable that sets this key.
pub(super) fn variable(path: &[String]) -> String {
    format!("{PREFIX}{}", path.join("__").to_ascii_uppercase())
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named(LAYER)
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)], below: &Dict) -> Result<Dict, String> {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        let read = Environment::new(variables, below).map(|environment| environment.values);
        read.map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    fn text<'a>(dict: &'a Dict, path: &[&str]) -> Option<&'a str> {
        let (last, sections) = path.split_last()?;
        let dict = sections.iter().try_fold(dict, |dict, key| dict.get(*key)?.as_dict())?;
        dict.get(*last)?.as_str()
    }

    #[test]
    fn names_are_sections_and_values_stay_text() {
        let variables = [
            ("DATA_SYNC__SOURCE__PASSWORD", "12345"),
            ("DATA_SYNC__SYNC_INTERVAL", "60"),
            ("DATA_SYNC_PORT", "tcp://10.0.0.1:80"),
            ("PATH", "/bin"),
        ];
        let dict = read(&variables, &Dict::new()).unwrap();
        assert_eq!(text(&dict, &["source", "password"]), Some("12345"));
        assert_eq!(text(&dict, &["sync_interval"]), Some("60"));
        assert_eq!(dict.len(), 2);
    }

    #[test]
    fn names_follow_the_spelling_of_the_file() {
        let shop = Dict::from([("Shop_EU".to_owned(), Value::from(Dict::new()))]);
        let below = Dict::from([("sources".to_owned(), Value::from(shop))]);
        let dict = read(&[("DATA_SYNC__SOURCES__SHOP_EU__URL", "x")], &below).unwrap();
        assert_eq!(text(&dict, &["sources", "Shop_EU", "url"]), Some("x"));
    }

    #[test]
    fn a_name_that_makes_no_sense_is_refused() {
        let error = read(&[("DATA_SYNC__SOURCE____URL", "x")], &Dict::new()).unwrap_err();
        assert_eq!(
            error,
            "environment variable DATA_SYNC__SOURCE____URL: a part of its name is empty; write DATA_SYNC__SECTION__KEY"
        );
        let error = read(&[("DATA_SYNC__SINK", "x"), ("DATA_SYNC__SINK__PATH", "y")], &Dict::new()).unwrap_err();
        assert_eq!(error, "environment variable DATA_SYNC__SINK__PATH: another variable sets the whole section");
        let error = read(&[("DATA_SYNC__SINK__PATH", "x"), ("DATA_SYNC__SINK", "y")], &Dict::new()).unwrap_err();
        assert_eq!(error, "environment variable DATA_SYNC__SINK: another variable sets the same or a part of it");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_refused_without_showing_them() {
        use std::os::unix::ffi::OsStringExt as _;
        let variables = [("DATA_SYNC__SOURCE__URL".into(), OsString::from_vec(vec![b'h', 0xff]))];
        let problems = Environment::new(variables, &Dict::new()).err().unwrap();
        assert_eq!(problems[0].to_string(), "environment variable DATA_SYNC__SOURCE__URL: its value is not UTF-8");
    }

    #[test]
    fn a_key_leads_back_to_its_variable() {
        assert_eq!(variable(&["source".to_owned(), "url".to_owned()]), "DATA_SYNC__SOURCE__URL");
    }
}
