//! Settings as a user writes them, and as the rest of the crate uses them.

mod url;

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Deserialize;
use sync_core::settings::{Seconds, Secret, check, some_parsed};
use sync_core::{Error, Result};

use crate::tls::SslMode;

/// How to reach a MySQL or MariaDB server. A setting given here wins over the same one in `url`; one given nowhere has the default
/// that stands beside it.
///
/// ```
/// use source_mysql::MysqlConfig;
/// let mut config = MysqlConfig::new("mysql://app:hunter2@db.example/shop?ssl_mode=VERIFY_IDENTITY");
/// config.pool_size = Some(2);
/// assert!(!format!("{config:?}").contains("hunter2"));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MysqlConfig {
    /// `mysql://user:password@host:port/database?ssl_mode=…`. Special characters in its parts are percent-encoded.
    pub url: Option<Secret>,
    /// Name or address of the server. Default `localhost`, over TCP.
    pub host: Option<String>,
    /// Port of the server. Default 3306.
    #[serde(deserialize_with = "some_parsed")]
    pub port: Option<u16>,
    /// Path of the server's unix socket, in the place of host and port.
    pub socket: Option<String>,
    /// The login. Needed, here or in `url`.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// The database to connect to. Needed, here or in `url`; tables of other databases can be had by their full names.
    pub database: Option<String>,
    /// The database whose name is left out of replica names. Default: `database`.
    pub schema: Option<String>,
    /// Whether and how the connection is encrypted. Default `PREFERRED`.
    #[serde(alias = "sslmode")]
    pub ssl_mode: Option<SslMode>,
    /// File with the certificates (PEM) to trust, or `system` for those of the operating system.
    #[serde(alias = "sslrootcert")]
    pub ssl_ca: Option<String>,
    /// File with the client's certificate (PEM).
    #[serde(alias = "sslcert")]
    pub ssl_cert: Option<String>,
    /// File with the client's private key (PEM).
    #[serde(alias = "sslkey")]
    pub ssl_key: Option<String>,
    /// Longest wait for a connection. Default 10 s.
    pub connect_timeout: Option<Seconds>,
    /// Longest time for a statement on the catalog, and for a poll until its first row. Default 60 s.
    pub statement_timeout: Option<Seconds>,
    /// Longest silence of the server between the rows of a copy or a poll. Default 60 s.
    pub idle_timeout: Option<Seconds>,
    /// Longest time the server may search without giving a row: a copy until its first row. Default 15 min.
    pub scan_timeout: Option<Seconds>,
    /// How far a poll goes back where the server does not tell which transactions are open: one that takes longer is missed until the
    /// table is compared. From 1 s to 1 day. Default 10 s.
    pub overlap: Option<Seconds>,
    /// How this program calls itself in the server's table of connection attributes. Default `data-sync`.
    pub application_name: Option<String>,
    /// Connections at most. Default 4.
    #[serde(deserialize_with = "some_parsed")]
    pub pool_size: Option<usize>,
    /// Silence after which the operating system asks whether the server is still there. Default 30 s.
    pub keepalives_idle: Option<Seconds>,
}

impl MysqlConfig {
    /// The server at this URL, with defaults for all that the URL does not say.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: Some(Secret::new(url)), ..Self::default() }
    }

    /// All settings, each from the place that wins.
    pub(crate) fn resolve(&self) -> Result<Settings> {
        let url = self.url.as_ref().map_or_else(|| Ok(url::UrlSettings::default()), |url| url::parse(url.expose()))?;
        let in_url = self.url.is_some();
        let span = |own: Option<Seconds>, url: Option<Seconds>, default: u64| {
            own.or(url).map_or(Duration::from_secs(default), Seconds::duration)
        };
        let user = first(&self.user, url.user).ok_or_else(|| missing_user(in_url))?;
        let database = first(&self.database, url.database).ok_or_else(|| missing_database(in_url))?;
        let settings = Settings {
            host: first(&self.host, url.host).unwrap_or_else(|| "localhost".to_owned()),
            port: self.port.or(url.port).unwrap_or(3306),
            socket: first(&self.socket, url.socket),
            user,
            schema: first(&self.schema, None).unwrap_or_else(|| database.clone()),
            database,
            password: self.password.clone().or(url.password),
            tls: TlsSettings {
                mode: self.ssl_mode.or(url.ssl_mode).unwrap_or_default(),
                root: first(&self.ssl_ca, url.ssl_ca),
                certificate: first(&self.ssl_cert, url.ssl_cert),
                key: first(&self.ssl_key, url.ssl_key),
            },
            application_name: first(&self.application_name, url.application_name)
                .unwrap_or_else(|| "data-sync".to_owned()),
            pool_size: self.pool_size.unwrap_or(4),
            timeouts: Timeouts {
                connect: span(self.connect_timeout, url.connect_timeout, 10),
                statement: span(self.statement_timeout, None, 60),
                idle: span(self.idle_timeout, None, 60),
                scan: span(self.scan_timeout, None, 15 * 60),
                keepalive: span(self.keepalives_idle, None, 30),
                overlap: span(self.overlap, None, 10),
            },
        };
        settings.check()
    }
}

