//! Settings as a user writes them, and as the rest of the crate uses them.

mod url;

use std::time::Duration;

use serde::Deserialize;
use sync_core::settings::{Seconds, Secret, check, some_parsed};
use sync_core::{Error, Result};

use crate::tls::SslMode;

/// How to reach a PostgreSQL server. A setting given here wins over the same one in `url`; one given nowhere has the default that
/// stands beside it.
///
/// ```
/// use source_postgres::PostgresConfig;
/// let mut config = PostgresConfig::new("postgres://app:hunter2@db.example/shop?sslmode=verify-full");
/// config.pool_size = Some(2);
/// assert!(!format!("{config:?}").contains("hunter2"));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PostgresConfig {
    /// `postgres://user:password@host:port/database?sslmode=…`. Special characters in its parts are percent-encoded.
    pub url: Option<Secret>,
    /// Name or address of the server, or the folder of its unix socket. Default `localhost`.
    pub host: Option<String>,
    /// Port of the server. Default 5432.
    #[serde(deserialize_with = "some_parsed")]
    pub port: Option<u16>,
    /// The login. Needed, here or in `url`.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// The database. Default: named as the login.
    pub database: Option<String>,
    /// The schema whose name is left out of replica names. Default `public`.
    pub schema: Option<String>,
    /// Whether and how the connection is encrypted. Default `prefer`.
    pub sslmode: Option<SslMode>,
    /// File with the certificates (PEM) to trust, or `system` for those of the operating system.
    pub sslrootcert: Option<String>,
    /// File with the client's certificate (PEM).
    pub sslcert: Option<String>,
    /// File with the client's private key (PEM).
    pub sslkey: Option<String>,
    /// Longest wait for a connection. Default 10 s.
    pub connect_timeout: Option<Seconds>,
    /// Longest time for a statement on the catalog, and for a poll until its first row. Default 60 s.
    pub statement_timeout: Option<Seconds>,
    /// Longest silence of the server between the rows of a copy or a poll. Default 60 s.
    pub idle_timeout: Option<Seconds>,
    /// Longest time the server may search without giving a row: a copy until its first row, a sweep at any time. Default 15 min.
    pub scan_timeout: Option<Seconds>,
    /// How the server lists this program in `pg_stat_activity`. Default `data-sync`.
    pub application_name: Option<String>,
    /// Connections at most. Default 4.
    #[serde(deserialize_with = "some_parsed")]
    pub pool_size: Option<usize>,
    /// Silence after which the operating system asks whether the server is still there. Default 30 s.
    pub keepalives_idle: Option<Seconds>,
}

impl PostgresConfig {
    /// The server at this URL, with defaults for all that the URL does not say.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: Some(Secret::new(url)), ..Self::default() }
    }

    /// All settings, each from the place that wins.
    pub(crate) fn resolve(&self) -> Result<Settings> {
        let url = self.url.as_ref().map_or_else(|| Ok(url::UrlSettings::default()), |url| url::parse(url.expose()))?;
        let user = first(&self.user, url.user).ok_or_else(|| missing_user(self.url.is_some()))?;
        let span = |own: Option<Seconds>, url: Option<Seconds>, default: u64| {
            own.or(url).map_or(Duration::from_secs(default), Seconds::duration)
        };
        let settings = Settings {
            host: first(&self.host, url.host).unwrap_or_else(|| "localhost".to_owned()),
            port: self.port.or(url.port).unwrap_or(5432),
            database: first(&self.database, url.database).unwrap_or_else(|| user.clone()),
            user,
            password: self.password.clone().or(url.password),
            schema: first(&self.schema, None).unwrap_or_else(|| "public".to_owned()),
            tls: TlsSettings {
                mode: self.sslmode.or(url.sslmode).unwrap_or_default(),
                root: first(&self.sslrootcert, url.sslrootcert),
                certificate: first(&self.sslcert, url.sslcert),
                key: first(&self.sslkey, url.sslkey),
            },
            channel_binding: url.channel_binding,
            application_name: first(&self.application_name, url.application_name)
                .unwrap_or_else(|| "data-sync".to_owned()),
            pool_size: self.pool_size.unwrap_or(4),
            timeouts: Timeouts {
                connect: span(self.connect_timeout, url.connect_timeout, 10),
                statement: span(self.statement_timeout, None, 60),
                idle: span(self.idle_timeout, None, 60),
                scan: span(self.scan_timeout, None, 15 * 60),
                keepalive: span(self.keepalives_idle, None, 30),
            },
        };
        settings.check()
    }
}

