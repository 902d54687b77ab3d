//! What a driver says of its settings may show a value of theirs: here it is found out whether that is a secret.

use serde_json::Value as Json;

/// Shorter secrets stand in any text by chance; where the key is known to hold one, nothing is shown anyway.
const SHORTEST: usize = 3;

/// Whether a setting of this name holds a secret, by any of its words.
pub(super) fn is_secret(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["pass", "secret", "token", "credential", "key", "url"].iter().any(|word| path.contains(word))
}

/// Whether the text shows a secret of these settings: one of a name that says so, or what stands in an address.
pub(super) fn shows_secret(text: &str, settings: &Json) -> bool {
    let mut secrets = Vec::new();
    collect(settings, false, &mut secrets);
    secrets.iter().any(|secret| secret.len() >= SHORTEST && (text.contains(secret) || text.contains(&escaped(secret))))
}

/// As `{:?}` shows it, without the quotes.
fn escaped(text: &str) -> String {
    text.escape_debug().to_string()
}

fn collect(value: &Json, secret: bool, secrets: &mut Vec<String>) {
    match value {
        Json::Object(entries) => {
            entries.iter().for_each(|(key, value)| collect(value, secret || is_secret(key), secrets));
        }
        Json::Array(elements) => elements.iter().for_each(|element| collect(element, secret, secrets)),
        Json::String(text) if secret => {
            secrets.extend(password_in(text));
            secrets.push(text.clone());
        }
        Json::Number(number) if secret => secrets.push(number.to_string()),
        _ => {}
    }
}

/// The password of an address: all between the first colon of its login and its last `@`.
fn password_in(url: &str) -> Option<String> {
    let (login, _) = url.split_once("://")?.1.rsplit_once('@')?;
    login.split_once(':').map(|(_, password)| password.to_owned())
}
