use std::net::{Ipv4Addr, TcpListener};

use crate::{Error, Result};

/// A port of 127.0.0.1 that is free now. Another process may take it first: whoever uses it tries again then.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::doing("no free port on 127.0.0.1"))?;
    Ok(listener.local_addr().map_err(Error::doing("no free port on 127.0.0.1"))?.port())
}
