//! What a connection URL says.

use sync_core::settings::{Seconds, Secret, UrlParts, unknown_parameter};
use sync_core::{Error, Result};

use crate::tls::SslMode;

/// The parts of a URL and the parameters after them.
#[derive(Debug, Default)]
pub(crate) struct UrlSettings {
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) database: Option<String>,
    pub(crate) ssl_mode: Option<SslMode>,
    pub(crate) ssl_ca: Option<String>,
    pub(crate) ssl_cert: Option<String>,
    pub(crate) ssl_key: Option<String>,
    pub(crate) connect_timeout: Option<Seconds>,
    pub(crate) application_name: Option<String>,
    pub(crate) socket: Option<String>,
}

const PARAMETERS: [&str; 7] =
    ["ssl_mode", "ssl_ca", "ssl_cert", "ssl_key", "connect_timeout", "application_name", "socket"];

/// Takes `mysql://user:password@host:port/database?parameters` apart; every part may be left out.
pub(crate) fn parse(url: &str) -> Result<UrlSettings> {
    let UrlParts { host, port, user, password, database, parameters, .. } =
        UrlParts::parse(url, &["mysql", "mariadb"])?;
    let mut settings = UrlSettings { host, port, user, password, database, ..UrlSettings::default() };
    for (name, value) in parameters {
        settings.set_parameter(&name, value)?;
    }
    Ok(settings)
}

impl UrlSettings {
    /// What concerns encryption goes by the names of MySQL's own client, with either dash, and of libpq.
    fn set_parameter(&mut self, name: &str, value: String) -> Result<()> {
        let at = || format!("url, parameter {name}");
        match name {
            "ssl_mode" | "ssl-mode" | "sslmode" => {
                self.ssl_mode = Some(value.parse().map_err(|error: Error| error.at(at()))?);
            }
            "ssl_ca" | "ssl-ca" | "sslrootcert" => self.ssl_ca = Some(value),
            "ssl_cert" | "ssl-cert" | "sslcert" => self.ssl_cert = Some(value),
            "ssl_key" | "ssl-key" | "sslkey" => self.ssl_key = Some(value),
            "connect_timeout" => {
                self.connect_timeout = Some(value.parse().map_err(|error: String| Error::config(error).at(at()))?);
            }
            "application_name" => self.application_name = Some(value),
            "socket" => self.socket = Some(value),
            _ => return Err(unknown_parameter(name, &PARAMETERS)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_settings() {
        let url = "mariadb://app@[::1]:6543/shop?ssl-mode=VERIFY_IDENTITY&ssl_ca=%2Fca.pem&connect_timeout=7";
        let settings = parse(url).unwrap();
        assert_eq!((settings.host.as_deref(), settings.port), (Some("::1"), Some(6543)));
        assert_eq!((settings.ssl_mode, settings.ssl_ca.as_deref()), (Some(SslMode::VerifyIdentity), Some("/ca.pem")));
        assert_eq!(settings.connect_timeout.unwrap().duration().as_secs(), 7);
    }

    #[test]
    fn what_is_no_setting_is_named() {
        let error = parse("mysql://u@h/d?ssl_mod=REQUIRED").unwrap_err();
        assert_eq!(error.to_string(), "url: parameter \"ssl_mod\" is unknown; did you mean ssl_mode?");
        let error = parse("mysql://u@h/d?ssl_mode=always").unwrap_err();
        assert!(error.to_string().starts_with("url, parameter ssl_mode: "), "{error}");
        let error = parse("postgres://u:s3cret@h/d").unwrap_err();
        assert_eq!(error.message(), "its scheme is not `mysql`");
    }
}
