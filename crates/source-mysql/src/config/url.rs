//! A connection URL taken apart. No error shows any of its text but the names of parameters: the rest may hold a password.

use sync_core::settings::{Seconds, Secret};
use sync_core::{Error, Result};

use crate::tls::SslMode;

/// What a URL says.
#[derive(Debug, Default)]
pub(crate) struct UrlParts {
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
pub(crate) fn parse(url: &str) -> Result<UrlParts> {
    let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("it is no URL"))?;
    if !["mysql", "mariadb"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return Err(bad("its scheme is not `mysql`"));
    }
    let (address, query) = rest.split_once('?').map_or((rest, None), |(address, query)| (address, Some(query)));
    let (authority, database) = address.split_once('/').map_or((address, None), |(a, database)| (a, Some(database)));
    let mut parts = UrlParts { database: decoded(database)?, ..UrlParts::default() };
    let server = match authority.rsplit_once('@') {
        None => authority,
        Some((login, server)) => {
            let (user, password) = login.split_once(':').map_or((login, None), |(u, password)| (u, Some(password)));
            parts.user = decoded(Some(user))?;
            parts.password = decoded(password)?.map(Secret::new);
            server
        }
    };
    parts.set_server(server)?;
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(|| bad("a parameter has no `=`"))?;
        let name = decode(name)?;
        let value = decode(value)?;
        parts.set_parameter(&name, value)?;
    }
    Ok(parts)
}

pub(super) fn several_hosts() -> Error {
    Error::config("several hosts are not supported").hint("name one")
}

impl UrlParts {
    fn set_server(&mut self, server: &str) -> Result<()> {
        if server.contains(',') {
            return Err(several_hosts().at("url"));
        }
        let (host, port) = match server.strip_prefix('[') {
            Some(bracketed) => {
                let (host, rest) = bracketed.split_once(']').ok_or_else(|| bad("a `[` is not closed"))?;
                match rest.strip_prefix(':') {
                    None if !rest.is_empty() => return Err(bad("there is text between `]` and the port")),
                    port => (host, port),
                }
            }
            None => server.split_once(':').map_or((server, None), |(host, port)| (host, Some(port))),
        };
        self.host = decoded(Some(host))?;
        self.port = match port.filter(|port| !port.is_empty()) {
            None => None,
            Some(port) => Some(port.parse().map_err(|_| bad("its port is no number from 0 to 65535"))?),
        };
        Ok(())
    }

    fn set_parameter(&mut self, name: &str, value: String) -> Result<()> {
        let at = || format!("url, parameter {name}");
        match name {
            "ssl_mode" | "sslmode" | "ssl-mode" => {
                self.ssl_mode = Some(value.parse().map_err(|error: Error| error.at(at()))?);
            }
            "ssl_ca" | "sslrootcert" | "ssl-ca" => self.ssl_ca = Some(value),
            "ssl_cert" | "sslcert" | "ssl-cert" => self.ssl_cert = Some(value),
            "ssl_key" | "sslkey" | "ssl-key" => self.ssl_key = Some(value),
            "connect_timeout" => {
                self.connect_timeout = Some(value.parse().map_err(|error: String| Error::config(error).at(at()))?);
            }
            "application_name" => self.application_name = Some(value),
            "socket" => self.socket = Some(value),
            _ => return Err(unknown_parameter(name)),
        }
        Ok(())
    }
}

fn unknown_parameter(name: &str) -> Error {
    let nearest = PARAMETERS.iter().map(|known| (strsim::damerau_levenshtein(known, name), known)).min();
    let hint = match nearest {
        Some((distance, known)) if distance <= 3 => format!("did you mean {known}?"),
        _ => format!("leave it out; known are {}", PARAMETERS.join(", ")),
    };
    // A password that was not encoded can end up here; the name of a parameter is plain.
    let plain = name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    let name = if plain { format!("parameter {name:?}") } else { "a parameter".to_owned() };
    Error::config(format!("{name} is unknown")).at("url").hint(hint)
}

