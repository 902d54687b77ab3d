use std::net::{Ipv4Addr, TcpListener};

use crate::{Error, Result};

/// A port of 127.0.0.1 that is free now. Another process may take it first: whoever uses it tries again then.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::doing("no free port on 127.0.0.1"))?;
    Ok(listener.local_addr().map_err(Error::doing("no free port on 127.0.0.1"))?.port())
}

/// Of `host:port`.
pub(crate) fn split(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    Some((host, port.parse().ok()?)).filter(|(host, _)| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_host_and_port() {
        assert_eq!(split("127.0.0.1:5433"), Some(("127.0.0.1", 5433)));
        for wrong in ["", "127.0.0.1", ":5432", "host:port"] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }
}
