//! A connection URL taken apart. No error shows any of its text but the names of parameters: the rest may hold a password.

use super::Secret;
use crate::{Error, Result};

/// The parts of `scheme://user:password@host:port/database?name=value&…`. Each may be left out, and an empty one counts as left out.
#[non_exhaustive]
#[derive(Debug, Default)]
pub struct UrlParts {
    /// Name or address of the server, or the folder of its socket; an IPv6 address without its brackets.
    pub host: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// The login.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// The database.
    pub database: Option<String>,
    /// Names and values, in their order.
    pub parameters: Vec<(String, String)>,
}

impl UrlParts {
    /// Takes a URL apart whose scheme is one of these, in whatever case; errors name the first.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), at `url`, with the form that it should have.
    pub fn parse(url: &str, schemes: &[&str]) -> Result<Self> {
        parse(url, schemes).map_err(|wrong| {
            let name = schemes.first().copied().unwrap_or("scheme");
            let error = match wrong {
                Wrong::SeveralHosts => return several_hosts().at("url"),
                Wrong::Scheme => Error::config(format!("its scheme is not `{name}`")),
                Wrong::Form(what) => Error::config(what),
            };
            error.at("url").hint(format!(
                "write {name}://user:password@host:port/database, \
                 with special characters in user and password percent-encoded"
            ))
        })
    }
}

/// The error for a list of hosts.
#[must_use]
pub fn several_hosts() -> Error {
    Error::config("several hosts are not supported").hint("name one")
}

/// The error for a parameter of a URL that is none of the known ones, with the one that may be meant.
#[must_use]
pub fn unknown_parameter(name: &str, known: &[&str]) -> Error {
    let nearest = known.iter().map(|known| (strsim::damerau_levenshtein(known, name), known)).min();
    let hint = match nearest {
        Some((distance, known)) if distance <= 3 => format!("did you mean {known}?"),
        _ => format!("leave it out; known are {}", known.join(", ")),
    };
    // A password that was not encoded can end up here; the name of a parameter is plain.
    let plain = name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    let name = if plain { format!("parameter {name:?}") } else { "a parameter".to_owned() };
    Error::config(format!("{name} is unknown")).at("url").hint(hint)
}

enum Wrong {
    Scheme,
    SeveralHosts,
    Form(&'static str),
}

fn parse(url: &str, schemes: &[&str]) -> Result<UrlParts, Wrong> {
    let (scheme, rest) = url.split_once("://").ok_or(Wrong::Form("it is no URL"))?;
    if !schemes.contains(&scheme.to_ascii_lowercase().as_str()) {
        return Err(Wrong::Scheme);
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
        let (name, value) = pair.split_once('=').ok_or(Wrong::Form("a parameter has no `=`"))?;
        parts.parameters.push((decode(name)?, decode(value)?));
    }
    Ok(parts)
}

impl UrlParts {
    fn set_server(&mut self, server: &str) -> Result<(), Wrong> {
        if server.contains(',') {
            return Err(Wrong::SeveralHosts);
        }
        let (host, port) = match server.strip_prefix('[') {
            Some(bracketed) => {
                let (host, rest) = bracketed.split_once(']').ok_or(Wrong::Form("a `[` is not closed"))?;
                match rest.strip_prefix(':') {
                    None if !rest.is_empty() => return Err(Wrong::Form("there is text between `]` and the port")),
                    port => (host, port),
                }
            }
            None => server.split_once(':').map_or((server, None), |(host, port)| (host, Some(port))),
        };
        self.host = decoded(Some(host))?;
        let port = port.filter(|port| !port.is_empty()).map(str::parse).transpose();
        self.port = port.map_err(|_| Wrong::Form("its port is no number from 0 to 65535"))?;
        Ok(())
    }
}

fn decoded(part: Option<&str>) -> Result<Option<String>, Wrong> {
    part.filter(|part| !part.is_empty()).map(decode).transpose()
}

fn decode(text: &str) -> Result<String, Wrong> {
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
            _ => return Err(Wrong::Form("a `%` is not followed by two hexadecimal digits")),
        }
    }
    String::from_utf8(bytes).map_err(|_| Wrong::Form("a percent-encoded part is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMES: [&str; 2] = ["shop", "shops"];

    fn parts(url: &str) -> UrlParts {
        UrlParts::parse(url, &SCHEMES).unwrap()
    }

    #[test]
    fn every_part_is_decoded() {
        let parts = parts("SHOPS://us%40er:p%3A%2F%23w@[::1]:6543/my%20db?a=%2Fca.pem&b=7&&");
        assert_eq!(parts.user.as_deref(), Some("us@er"));
        assert_eq!(parts.password.unwrap().expose(), "p:/#w");
        assert_eq!((parts.host.as_deref(), parts.port), (Some("::1"), Some(6543)));
        assert_eq!(parts.database.as_deref(), Some("my db"));
        let parameters: Vec<_> = parts.parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(parameters, [("a", "/ca.pem"), ("b", "7")]);
    }

    #[test]
    fn parts_can_be_left_out() {
        let nothing = parts("shop://");
        assert!(nothing.host.is_none() && nothing.user.is_none() && nothing.database.is_none());
        assert!(nothing.port.is_none() && nothing.password.is_none() && nothing.parameters.is_empty());
        let parts = parts("shop://u@h:/");
        assert_eq!((parts.host.as_deref(), parts.port, parts.database), (Some("h"), None, None));
    }

    #[test]
    fn a_password_may_hold_an_unencoded_at_sign() {
        assert_eq!(parts("shop://u:a@b@h/d").password.unwrap().expose(), "a@b");
    }

    #[test]
    fn errors_say_what_is_wrong_and_show_no_text() {
        for (url, text) in [
            ("nonsense-s3cret", "it is no URL"),
            ("market://u:s3cret@h/d", "its scheme is not `shop`"),
            ("shop://u:s3cret/x@h/d", "its port is no number from 0 to 65535"),
            ("shop://u:s3cret@h:99999/d", "its port is no number from 0 to 65535"),
            ("shop://u:s3cret%@h/d", "a `%` is not followed by two hexadecimal digits"),
            ("shop://u:s3cret%FF@h/d", "a percent-encoded part is not UTF-8"),
            ("shop://u:s3cret@[::1/d", "a `[` is not closed"),
            ("shop://u:s3cret@[::1]5/d", "there is text between `]` and the port"),
            ("shop://u:s3cret@h/d?s3cret", "a parameter has no `=`"),
        ] {
            let error = UrlParts::parse(url, &SCHEMES).unwrap_err();
            let write = "write shop://user:password@host:port/database, \
                with special characters in user and password percent-encoded";
            assert_eq!(error.to_string(), format!("url: {text}; {write}"), "{url}");
        }
        let error = UrlParts::parse("shop://u:s3cret@h1,h2/d", &SCHEMES).unwrap_err();
        assert_eq!(error.to_string(), "url: several hosts are not supported; name one");
    }

    #[test]
    fn an_unknown_parameter_is_named_with_the_nearest_known() {
        let error = |name| unknown_parameter(name, &["sslmode", "timeout"]).to_string();
        assert_eq!(error("sslmod"), "url: parameter \"sslmod\" is unknown; did you mean sslmode?");
        assert_eq!(error("x"), "url: parameter \"x\" is unknown; leave it out; known are sslmode, timeout");
        assert!(error("a@s3cret!").starts_with("url: a parameter is unknown; "));
    }
}