/// What [`PostgresConfig::resolve`] found, complete.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: Option<Secret>,
    pub(crate) database: String,
    pub(crate) schema: String,
    pub(crate) tls: TlsSettings,
    pub(crate) channel_binding: ChannelBinding,
    pub(crate) application_name: String,
    pub(crate) pool_size: usize,
    pub(crate) timeouts: Timeouts,
}

/// What concerns encryption.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsSettings {
    pub(crate) mode: SslMode,
    pub(crate) root: Option<String>,
    pub(crate) certificate: Option<String>,
    pub(crate) key: Option<String>,
}

/// Whether the login is bound to the encrypted channel; hosted services put this into the URLs they hand out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ChannelBinding {
    Disable,
    #[default]
    Prefer,
    Require,
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) statement: Duration,
    pub(crate) idle: Duration,
    pub(crate) scan: Duration,
    pub(crate) keepalive: Duration,
}

impl Settings {
    fn check(self) -> Result<Self> {
        let timeouts = self.timeouts;
        check::spans(&[
            ("connect_timeout", timeouts.connect),
            ("statement_timeout", timeouts.statement),
            ("idle_timeout", timeouts.idle),
            ("scan_timeout", timeouts.scan),
            ("keepalives_idle", timeouts.keepalive),
        ])?;
        check::pool_size(self.pool_size)?;
        check::address(&self.host, &[("user", &self.user), ("database", &self.database)])?;
        Ok(self)
    }
}

fn first(own: &Option<String>, url: Option<String>) -> Option<String> {
    own.clone().or(url)
}

fn missing_user(has_url: bool) -> Error {
    let hint = if has_url { "write postgres://USER@host/database, or set `user`" } else { "set `url`, or `user`" };
    Error::config("no login is given").at("user").hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: &str) -> Result<PostgresConfig, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn separate_settings_win_over_the_url() {
        let json = r#"{"url": "postgres://a:pw@h1:1/d1?application_name=x&connect_timeout=3", "host": "h2", "port": "2",
            "user": "b", "database": "d2", "sslmode": "require", "connect_timeout": "5s", "password": 12345}"#;
        let settings = config(json).unwrap().resolve().unwrap();
        let of = (settings.host.as_str(), settings.port, settings.user.as_str(), settings.database.as_str());
        assert_eq!(of, ("h2", 2, "b", "d2"));
        assert_eq!(settings.password.unwrap().expose(), "12345");
        assert_eq!((settings.tls.mode, settings.application_name.as_str()), (SslMode::Require, "x"));
        assert_eq!(settings.timeouts.connect, Duration::from_secs(5));
    }

    #[test]
    fn the_defaults_are_those_of_the_readme() {
        let settings = PostgresConfig::new("postgres://app@db").resolve().unwrap();
        let of = (settings.port, settings.database.as_str(), settings.schema.as_str(), settings.pool_size);
        assert_eq!(of, (5432, "app", "public", 4));
        assert_eq!((settings.tls.mode, settings.application_name.as_str()), (SslMode::Prefer, "data-sync"));
        assert_eq!(
            (settings.timeouts.idle, settings.timeouts.scan),
            (Duration::from_secs(60), Duration::from_secs(900))
        );
    }

    #[test]
    fn what_can_not_work_is_refused_by_its_key() {
        for (json, text) in [
            (r#"{"host": "h"}"#, "user: no login is given; set `url`, or `user`"),
            (
                r#"{"user": "u", "pool_size": 0}"#,
                "pool_size: without a connection nothing can be read; write 1 or more",
            ),
            (r#"{"user": "u", "host": "a,b"}"#, "host: several hosts are not supported; name one"),
            (
                r#"{"user": "u", "idle_timeout": 0}"#,
                "idle_timeout: 0 would fail at once; write a number of seconds, such as 60",
            ),
            (r#"{"user": ""}"#, "user: it is empty or holds a NUL"),
        ] {
            assert_eq!(config(json).unwrap().resolve().unwrap_err().to_string(), text);
        }
        assert!(config(r#"{"urll": "x"}"#).unwrap_err().to_string().contains("unknown field `urll`"));
        assert!(config(r#"{"sslmode": "verfy-full"}"#).unwrap_err().to_string().contains("verify-full"));
    }
}
