//! The configuration as text for people, without secrets.

use figment::value::{Dict, Value};
use toml::Value as Toml;

use super::secrets::{hide_in_url, is_secret};
use super::section::whole;

const HIDDEN: &str = "***";

/// The values as TOML. What is or may hold a secret is shown as `***`.
pub(super) fn toml(values: Dict) -> String {
    toml::to_string(&table(values)).unwrap_or_default()
}

/// The same as JSON.
pub(super) fn json(values: Dict) -> serde_json::Value {
    serde_json::to_value(table(values)).unwrap_or_default()
}

fn table(values: Dict) -> toml::Table {
    let shown = values.into_iter().filter_map(|(key, value)| {
        let value = if is_secret(&key) { Toml::from(HIDDEN) } else { shown(value)? };
        Some((key, value))
    });
    shown.collect()
}

/// Nothing for what TOML can't write.
fn shown(value: Value) -> Option<Toml> {
    Some(match value {
        Value::String(_, text) => Toml::from(hide_in_url(&text)),
        Value::Char(_, character) => Toml::from(character.to_string()),
        Value::Bool(_, flag) => Toml::from(flag),
        Value::Num(_, number) => match whole(number).and_then(|number| i64::try_from(number).ok()) {
            Some(number) => Toml::from(number),
            None => Toml::from(number.to_f64()?),
        },
        Value::Empty(..) => return None,
        Value::Dict(_, values) => Toml::from(table(values)),
        Value::Array(_, elements) => Toml::from(elements.into_iter().filter_map(shown).collect::<Vec<_>>()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::super::layers::Layers;

    #[test]
    fn what_is_printed_loads_and_holds_no_secret() {
        let text =
            "[source]\nurl = \"postgres://app:hunter2@db/shop\"\ntables = [\"a\"]\ntls = { token = \"hunter2\" }\n";
        let variables = [("DATA_SYNC__SOURCE__PASSWORD", "hunter2"), ("DATA_SYNC__READERS", "2")];
        let config = Config::read(&Layers::of_text(text, &variables).ok().unwrap()).unwrap();
        let printed = config.to_toml();
        assert!(!printed.contains("hunter2"), "{printed}");
        for line in
            ["url = \"postgres://app:***@db/shop\"", "password = \"***\"", "readers = \"2\"", "batch_size = 1000"]
        {
            assert!(printed.lines().any(|printed| printed == line), "{line} in {printed}");
        }
        let again = Config::read(&Layers::of_text(printed, &[]).ok().unwrap()).unwrap();
        assert_eq!(again.to_toml(), printed);
        assert!(!format!("{config:?}{}", config.to_json()).contains("hunter2"));
        assert_eq!(config.to_json()["source"]["password"], "***");
    }
}
