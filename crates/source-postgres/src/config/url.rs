//! What a connection URL says.

use sync_core::settings::{Seconds, Secret, UrlParts, unknown_parameter};
use sync_core::{Error, Result};

use super::ChannelBinding;
use crate::tls::SslMode;

/// The parts of a URL and the parameters after them.
#[derive(Debug, Default)]
pub(crate) struct UrlSettings {
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) database: Option<String>,
    pub(crate) sslmode: Option<SslMode>,
    pub(crate) sslrootcert: Option<String>,
    pub(crate) sslcert: Option<String>,
    pub(crate) sslkey: Option<String>,
    pub(crate) connect_timeout: Option<Seconds>,
    pub(crate) application_name: Option<String>,
    pub(crate) channel_binding: ChannelBinding,
}

const PARAMETERS: [&str; 7] =
    ["sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "application_name", "channel_binding"];

/// Takes `postgres://user:password@host:port/database?parameters` apart; every part may be left out.
pub(crate) fn parse(url: &str) -> Result<UrlSettings> {
    let UrlParts { host, port, user, password, database, parameters, .. } =
        UrlParts::parse(url, &["postgres", "postgresql"])?;
    let mut settings = UrlSettings { host, port, user, password, database, ..UrlSettings::default() };
    for (name, value) in parameters {
        settings.set_parameter(&name, value)?;
    }
    Ok(settings)
}

impl UrlSettings {
    fn set_parameter(&mut self, name: &str, value: String) -> Result<()> {
        let at = || format!("url, parameter {name}");
        match name {
            "sslmode" => self.sslmode = Some(value.parse().map_err(|error: Error| error.at(at()))?),
            "sslrootcert" => self.sslrootcert = Some(value),
            "sslcert" => self.sslcert = Some(value),
            "sslkey" => self.sslkey = Some(value),
            "connect_timeout" => {
                self.connect_timeout = Some(value.parse().map_err(|error: String| Error::config(error).at(at()))?);
            }
            "application_name" => self.application_name = Some(value),
            "channel_binding" => {
                self.channel_binding = match value.as_str() {
                    "disable" => ChannelBinding::Disable,
                    "prefer" => ChannelBinding::Prefer,
                    "require" => ChannelBinding::Require,
                    _ => return Err(Error::config("it is none of disable, prefer, require").at(at())),
                }
            }
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
        let url = "postgresql://app@[::1]:6543/shop?sslmode=verify-full&sslrootcert=%2Fca.pem&connect_timeout=7";
        let settings = parse(url).unwrap();
        assert_eq!((settings.host.as_deref(), settings.port), (Some("::1"), Some(6543)));
        assert_eq!((settings.sslmode, settings.sslrootcert.as_deref()), (Some(SslMode::VerifyFull), Some("/ca.pem")));
        assert_eq!(settings.connect_timeout.unwrap().duration().as_secs(), 7);
    }

    #[test]
    fn what_is_no_setting_is_named() {
        let error = parse("postgres://u@h/d?sslmod=require").unwrap_err();
        assert_eq!(error.to_string(), "url: parameter \"sslmod\" is unknown; did you mean sslmode?");
        let error = parse("postgres://u@h/d?sslmode=always").unwrap_err();
        assert!(error.to_string().starts_with("url, parameter sslmode: "), "{error}");
        let error = parse("mysql://u:s3cret@h/d").unwrap_err();
        assert_eq!(error.message(), "its scheme is not `postgres`");
    }
}
