//! Secrets: written down, or in an environment variable or a file, which are read only when the secret is needed.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sync_core::Error;
use sync_core::settings::Secret;

use super::section::Section;

/// No secret is longer; a device file is.
const LONGEST: u64 = 1 << 20;

/// Where a secret is: in the configuration itself, in an environment variable, or in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretSetting {
    origin: Origin,
    place: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    Text(Secret),
    Variable(String),
    /// A line break at the very end of the file is no part of the secret.
    File(PathBuf),
}

impl SecretSetting {
    /// Fetches the secret.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](sync_core::ErrorKind::Config) when it is not where it should be.
    pub fn resolve(&self) -> Result<Secret, Error> {
        self.origin.fetch().map_err(|error| error.at(self.place.as_str()))
    }
}

impl Origin {
    fn fetch(&self) -> Result<Secret, Error> {
        match self {
            Self::Text(secret) => Ok(secret.clone()),
            Self::Variable(name) => match std::env::var(name) {
                Ok(text) => Ok(Secret::new(text)),
                Err(std::env::VarError::NotPresent) => {
                    Err(Error::config(format!("the environment variable {name} is not set")))
                }
                Err(std::env::VarError::NotUnicode(_)) => {
                    Err(Error::config(format!("the environment variable {name} is not UTF-8")))
                }
            },
            Self::File(path) => read_file(path),
        }
    }
}

fn read_file(path: &Path) -> Result<Secret, Error> {
    let problem = |reason: &dyn fmt::Display| Error::config(format!("the file {} {reason}", path.display()));
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST).read_to_string(&mut text))
        .map_err(|error| problem(&format_args!("can't be read: {error}")))?;
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    if text.is_empty() { Err(problem(&"is empty")) } else { Ok(Secret::new(text)) }
}

/// Reads a secret from one of its three keys: as text, from a variable, from a file. What the environment says goes first, so
/// that it can replace what the file says in another way.
pub(super) fn read(section: &mut Section<'_, '_>, keys: [&'static str; 3], folder: &Path) -> Option<SecretSetting> {
    let given: Vec<_> = keys.into_iter().filter_map(|key| Some((key, section.place_of(key)?))).collect();
    let overriding = keys.into_iter().find(|key| section.is_from_environment(key));
    let [text, variable, file] = keys;
    let origins = [
        (text, section.secret(text).map(Origin::Text)),
        (variable, section.text(variable).map(Origin::Variable)),
        (file, section.text(file).map(|path| Origin::File(folder.join(path)))),
    ];
    if let (None, [(first, _), (second, place), ..]) = (overriding, given.as_slice()) {
        let error = Error::config(format!("{first} and {second} are both set")).at(place.as_str());
        section.reading().problem(error.hint("keep one of them"));
    }
    let chosen = |key| overriding.is_none_or(|overriding| overriding == key);
    let (key, origin) = origins.into_iter().find_map(|(key, origin)| Some((key, origin.filter(|_| chosen(key))?)))?;
    let place = given.into_iter().find(|(given, _)| *given == key).map(|(_, place)| place);
    Some(SecretSetting { origin, place: place.unwrap_or_default() })
}

/// Whether a setting of this name holds a secret.
pub(super) fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let reference = key.ends_with("_env") || key.ends_with("_file");
    !reference && ["pass", "secret", "token", "credential"].iter().any(|word| key.contains(word))
}

/// A URL with `***` for its password, wherever in it that stands. What can't be understood is hidden whole.
pub(super) fn hide_in_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (address, query) = rest.split_once('?').map_or((rest, None), |(address, query)| (address, Some(query)));
    // A password that was not escaped may hold any of `/`, `@` and `:`; the user ends at the first colon.
    let address = match address.rsplit_once('@') {
        Some((login, host)) => match login.split_once(':') {
            Some((user, _)) => format!("{user}:***@{host}"),
            None => format!("{login}@{host}"),
        },
        None => address.to_owned(),
    };
    let query = query.map(|query| {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((key, _)) if is_secret(key) => format!("{key}=***"),
            _ => pair.to_owned(),
        });
        format!("?{}", pairs.collect::<Vec<_>>().join("&"))
    });
    // A `?` within such a password would leave its rest in the query.
    let query = query.unwrap_or_default();
    if query.contains('@') { format!("{scheme}://***") } else { format!("{scheme}://{address}{query}") }
}

