//! A driver's settings as serde reads them, with errors that never show a value: any of them may be a secret.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{self, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value as Json;

/// One setting, or all of them.
pub(super) struct Setting(pub(super) Json);

/// Why a setting can't be read.
#[derive(Debug)]
pub(super) enum SettingError {
    /// In words of ours, which hold no value.
    Ours(String),
    /// In words of the driver, which may.
    Drivers(String),
}

impl de::Error for SettingError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Drivers(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Ours(format!("invalid type: {}, expected {expected}", kind(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Ours(format!("invalid value: {}, expected {expected}", kind(found)))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::Ours(format!("invalid length {length}, expected {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::Ours(format!("invalid value: none of {}", quoted(expected)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        if expected.is_empty() {
            return Self::Ours(format!("unknown field `{field}`, there are none"));
        }
        Self::Ours(format!("unknown field `{field}`, expected one of {}", quoted(expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Ours(format!("missing field `{field}`"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Ours(format!("duplicate field `{field}`"))
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(message) | Self::Drivers(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for SettingError {}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What kind of value it is, in the words of a config file.
fn kind(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "true or false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a number",
        Unexpected::Char(_) | Unexpected::Str(_) => "a text",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit | Unexpected::Option => "nothing",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a section",
        _ => "something else",
    }
}

impl<'de> IntoDeserializer<'de, SettingError> for Setting {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Setting {
    type Error = SettingError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        match self.0 {
            Json::Null => visitor.visit_unit(),
            Json::Bool(flag) => visitor.visit_bool(flag),
            Json::String(text) => visitor.visit_string(text),
            Json::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (.., number) => visitor.visit_f64(number.unwrap_or(f64::NAN)),
            },
            Json::Array(elements) => {
                let mut elements = SeqDeserializer::new(elements.into_iter().map(Self));
                let value = visitor.visit_seq(&mut elements)?;
                elements.end().map(|()| value)
            }
            Json::Object(entries) => {
                let mut entries = MapDeserializer::new(entries.into_iter().map(|(key, value)| (key, Self(value))));
                let value = visitor.visit_map(&mut entries)?;
                entries.end().map(|()| value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, SettingError> {
        visitor.visit_newtype_struct(self)
    }

    /// A name, or a section of one key, which is the name.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SettingError> {
        match self.0 {
            Json::String(name) => visitor.visit_enum(name.into_deserializer()),
            Json::Object(entries) => {
                let entries = entries.into_iter().map(|(key, value)| (key, Self(value)));
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(entries)))
            }
            other => Self(other).deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}