/// What [`MysqlConfig::resolve`] found, complete.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) socket: Option<String>,
    pub(crate) user: String,
    pub(crate) password: Option<Secret>,
    pub(crate) database: String,
    pub(crate) schema: String,
    pub(crate) tls: TlsSettings,
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

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) statement: Duration,
    pub(crate) idle: Duration,
    pub(crate) scan: Duration,
    pub(crate) keepalive: Duration,
    /// For transactions that nobody can tell of.
    pub(crate) overlap: Duration,
}

/// Less than a statement is stamped before it shows is none; with more, each poll would read a table of a day.
const OVERLAPS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(24 * 3600);

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
        if !OVERLAPS.contains(&timeouts.overlap) {
            return Err(Error::config(format!("{:?} is out of its bounds", timeouts.overlap))
                .at("overlap")
                .hint("write a time from 1 s to 1 day, such as 30"));
        }
        check::pool_size(self.pool_size)?;
        check::address(&self.host, &[("user", &self.user), ("database", &self.database)])?;
        Ok(self)
    }
}

fn first(own: &Option<String>, url: Option<String>) -> Option<String> {
    own.clone().or(url)
}

fn missing_user(has_url: bool) -> Error {
    let hint = if has_url { "write mysql://USER@host/database, or set `user`" } else { "set `url`, or `user`" };
    Error::config("no login is given").at("user").hint(hint)
}

fn missing_database(has_url: bool) -> Error {
    let hint = if has_url { "write mysql://user@host/DATABASE, or set `database`" } else { "set `url`, or `database`" };
    Error::config("no database is given").at("database").hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: &str) -> Result<MysqlConfig, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn separate_settings_win_over_the_url() {
        let json = r#"{"url": "mysql://a:pw@h1:1/d1?application_name=x&connect_timeout=3", "host": "h2", "port": "2",
            "user": "b", "database": "d2", "sslmode": "require", "connect_timeout": "5s", "password": 12345}"#;
        let settings = config(json).unwrap().resolve().unwrap();
        let of = (settings.host.as_str(), settings.port, settings.user.as_str(), settings.database.as_str());
        assert_eq!(of, ("h2", 2, "b", "d2"));
        assert_eq!(settings.password.unwrap().expose(), "12345");
        assert_eq!((settings.tls.mode, settings.application_name.as_str()), (SslMode::Required, "x"));
        assert_eq!(settings.timeouts.connect, Duration::from_secs(5));
    }

    #[test]
    fn the_defaults_are_those_of_the_readme() {
        let settings = MysqlConfig::new("mariadb://app@db/shop").resolve().unwrap();
        assert_eq!((settings.port, settings.database.as_str(), settings.pool_size), (3306, "shop", 4));
        assert_eq!((settings.tls.mode, settings.application_name.as_str()), (SslMode::Preferred, "data-sync"));
        assert_eq!(
            (settings.timeouts.idle, settings.timeouts.scan, settings.socket),
            (Duration::from_secs(60), Duration::from_secs(900), None)
        );
    }

    #[test]
    fn what_can_not_work_is_refused_by_its_key() {
        for (json, text) in [
            (r#"{"host": "h", "database": "d"}"#, "user: no login is given; set `url`, or `user`"),
            (r#"{"url": "mysql://h/d"}"#, "user: no login is given; write mysql://USER@host/database, or set `user`"),
            (r#"{"user": "u"}"#, "database: no database is given; set `url`, or `database`"),
            (
                r#"{"url": "mysql://u@h"}"#,
                "database: no database is given; write mysql://user@host/DATABASE, or set `database`",
            ),
            (
                r#"{"user": "u", "database": "d", "pool_size": 0}"#,
                "pool_size: without a connection nothing can be read; write 1 or more",
            ),
            (r#"{"user": "u", "database": "d", "host": "a,b"}"#, "host: several hosts are not supported; name one"),
            (
                r#"{"user": "u", "database": "d", "idle_timeout": 0}"#,
                "idle_timeout: 0 would fail at once; write a number of seconds, such as 60",
            ),
            (
                r#"{"user": "u", "database": "d", "overlap": "900ms"}"#,
                "overlap: 900ms is out of its bounds; write a time from 1 s to 1 day, such as 30",
            ),
            (
                r#"{"user": "u", "database": "d", "overlap": "25h"}"#,
                "overlap: 90000s is out of its bounds; write a time from 1 s to 1 day, such as 30",
            ),
            (r#"{"user": "", "database": "d"}"#, "user: it is empty or holds a NUL"),
        ] {
            assert_eq!(config(json).unwrap().resolve().unwrap_err().to_string(), text);
        }
        assert!(config(r#"{"urll": "x"}"#).unwrap_err().to_string().contains("unknown field `urll`"));
        assert!(config(r#"{"ssl_mode": "VERFY_CA"}"#).unwrap_err().to_string().contains("VERIFY_CA"));
    }
}
