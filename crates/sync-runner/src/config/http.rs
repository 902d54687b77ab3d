//! `[http]`: the endpoints.

use std::net::SocketAddr;
use std::path::Path;

use sync_core::Error;

use super::belongs_to_the_top;
use super::secrets::{self, SecretSetting};
use super::section::{Section, text};

/// The endpoints that tell and command.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// Whether there are any.
    pub enabled: bool,
    /// Where they listen.
    pub listen: SocketAddr,
    /// What clients must send; always there when others can reach the address.
    pub token: Option<SecretSetting>,
    /// What clients may send instead that read, and command nothing.
    pub read_token: Option<SecretSetting>,
}

impl HttpConfig {
    pub(super) fn read(root: &mut Section<'_, '_>, folder: &Path) -> Option<Self> {
        let mut section =
            root.section("http", &format!("write [{}] and below it enabled = false", root.header_of("http")))?;
        let enabled = section.flag("enabled");
        let listen = section.parsed("listen", |value| {
            let written = text(value)?;
            let error = |_| Error::config(format!("{written:?} is no address")).hint("write \"127.0.0.1:8787\"");
            written.parse::<SocketAddr>().map_err(error)
        });
        let token = secrets::read(&mut section, ["token", "token_env", "token_file"], folder);
        let read_token = secrets::read(&mut section, ["read_token", "read_token_env", "read_token_file"], folder);
        if token.is_none() && read_token.is_some() {
            let error =
                Error::config("read_token is set without token, so that anybody could command").at(section.place());
            section.reading().problem(error.hint("set token_env or token_file too"));
        }
        if enabled == Some(true) && token.is_none() && listen.is_some_and(|address| !address.ip().is_loopback()) {
            let error = Error::config("others can reach this address").at(section.place());
            section.reading().problem(error.hint("set token_env or token_file, or listen at 127.0.0.1"));
        }
        let top = belongs_to_the_top(&section);
        section.refuse_rest(top);
        Some(Self { enabled: enabled?, listen: listen?, token, read_token })
    }
}
