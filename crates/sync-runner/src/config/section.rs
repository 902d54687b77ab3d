//! One section of the configuration, read key by key: whatever is wrong is noted and reading goes on, so that all problems are
//! known at once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use figment::value::{Dict, Num, Tag, Value};
use sync_core::Error;
use sync_core::settings::{Seconds, Secret};

use super::layers::Layers;
use super::nearest::nearest;
use super::secrets::hide_in_url;

/// The configuration being read, and what was found to be wrong with it. Without `Debug`, as it holds secrets.
pub(super) struct Reading<'l> {
    layers: &'l Layers,
    problems: RefCell<Vec<Error>>,
}

impl<'l> Reading<'l> {
    pub(super) fn new(layers: &'l Layers) -> Self {
        Self { layers, problems: RefCell::default() }
    }

    /// The whole configuration.
    pub(super) fn root(&self) -> Section<'_, 'l> {
        Section { reading: self, path: Vec::new(), tag: Tag::Default, values: self.layers.values(), known: Vec::new() }
    }

    pub(super) fn problem(&self, problem: Error) {
        self.problems.borrow_mut().push(problem);
    }

    pub(super) fn into_problems(self) -> Vec<Error> {
        self.problems.into_inner()
    }

    /// Where relative paths start.
    pub(super) fn folder(&self) -> &'l Path {
        self.layers.folder()
    }

    /// The header of a section, without its brackets.
    pub(super) fn header(&self, path: &[String]) -> String {
        self.layers.header(path)
    }

    /// What to do with a key that is for everything and stands in a section.
    pub(super) fn put_at_the_top(&self) -> String {
        match self.header(&[]).as_str() {
            "" => "put it above the first [section]".to_owned(),
            top => format!("put it right below [{top}]"),
        }
    }

    /// Where a value stands, for people.
    pub(super) fn place(&self, path: &[String], tag: Tag) -> String {
        self.layers.place(path, tag)
    }
}

/// A table of keys. What was not asked for by the end is unknown.
pub(super) struct Section<'r, 'l> {
    reading: &'r Reading<'l>,
    path: Vec<String>,
    tag: Tag,
    values: Dict,
    known: Vec<&'static str>,
}

impl<'r, 'l> Section<'r, 'l> {
    /// The section of this value; notes a problem where it is none, with the `fix`.
    pub(super) fn of(reading: &'r Reading<'l>, path: Vec<String>, value: Value, fix: &str) -> Option<Self> {
        match value {
            Value::Dict(tag, values) => Some(Self { reading, path, tag, values, known: Vec::new() }),
            other => {
                // The value may be a URL that was put a level too high.
                reading.problem(Error::config("it must be a section").at(reading.place(&path, other.tag())).hint(fix));
                None
            }
        }
    }

    pub(super) fn reading(&self) -> &'r Reading<'l> {
        self.reading
    }

    pub(super) fn path(&self) -> &[String] {
        &self.path
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Where a key stands, if it is there.
    pub(super) fn place_of(&self, key: &str) -> Option<String> {
        Some(self.reading.place(&self.path_of(key), self.values.get(key)?.tag()))
    }

    /// Where each key stands.
    pub(super) fn places(&self) -> BTreeMap<String, String> {
        self.values.keys().filter_map(|key| Some((key.clone(), self.place_of(key)?))).collect()
    }

    /// Whether the key was set by an environment variable.
    pub(super) fn is_from_environment(&self, key: &str) -> bool {
        self.values.get(key).is_some_and(|value| self.reading.layers.is_from_environment(value.tag()))
    }

    /// Where the section itself stands.
    pub(super) fn place(&self) -> String {
        self.reading.place(&self.path, self.tag)
    }

    pub(super) fn path_of(&self, key: &str) -> Vec<String> {
        self.path.iter().map(String::as_str).chain([key]).map(str::to_owned).collect()
    }

    /// The header of a section below this one, without its brackets.
    pub(super) fn header_of(&self, key: &str) -> String {
        self.reading.header(&self.path_of(key))
    }

    /// The value as it was written.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.values.remove(key)
    }

    /// The section below this key.
    pub(super) fn section(&mut self, key: &'static str, fix: &str) -> Option<Self> {
        let value = self.take(key)?;
        Self::of(self.reading, self.path_of(key), value, fix)
    }