fn bad(what: &str) -> Error {
    Error::config(what.to_owned()).at("url").hint(
        "write mysql://user:password@host:port/database, with special characters in user and password percent-encoded",
    )
}

/// An empty part counts as left out.
fn decoded(part: Option<&str>) -> Result<Option<String>> {
    part.filter(|part| !part.is_empty()).map(decode).transpose()
}

fn decode(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        match (digit(), digit()) {
            (Some(high), Some(low)) => bytes.extend(u8::try_from(high * 16 + low)),
            _ => return Err(bad("a `%` is not followed by two hexadecimal digits")),
        }
    }
    String::from_utf8(bytes).map_err(|_| bad("a percent-encoded part is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_decoded() {
        let url = "mariadb://us%40er:p%3A%2F%23w@[::1]:6543/my%20db?ssl-mode=VERIFY_IDENTITY&ssl_ca=%2Fca.pem&connect_timeout=7";
        let parts = parse(url).unwrap();
        assert_eq!(parts.user.as_deref(), Some("us@er"));
        assert_eq!(parts.password.unwrap().expose(), "p:/#w");
        assert_eq!((parts.host.as_deref(), parts.port), (Some("::1"), Some(6543)));
        assert_eq!(parts.database.as_deref(), Some("my db"));
        assert_eq!((parts.ssl_mode, parts.ssl_ca.as_deref()), (Some(SslMode::VerifyIdentity), Some("/ca.pem")));
        assert_eq!(parts.connect_timeout.unwrap().duration().as_secs(), 7);
    }

    #[test]
    fn parts_can_be_left_out() {
        let parts = parse("mysql://").unwrap();
        assert!(parts.host.is_none() && parts.user.is_none() && parts.database.is_none() && parts.port.is_none());
        let parts = parse("mysql://u@h:/").unwrap();
        assert_eq!((parts.host.as_deref(), parts.port, parts.database), (Some("h"), None, None));
    }

    #[test]
    fn a_password_may_hold_an_unencoded_at_sign() {
        assert_eq!(parse("mysql://u:a@b@h/d").unwrap().password.unwrap().expose(), "a@b");
    }

    #[test]
    fn errors_say_what_is_wrong_and_show_no_text() {
        for (url, text) in [
            ("nonsense-s3cret", "it is no URL"),
            ("postgres://u:s3cret@h/d", "its scheme is not `mysql`"),
            ("mysql://u:s3cret/x@h/d", "its port is no number from 0 to 65535"),
            ("mysql://u:s3cret@h:99999/d", "its port is no number from 0 to 65535"),
            ("mysql://u:s3cret%@h/d", "a `%` is not followed by two hexadecimal digits"),
            ("mysql://u:s3cret@[::1/d", "a `[` is not closed"),
            ("mysql://u:s3cret@h1,h2/d", "several hosts are not supported"),
            ("mysql://u:s3cret@h/d?s3cret", "a parameter has no `=`"),
            ("mysql://u@h/d?a@s3cret!=1", "a parameter is unknown"),
        ] {
            let error = parse(url).unwrap_err();
            assert_eq!(error.message(), text, "{url}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn an_unknown_parameter_is_named_with_the_nearest_known() {
        let error = parse("mysql://u@h/d?ssl_mod=REQUIRED").unwrap_err();
        assert_eq!(error.to_string(), "url: parameter \"ssl_mod\" is unknown; did you mean ssl_mode?");
        let error = parse("nonsense").unwrap_err();
        assert_eq!(
            error.to_string(),
            "url: it is no URL; write mysql://user:password@host:port/database, \
             with special characters in user and password percent-encoded"
        );
        let error = parse("mysql://u@h/d?ssl_mode=always").unwrap_err();
        assert!(error.to_string().starts_with("url, parameter ssl_mode: "), "{error}");
    }
}