/// A URL whose password, if it has one, is left out.
pub(crate) struct Login {
    pub(crate) url: String,
    pub(crate) had_password: bool,
}

/// Takes the password out of a URL.
///
/// # Errors
/// When it can't be told where it ends.
pub(crate) fn login_without_password(url: &str) -> Result<Login, Error> {
    let shown = hide_in_url(url);
    if shown == url {
        return Ok(Login { url: shown, had_password: false });
    }
    if shown.ends_with("://***") {
        let error = Error::config("it can't be told where its password ends").at("--url");
        return Err(error.hint("write ? as %3F, @ as %40 and / as %2F in it, or set DATA_SYNC_PASSWORD instead"));
    }
    let (address, query) = shown.split_once('?').map_or((shown.as_str(), ""), |(address, query)| (address, query));
    let kept: Vec<_> = query.split('&').filter(|pair| !pair.is_empty() && !pair.ends_with("=***")).collect();
    let address = address.replacen(":***@", "@", 1);
    let url = if kept.is_empty() { address } else { format!("{address}?{}", kept.join("&")) };
    Ok(Login { url, had_password: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_urls_are_hidden() {
        for (url, shown) in [
            ("postgres://app:hunter2@db/shop", "postgres://app:***@db/shop"),
            ("postgres://app:hun/t@er:2@db/shop", "postgres://app:***@db/shop"),
            ("postgres://app:hun?ter2@db/shop", "postgres://***"),
            ("postgres://app@db/shop", "postgres://app@db/shop"),
            ("postgres://db/shop?user=app&password=hunter2", "postgres://db/shop?user=app&password=***"),
            ("jsonl:///data?token=hunter2&a=1", "jsonl:///data?token=***&a=1"),
            ("/data/x", "/data/x"),
        ] {
            assert_eq!(hide_in_url(url), shown);
        }
    }

    #[test]
    fn a_login_can_be_written_down_without_its_password() {
        for (url, without, had_password) in [
            ("postgres://app:hunter2@db/shop?sslmode=require", "postgres://app@db/shop?sslmode=require", true),
            ("postgres://db/shop?user=app&password=hunter2", "postgres://db/shop?user=app", true),
            ("postgres://app@db/shop", "postgres://app@db/shop", false),
        ] {
            let login = login_without_password(url).unwrap();
            assert_eq!((login.url.as_str(), login.had_password), (without, had_password));
        }
        let error = login_without_password("postgres://app:hun?ter2@db/shop").err().unwrap().to_string();
        assert!(error.starts_with("--url: it can't be told where its password ends; write ? as %3F"), "{error}");
    }

    #[test]
    fn secrets_are_known_by_their_names() {
        for key in ["password", "Password", "api_token", "client_secret", "passphrase", "credentials"] {
            assert!(is_secret(key), "{key}");
        }
        for key in ["url", "password_env", "token_file", "sslkey", "user"] {
            assert!(!is_secret(key), "{key}");
        }
    }

    #[test]
    fn a_file_gives_its_text_without_the_last_line_break() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        for (content, secret) in [("hunter2", "hunter2"), ("hunter2\r\n", "hunter2"), (" a\n\n", " a\n")] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(Origin::File(path.clone()).fetch().unwrap().expose(), secret);
        }
        std::fs::write(&path, "\n").unwrap();
        let error = Origin::File(path.clone()).fetch().unwrap_err();
        assert_eq!(error.to_string(), format!("the file {} is empty", path.display()));
    }
}
