//! Drivers by URL scheme. A [`Registry`] is a value that a program builds and passes on; there is no global one.

mod secrets;
mod setting;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::{Error, Result, Source};
use secrets::{is_secret, shows_secret};
use setting::{Setting, SettingError};

/// How a crate makes its sources known: the URL schemes it serves, the settings it takes, and how to connect.
pub trait Driver: 'static {
    /// The schemes of the URLs it serves, without `://`.
    const SCHEMES: &'static [&'static str];

    /// Its settings, as they stand in a config file beside `url`, which is among them. It should refuse unknown keys.
    type Config: DeserializeOwned + Send + 'static;

    /// Makes a source. It may connect lazily: [`Source::identity`] is asked before anything is read.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the settings contradict each other.
    fn connect(config: Self::Config) -> impl Future<Output = Result<Box<dyn Source>>> + Send;
}

type Connecting = Pin<Box<dyn Future<Output = Result<Box<dyn Source>>> + Send>>;
type Connect = fn(Json) -> Connecting;

/// The drivers that a program knows.
#[derive(Clone, Default)]
pub struct Registry {
    drivers: BTreeMap<&'static str, Connect>,
}

impl Registry {
    /// A registry without drivers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a driver; of two that serve one scheme, the later wins.
    #[must_use]
    pub fn with<D: Driver>(mut self) -> Self {
        for scheme in D::SCHEMES {
            self.drivers.insert(scheme, connect::<D>);
        }
        self
    }

    /// All schemes, in alphabetical order.
    pub fn schemes(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.drivers.keys().copied()
    }

    /// Makes a source from its settings, an object with at least `url`. Errors name the key, as in `port: invalid type`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when `url` is missing, its scheme unknown, or the driver refuses a setting.
    pub async fn connect(&self, settings: Json) -> Result<Box<dyn Source>> {
        let url = settings.get("url").and_then(Json::as_str);
        let url = url.ok_or_else(|| Error::config("a source needs an address").at("url").hint(self.example()))?;
        // Only the scheme is ever shown: the rest may hold a password.
        let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        let scheme = scheme.ok_or_else(|| Error::config("it is no URL").at("url").hint(self.example()))?;
        let connect = self.drivers.get(scheme.as_str()).ok_or_else(|| {
            let known = self.schemes().collect::<Vec<_>>().join(", ");
            Error::config(format!("no driver serves {scheme:?}")).at("url").hint(format!("known schemes: {known}"))
        })?;
        connect(settings).await
    }

    /// Makes a source from its address alone, with its driver's defaults.
    ///
    /// # Errors
    /// As [`Registry::connect`].
    pub async fn connect_url(&self, url: &str) -> Result<Box<dyn Source>> {
        self.connect(serde_json::json!({ "url": url })).await
    }

    fn example(&self) -> String {
        let scheme = self.schemes().last().unwrap_or("scheme");
        format!("write url = \"{scheme}://user@host/database\"")
    }
}

fn connect<D: Driver>(settings: Json) -> Connecting {
    Box::pin(async move { D::connect(read(settings)?).await })
}

/// Errors name the key and what is wrong with it, and show no value: it may be a secret that stands in the wrong place.
fn read<T: DeserializeOwned>(settings: Json) -> Result<T> {
    serde_path_to_error::deserialize(Setting(settings.clone())).map_err(|error| {
        let key = error.path().to_string();
        let message = match error.into_inner() {
            SettingError::Ours(message) => message,
            SettingError::Drivers(message) if !is_secret(&key) && !shows_secret(&message, &settings) => message,
            SettingError::Drivers(_) => "invalid value, of which nothing is shown as it may be a secret".to_owned(),
        };
        Error::config(message).at(key)
    })
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registry").field(&self.drivers.keys()).finish()
    }
}