    /// All sections below this key, by name.
    pub(super) fn sections(&mut self, key: &'static str, fix: &str) -> Vec<(String, Self)> {
        let Some(parent) = self.section(key, fix) else { return Vec::new() };
        let Self { path, values, .. } = parent;
        let sections = values.into_iter().filter_map(|(name, value)| {
            let path = path.iter().cloned().chain([name.clone()]).collect();
            Some((name, Self::of(self.reading, path, value, fix)?))
        });
        sections.collect()
    }

    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        self.parsed(key, text)
    }

    /// A text that is never shown.
    pub(super) fn secret(&mut self, key: &'static str) -> Option<Secret> {
        self.parsed(key, |value| match value {
            Value::String(_, text) => Ok(Secret::new(text)),
            _ => Err(Error::config("it must be text in quotes").hint(format!("write {key} = \"…\""))),
        })
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.parsed(key, |value| match value {
            Value::Bool(_, flag) => Ok(flag),
            Value::String(_, text) if text == "true" => Ok(true),
            Value::String(_, text) if text == "false" => Ok(false),
            other => Err(mismatch("true or false", &other)),
        })
    }

    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<u32>) -> Option<usize> {
        self.parsed(key, |value| {
            let number = match &value {
                Value::Num(_, number) => whole(*number).and_then(|number| u32::try_from(number).ok()),
                Value::String(_, text) => text.trim().parse().ok(),
                _ => None,
            };
            let number = number.filter(|number| range.contains(number)).and_then(|number| number.try_into().ok());
            let expected = format!("a whole number from {} to {}", range.start(), range.end());
            number.ok_or_else(|| mismatch(expected, &value))
        })
    }

    /// A span of time longer than none.
    pub(super) fn span(&mut self, key: &'static str) -> Option<Duration> {
        self.parsed(key, |value| {
            let span = match &value {
                Value::String(_, text) => text.parse::<Seconds>().map_err(Error::config)?.duration(),
                Value::Num(..) => value.deserialize::<Seconds>().map_err(|error| plain(&error))?.duration(),
                _ => return Err(mismatch("seconds (30, 0.5) or a text with a unit (\"30s\", \"5m\", \"1h\")", &value)),
            };
            if span.is_zero() { Err(Error::config("it must be longer than 0 seconds")) } else { Ok(span) }
        })
    }

    /// A number from 0 to 1.
    pub(super) fn fraction(&mut self, key: &'static str) -> Option<f64> {
        self.parsed(key, |value| {
            let number = match &value {
                Value::Num(_, number) => number
                    .to_f64()
                    .or_else(|| whole(*number).and_then(|number| u8::try_from(number).ok()).map(f64::from)),
                Value::String(_, text) => text.trim().parse().ok(),
                _ => None,
            };
            let number = number.filter(|number| (0.0..=1.0).contains(number));
            number.ok_or_else(|| mismatch("a number from 0 to 1, such as 0.5 for a half", &value))
        })
    }

    /// One of some words.
    pub(super) fn choice<T: Clone>(&mut self, key: &'static str, known: &[(&'static str, T)]) -> Option<T> {
        self.parsed(key, |value| {
            let written = value.as_str().unwrap_or_default();
            if let Some((_, meant)) = known.iter().find(|(word, _)| *word == written) {
                return Ok(meant.clone());
            }
            let words: Vec<_> = known.iter().map(|(word, _)| format!("{word:?}")).collect();
            let error = mismatch(words.join(" or "), &value);
            Err(match nearest(written, known.iter().map(|(word, _)| *word)) {
                Some(near) => error.hint(format!("did you mean {near:?}?")),
                None => error,
            })
        })
    }

    /// What `parse` makes of the value; an error is noted with the place of the value.
    pub(super) fn parsed<T>(&mut self, key: &'static str, parse: impl FnOnce(Value) -> Result<T, Error>) -> Option<T> {
        let value = self.take(key)?;
        let tag = value.tag();
        match parse(value) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.reading.problem(error.at(self.reading.place(&self.path_of(key), tag)));
                None
            }
        }
    }

    /// The sections below this one.
    pub(super) fn nested(&self) -> Vec<String> {
        self.values.iter().filter(|(_, value)| value.as_dict().is_some()).map(|(name, _)| name.clone()).collect()
    }

    /// The sections below this one that have such a key.
    pub(super) fn sections_with(&self, key: &str) -> Vec<&str> {
        let having = |value: &Value| value.as_dict().is_some_and(|section| section.contains_key(key));
        self.values.iter().filter(|(_, value)| having(value)).map(|(name, _)| name.as_str()).collect()
    }

    /// What was not asked for: the settings of a driver.
    pub(super) fn rest(self) -> Dict {
        self.values
    }

    /// Notes every key that was not asked for.
    pub(super) fn refuse_rest(self, elsewhere: impl Fn(&str) -> Option<String>) {
        for (key, value) in &self.values {
            let hint = elsewhere(key).unwrap_or_else(|| match nearest(key, self.known.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known here: {}", self.known.join(", ")),
            });
            let place = self.reading.place(&self.path_of(key), value.tag());
            self.reading.problem(Error::config("there is no such setting").at(place).hint(hint));
        }
    }
}

/// A text that is not empty.
pub(super) fn text(value: Value) -> Result<String, Error> {
    match value {
        Value::String(_, text) if text.is_empty() => Err(Error::config("it is empty")),
        Value::String(_, text) => Ok(text),
        other => Err(mismatch("text in quotes", &other)),
    }
}

pub(super) fn mismatch(expected: impl Display, found: &Value) -> Error {
    Error::config(format!("it must be {expected}, not {}", describe(found)))
}

/// A value in a few words. Never called for secrets.
fn describe(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("the text {:?}", hide_in_url(text)),
        Value::Char(_, character) => format!("the text {character:?}"),
        Value::Bool(_, flag) => flag.to_string(),
        Value::Num(_, number) => describe_number(*number),
        Value::Empty(..) => "nothing".to_owned(),
        Value::Dict(..) => "a section".to_owned(),
        Value::Array(..) => "a list".to_owned(),
    }
}

fn describe_number(number: Num) -> String {
    match (whole(number), number.to_f64()) {
        (Some(number), _) => number.to_string(),
        (None, Some(number)) => number.to_string(),
        (None, None) => "a number".to_owned(),
    }
}

/// A number without a fraction.
pub(super) fn whole(number: Num) -> Option<i128> {
    number.to_i128().or_else(|| i128::try_from(number.to_u128()?).ok())
}

/// What a type of `sync_core::settings` had to say.
fn plain(error: &figment::Error) -> Error {
    match &error.kind {
        figment::error::Kind::Message(message) => Error::config(message.as_str()),
        // Only ever of a number, so it can be shown.
        kind => Error::config(kind.to_string()),
    }
}
