//! Kinds of setting that every driver needs, read from a config file or from the text of an environment variable.

pub mod check;
mod url;

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{self, Deserialize, Deserializer, Visitor};

pub use url::{UrlParts, several_hosts, unknown_parameter};

/// A text that must not be seen: its `Debug` shows `***`, and an error about it never shows the value.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text into keeping.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for whoever must hand it on.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Accepts numbers too, because a password of digits is one to many readers of configuration.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Secret;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text in quotes")
            }
            fn visit_str<E>(self, text: &str) -> Result<Secret, E> {
                Ok(Secret::new(text))
            }
            fn visit_string<E>(self, text: String) -> Result<Secret, E> {
                Ok(Secret(text))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Secret, E> {
                Ok(Secret(number.to_string()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Secret, E> {
                Ok(Secret(number.to_string()))
            }
            // serde's own texts for these would show the value.
            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Secret, E> {
                Err(E::custom("a secret must be text in quotes"))
            }
            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Secret, E> {
                Err(E::custom("a secret must be text in quotes"))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

/// A span of time: a number of seconds, or a text such as `"500ms"`, `"30s"`, `"5m"`, `"1.5h"`, `"2d"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(Duration);

/// Longer spans are mistakes: a hundred years.
const LONGEST: f64 = 100.0 * 365.0 * 86_400.0;

impl Seconds {
    /// A span of time.
    #[must_use]
    pub const fn new(duration: Duration) -> Self {
        Self(duration)
    }

    /// The span.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }

    fn from_number(seconds: f64) -> Result<Self, String> {
        if (0.0..=LONGEST).contains(&seconds) {
            Ok(Self(Duration::from_secs_f64(seconds)))
        } else {
            Err(format!("{seconds} seconds is out of range; write a number of seconds from 0 to 3153600000"))
        }
    }
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let factor = match unit.trim() {
            "" | "s" => 1.0,
            "ms" => 0.001,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return Err(not_a_span(text)),
        };
        let number: f64 = number.parse().map_err(|_| not_a_span(text))?;
        Self::from_number(number * factor)
    }
}

fn not_a_span(text: &str) -> String {
    format!(
        "{text:?} is no span of time; write seconds (30, 0.5) or a text with a unit: \"500ms\", \"30s\", \"5m\", \"1h\""
    )
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Span;
        impl Visitor<'_> for Span {
            type Value = Seconds;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seconds (30, 0.5) or a text with a unit (\"30s\", \"5m\")")
            }
            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Seconds, E> {
                self.visit_str(&seconds.to_string())
            }
            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Seconds, E> {
                self.visit_f64(seconds as f64)
            }
            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Seconds, E> {
                Seconds::from_number(seconds).map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Seconds, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Span)
    }
}

/// For `#[serde(deserialize_with = "sync_core::settings::parsed")]`: a number or a boolean, or the text of one.
///
/// # Errors
/// When it is neither.
pub fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: fmt::Display,
{
    struct Parsed<T>(PhantomData<T>);
    impl<T> Visitor<'_> for Parsed<T>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let name = std::any::type_name::<T>();
            f.write_str(name.rsplit("::").next().unwrap_or(name))
        }
        fn visit_bool<E: de::Error>(self, value: bool) -> Result<T, E> {
            self.visit_str(&value.to_string())
        }
        fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
            self.visit_str(&value.to_string())
        }
        fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
            self.visit_str(&value.to_string())
        }
        fn visit_f64<E: de::Error>(self, value: f64) -> Result<T, E> {
            self.visit_str(&value.to_string())
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.trim().parse().map_err(|error| E::custom(format!("{text:?}: {error}")))
        }
    }
    deserializer.deserialize_any(Parsed(PhantomData))
}

/// Likewise for what may be left out, beside `#[serde(default)]`.
///
/// # Errors
/// When it is there and neither.
pub fn some_parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: fmt::Display,
{
    parsed(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(json: &str) -> Result<Duration, String> {
        serde_json::from_str::<Seconds>(json).map(Seconds::duration).map_err(|error| error.to_string())
    }

    #[test]
    fn spans_are_numbers_or_texts_with_a_unit() {
        for (json, milliseconds) in [
            ("30", 30_000),
            ("0.25", 250),
            ("\"30\"", 30_000),
            ("\"500ms\"", 500),
            ("\"1.5 h\"", 5_400_000),
            ("\"5m\"", 300_000),
            ("\"2d\"", 172_800_000),
            ("0", 0),
        ] {
            assert_eq!(seconds(json), Ok(Duration::from_millis(milliseconds)), "{json}");
        }
        for json in ["-1", "\"-1s\"", "\"soon\"", "\"5 weeks\"", "1e300", "\"\"", "true"] {
            assert!(seconds(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_secret_shows_in_no_text() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
        assert_eq!(serde_json::from_str::<Secret>("12345").unwrap().expose(), "12345");
        let error = serde_json::from_str::<Secret>("1.2345").unwrap_err().to_string();
        assert!(!error.contains("2345"), "{error}");
    }

    #[test]
    fn parsed_takes_the_value_or_its_text() {
        let port =
            |json: &str| parsed::<_, u16>(&mut serde_json::Deserializer::from_str(json)).map_err(|e| e.to_string());
        assert_eq!(port("5432"), Ok(5432));
        assert_eq!(port("\" 5432 \""), Ok(5432));
        assert!(port("\"70000\"").unwrap_err().contains("70000"));
        assert!(port("\"x\"").is_err());
    }
}
