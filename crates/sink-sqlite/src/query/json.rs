//! Values as JSON and back, in the forms that the module documents.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use serde_json::Value as Json;
use sync_core::{Error, OwnedValue, Result};

const BLOB: &str = "$blob";

/// The rows of an answer as an array: of objects by the names of columns, or of arrays.
#[derive(Clone, Copy, Debug)]
pub struct JsonRows<'a> {
    columns: Option<&'a [String]>,
    rows: &'a [Vec<OwnedValue>],
}

impl<'a> JsonRows<'a> {
    pub(super) fn objects(columns: &'a [String], rows: &'a [Vec<OwnedValue>]) -> Self {
        Self { columns: Some(columns), rows }
    }

    pub(super) fn arrays(rows: &'a [Vec<OwnedValue>]) -> Self {
        Self { columns: None, rows }
    }
}

impl Serialize for JsonRows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.columns {
            Some(columns) => {
                let keys = unique(columns);
                serializer.collect_seq(self.rows.iter().map(|row| Object { keys: &keys, row }))
            }
            None => serializer.collect_seq(self.rows.iter().map(|row| Array(row))),
        }
    }
}

struct Object<'a> {
    keys: &'a [String],
    row: &'a [OwnedValue],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.keys.iter().zip(self.row.iter().map(Cell)))
    }
}

struct Array<'a>(&'a [OwnedValue]);

impl Serialize for Array<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut cells = serializer.serialize_seq(Some(self.0.len()))?;
        for value in self.0 {
            cells.serialize_element(&Cell(value))?;
        }
        cells.end()
    }
}

struct Cell<'a>(&'a OwnedValue);

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            OwnedValue::Integer(number) => serializer.serialize_i64(*number),
            // JSON has no infinities.
            OwnedValue::Real(number) if number.is_infinite() => {
                serializer.serialize_str(if *number > 0.0 { "Infinity" } else { "-Infinity" })
            }
            OwnedValue::Real(number) => serializer.serialize_f64(*number),
            OwnedValue::Text(text) => serializer.serialize_str(text),
            OwnedValue::Bytes(bytes) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(BLOB, &STANDARD.encode(bytes))?;
                map.end()
            }
            _ => serializer.serialize_unit(),
        }
    }
}

/// The names of columns; of equal ones, the later get a number (`id`, `id:2`), so that none is lost in an object.
fn unique(names: &[String]) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut keys = Vec::with_capacity(names.len());
    for name in names {
        let mut key = name.clone();
        let mut number = 1;
        while !taken.insert(key.clone()) {
            number += 1;
            key = format!("{name}:{number}");
        }
        keys.push(key);
    }
    keys
}

/// What a JSON value is in SQLite.
pub(super) fn value(json: &Json) -> Result<OwnedValue> {
    match json {
        Json::Null => Ok(OwnedValue::Null),
        Json::Bool(truth) => Ok(OwnedValue::Integer((*truth).into())),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Ok(OwnedValue::Integer(number)),
            (None, Some(real)) if !number.is_u64() => Ok(OwnedValue::Real(real)),
            _ => Err(Error::unsupported(format!("{number} exceeds 64 bits")).hint("give it as text")),
        },
        Json::String(text) => Ok(OwnedValue::Text(text.clone())),
        Json::Object(object) => match (object.len(), object.get(BLOB)) {
            (1, Some(Json::String(text))) => bytes(text),
            _ => Err(no_value()),
        },
        Json::Array(_) => Err(no_value()),
    }
}

fn bytes(text: &str) -> Result<OwnedValue> {
    let decoded = STANDARD.decode(text);
    decoded.map(OwnedValue::Bytes).map_err(|error| Error::unsupported(format!("its $blob is no base64: {error}")))
}

fn no_value() -> Error {
    Error::unsupported("it is no value")
        .hint("give a number, a text, true, false, null or {\"$blob\": \"<base64>\"}; JSON goes in a text")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: OwnedValue) -> String {
        serde_json::to_string(&JsonRows::arrays(&[vec![value]])).unwrap()
    }

    #[test]
    fn values_survive_the_way_there_and_back() {
        for (stored, json) in [
            (OwnedValue::Null, "null"),
            (OwnedValue::Integer(i64::MAX), "9223372036854775807"),
            (OwnedValue::Integer(i64::MIN), "-9223372036854775808"),
            (OwnedValue::Integer(9_007_199_254_740_993), "9007199254740993"),
            (OwnedValue::Real(0.1), "0.1"),
            (OwnedValue::Real(1.0), "1.0"),
            (OwnedValue::Real(5e-324), "5e-324"),
            (OwnedValue::Text("é\"\n\0".to_owned()), r#""é\"\n\u0000""#),
            (OwnedValue::Bytes(vec![0, 255, 16]), r#"{"$blob":"AP8Q"}"#),
            (OwnedValue::Bytes(Vec::new()), r#"{"$blob":""}"#),
        ] {
            assert_eq!(written(stored.clone()), format!("[[{json}]]"));
            assert_eq!(value(&serde_json::from_str(json).unwrap()).unwrap(), stored, "{json}");
        }
        assert_eq!(written(OwnedValue::Real(f64::NEG_INFINITY)), "[[\"-Infinity\"]]");
        assert_eq!(value(&Json::Bool(true)).unwrap(), OwnedValue::Integer(1));
    }

    #[test]
    fn what_sqlite_can_not_hold_is_refused() {
        let refusal = |json: &str| value(&serde_json::from_str(json).unwrap()).unwrap_err().to_string();
        assert_eq!(refusal("9223372036854775808"), "9223372036854775808 exceeds 64 bits; give it as text");
        let no_value = "it is no value; give a number, a text, true, false, null or {\"$blob\": \"<base64>\"}; JSON goes in a text";
        for json in ["[]", "{}", "{\"$blob\": 1}", "{\"$blob\": \"\", \"a\": 1}"] {
            assert_eq!(refusal(json), no_value, "{json}");
        }
        assert!(refusal("{\"$blob\": \"%\"}").starts_with("its $blob is no base64: "));
    }

    #[test]
    fn columns_of_one_name_are_all_kept() {
        let names = ["a", "a", "a:2", "b"].map(str::to_owned);
        assert_eq!(unique(&names), ["a", "a:2", "a:2:2", "b"]);
        let rows = [vec![OwnedValue::Integer(1), OwnedValue::Integer(2)]];
        assert_eq!(serde_json::to_string(&JsonRows::objects(&names[..2], &rows)).unwrap(), r#"[{"a":1,"a:2":2}]"#);
    }
}
