//! `wrangler.toml`, the file of another program: our settings are one of its sections, and it may set variables.

use std::collections::BTreeMap;
use std::path::Path;

use figment::value::Value;
use sync_core::Error;

use super::section::whole;
use super::toml_file::{TomlFile, dotted};

/// The file that is read where there is no file of our own.
pub(super) const FILE: &str = "wrangler.toml";

/// Where our settings are in it.
const SECTION: [&str; 2] = ["plugins", "data-sync"];
/// Where its variables are.
pub(super) const VARIABLES: &str = "vars";

/// Whether it is such a file: by its name, or because it has our section.
pub(super) fn is_wrangler(path: &Path, file: &TomlFile) -> bool {
    path.file_name().is_some_and(|name| name == FILE) || has_section(file)
}

pub(super) fn has_section(file: &TomlFile) -> bool {
    file.section(&SECTION).is_some()
}

/// The variables that the file sets, as text.
pub(super) fn variables(file: &TomlFile) -> BTreeMap<String, String> {
    let variables = file.section(&[VARIABLES]).into_iter().flatten();
    variables.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}

/// The file as one of ours.
pub(super) fn settings(file: TomlFile) -> Result<TomlFile, Error> {
    let name = file.name().to_owned();
    let header = dotted(&SECTION.map(str::to_owned));
    file.within(&SECTION).ok_or_else(|| {
        let error = Error::config(format!("it has no section [{header}]")).at(name);
        error.hint(format!("add [{header}] and below it tables = [\"users\"]"))
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Bool(_, flag) => Some(flag.to_string()),
        Value::Num(_, number) => match whole(*number) {
            Some(number) => Some(number.to_string()),
            None => number.to_f64().map(|number| number.to_string()),
        },
        _ => None,
    }
}
