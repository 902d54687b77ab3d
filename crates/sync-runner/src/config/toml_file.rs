//! A TOML file as a layer of the configuration, which remembers on which line each key stands.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};
use sync_core::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::toml_mistakes::explain;

/// No configuration is longer; a device file is.
const LONGEST: u64 = 4 << 20;

/// A parsed file. Without `Debug`, as it holds secrets.
pub(super) struct TomlFile {
    name: String,
    values: Dict,
    lines: HashMap<Vec<String>, usize>,
    /// The section that the values were taken from; empty for the whole file.
    root: Vec<String>,
    wrangler: bool,
}

impl TomlFile {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
        read.map_err(|error| {
            let error = Error::config(format!("the config file can't be read: {error}")).at(name.as_str());
            error.hint("name it with --config FILE")
        })?;
        if bytes.len() as u64 > LONGEST {
            return Err(Error::config(format!("it is longer than {LONGEST} bytes, so it is no config file")).at(name));
        }
        let text = String::from_utf8(bytes)
            .map_err(|error| Error::config("it is not UTF-8").at(format!("{name}:{}", line_of_bytes(&error))))?;
        Self::parse(name, text)
    }

    /// Parses a text; `name` is what errors call it.
    pub(super) fn parse(name: String, text: String) -> Result<Self, Error> {
        let table = toml::from_str::<toml::Table>(&text).map_err(|error| explain(&name, &text, &error))?;
        let values = table.into_iter().map(|(key, value)| (key, layered(value))).collect();
        Ok(Self { name, values, lines: lines(&text), root: Vec::new(), wrangler: false })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn values(&self) -> &Dict {
        &self.values
    }

    /// Marks it as the file of another program, of which a section is ours.
    pub(super) fn of_wrangler(mut self) -> Self {
        self.wrangler = true;
        self
    }

    pub(super) fn is_wrangler(&self) -> bool {
        self.wrangler
    }

    /// The values of a section, if it is there.
    pub(super) fn section(&self, path: &[&str]) -> Option<&Dict> {
        path.iter().try_fold(&self.values, |values, key| values.get(*key)?.as_dict())
    }

    /// A section in the place of the whole.
    pub(super) fn within(mut self, path: &[&str]) -> Option<Self> {
        self.values = self.section(path)?.clone();
        self.root.extend(path.iter().map(|key| (*key).to_owned()));
        Some(self)
    }

    /// The header of a section, without its brackets.
    pub(super) fn header(&self, path: &[String]) -> String {
        dotted(&[&self.root, path].concat())
    }

    /// The place of a key: `data-sync.toml:7: sink.path`.
    pub(super) fn place(&self, path: &[String]) -> String {
        self.place_in_file(&[&self.root, path].concat())
    }

    /// The place of a key that is not one of ours.
    pub(super) fn place_of(&self, path: &[&str]) -> String {
        self.place_in_file(&path.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>())
    }

    fn place_in_file(&self, path: &[String]) -> String {
        let key = dotted(path);
        let file = match self.line(path) {
            Some(line) => format!("{}:{line}", self.name),
            None => self.name.clone(),
        };
        if key.is_empty() { file } else { format!("{file}: {key}") }
    }

    /// The line of the deepest part of the path that stands in the file.
    fn line(&self, path: &[String]) -> Option<usize> {
        (1..=path.len()).rev().find_map(|length| self.lines.get(&path[..length]).copied())
    }
}

impl Provider for &TomlFile {
    fn metadata(&self) -> Metadata {
        Metadata::from("TOML file", Path::new(&self.name))
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

/// A path as it would be written in TOML: `table."audit.logs".batch_size`.
pub(super) fn dotted(path: &[String]) -> String {
    let mut text = String::new();
    for part in path {
        if let Some(index) = part.strip_prefix('#') {
            text.push_str(&format!("[{index}]"));
            continue;
        }
        if !text.is_empty() {
            text.push('.');
        }
        let bare = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        text.push_str(&if bare { part.clone() } else { format!("{part:?}") });
    }
    text
}

/// The part of a path that stands for the element of a list; elements count from 1.
pub(super) fn element(index: usize) -> String {
    format!("#{}", index + 1)
}

/// The number of the line, from 1, at a byte offset.
pub(super) fn line(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

fn line_of_bytes(error: &std::string::FromUtf8Error) -> usize {
    let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    valid.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The line of each key and of each element of a list.
fn lines(text: &str) -> HashMap<Vec<String>, usize> {
    let mut offsets = Vec::new();
    if let Ok(table) = DeTable::parse(text) {
        collect_table(table.get_ref(), &mut Vec::new(), &mut offsets);
    }
    // In the order of the text, so that its lines are counted once.
    offsets.sort_unstable();
    let (mut counted, mut number) = (0, 1);
    let numbered = offsets.into_iter().map(|(offset, path)| {
        number += line(&text[counted..], offset - counted) - 1;
        counted = offset;
        (path, number)
    });
    numbered.collect()
}

fn collect_table(table: &DeTable<'_>, path: &mut Vec<String>, offsets: &mut Vec<(usize, Vec<String>)>) {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        offsets.push((key.span().start, path.clone()));
        collect_value(value, path, offsets);
        path.pop();
    }
}

fn collect_value(value: &Spanned<DeValue<'_>>, path: &mut Vec<String>, offsets: &mut Vec<(usize, Vec<String>)>) {
    match value.get_ref() {
        DeValue::Table(table) => collect_table(table, path, offsets),
        DeValue::Array(elements) => {
            for (index, value) in elements.iter().enumerate() {
                path.push(element(index));
                offsets.push((value.span().start, path.clone()));
                collect_value(value, path, offsets);
                path.pop();
            }
        }
        _ => {}
    }
}

fn layered(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::from(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(flag) => Value::from(flag),
        // No setting is a date; one without quotes is meant as text.
        toml::Value::Datetime(date) => Value::from(date.to_string()),
        toml::Value::Array(elements) => Value::from(elements.into_iter().map(layered).collect::<Vec<_>>()),
        toml::Value::Table(table) => {
            Value::from(table.into_iter().map(|(key, value)| (key, layered(value))).collect::<Dict>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(parts: &[&str]) -> Vec<String> {
        parts.iter().map(|part| (*part).to_owned()).collect()
    }

    #[test]
    fn a_place_names_file_line_and_key() {
        let text = "tables = [\n 'a',\n { name = 'b', batch_size = 0 },\n]\n\n[table.\"audit.logs\"]\nid_column = 1\n";
        let file = TomlFile::parse("data-sync.toml".to_owned(), text.to_owned()).ok().unwrap();
        for (parts, place) in [
            (&["tables", "#2", "batch_size"][..], "data-sync.toml:3: tables[2].batch_size"),
            (&["tables", "#1"], "data-sync.toml:2: tables[1]"),
            (&["table", "audit.logs", "id_column"], "data-sync.toml:7: table.\"audit.logs\".id_column"),
            (&["table", "audit.logs", "missing"], "data-sync.toml:6: table.\"audit.logs\".missing"),
            (&["sink", "path"], "data-sync.toml: sink.path"),
            (&[], "data-sync.toml"),
        ] {
            assert_eq!(file.place(&path(parts)), place);
        }
    }
}
