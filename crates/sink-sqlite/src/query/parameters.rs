//! The values of a statement's parameters.

use rusqlite::Statement;
use rusqlite::types::{ToSqlOutput, ValueRef};
use serde_json::Value as Json;
use sync_core::{Error, OwnedValue, Result, Value};

use super::json;
use crate::error::sqlite_error;

/// Values for the parameters of a statement: by position (`?`, `?2`) or by name (`:id`, `@id`, `$id`).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameters {
    /// In the order of the parameters, one for each.
    Positional(Vec<OwnedValue>),
    /// By name, with or without the sign in front of it.
    Named(Vec<(String, OwnedValue)>),
}

impl Default for Parameters {
    /// None.
    fn default() -> Self {
        Self::Positional(Vec::new())
    }
}

impl Parameters {
    /// From a JSON array or object, in the forms of the [module](super).
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](sync_core::ErrorKind::Unsupported) when it is neither, or a value is none that SQLite can hold.
    pub fn from_json(json: &Json) -> Result<Self> {
        let value = |place: String, value: &Json| json::value(value).map_err(|error| error.at(place));
        match json {
            Json::Null => Ok(Self::default()),
            Json::Array(values) => {
                let values = values.iter().enumerate();
                values
                    .map(|(index, json)| value(format!("params[{index}]"), json))
                    .collect::<Result<_>>()
                    .map(Self::Positional)
            }
            Json::Object(values) => {
                let values = values.iter();
                values
                    .map(|(name, json)| Ok((name.clone(), value(format!("params.{name}"), json)?)))
                    .collect::<Result<_>>()
                    .map(Self::Named)
            }
            _ => Err(Error::unsupported("it is neither an array nor an object").at("params")),
        }
    }

    /// Binds all of them; each parameter must have a value, and each value a parameter.
    pub(super) fn bind(&self, statement: &mut Statement<'_>) -> Result<()> {
        let wanted = statement.parameter_count();
        match self {
            Self::Positional(values) if values.len() != wanted => Err(another_number(wanted, values.len())),
            Self::Positional(values) => {
                values.iter().enumerate().try_for_each(|(index, value)| set(statement, index + 1, value))
            }
            Self::Named(values) => bind_names(statement, values),
        }
    }
}

fn another_number(wanted: usize, given: usize) -> Error {
    let values = |number: usize| match number {
        0 => "no value".to_owned(),
        1 => "1 value".to_owned(),
        _ => format!("{number} values"),
    };
    let verb = if given < 2 { "is" } else { "are" };
    let error =
        Error::unsupported(format!("the statement takes {}, and {} {verb} given", values(wanted), values(given)));
    if given == 0 { error.hint("write what is meant in the place of each `?`") } else { error }
}

fn bind_names(statement: &mut Statement<'_>, values: &[(String, OwnedValue)]) -> Result<()> {
    let mut used = vec![false; values.len()];
    for index in 1..=statement.parameter_count() {
        let Some(name) = statement.parameter_name(index).map(str::to_owned) else {
            let error = Error::unsupported(format!("parameter {index} has no name"));
            return Err(error.hint("give the values as an array, or name all parameters"));
        };
        let find = |name: &str| values.iter().position(|(given, _)| given == name);
        let position = find(&name).or_else(|| find(&name[1..]));
        let Some(position) = position else { return Err(Error::unsupported(format!("no value is given for {name}"))) };
        used[position] = true;
        set(statement, index, &values[position].1)?;
    }
    match used.iter().position(|used| !used) {
        Some(unused) => Err(Error::unsupported(format!("the statement has no parameter {}", values[unused].0))),
        None => Ok(()),
    }
}

fn set(statement: &mut Statement<'_>, index: usize, value: &OwnedValue) -> Result<()> {
    let value = match value.as_value() {
        Value::Integer(number) => ValueRef::Integer(number),
        Value::Real(number) => ValueRef::Real(number),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Bytes(bytes) => ValueRef::Blob(bytes),
        _ => ValueRef::Null,
    };
    statement.raw_bind_parameter(index, ToSqlOutput::Borrowed(value)).map_err(sqlite_error)
}
