//! Tells the system's service supervisor how far the daemon is, where it asks to be told (`Type=notify` of systemd).

use std::env;
use std::ffi::OsString;

/// It names the socket.
const SOCKET: &str = "NOTIFY_SOCKET";

/// All that is needed to sync is there.
pub(super) fn ready() {
    tell("READY=1");
}

/// It ends in good order.
pub(super) fn stopping() {
    tell("STOPPING=1");
}

fn tell(state: &str) {
    if let Some(socket) = env::var_os(SOCKET).filter(|socket| !socket.is_empty())
        && let Err(error) = send(&socket, state)
    {
        tracing::debug!("the supervisor could not be told {state}: {error}");
    }
}

#[cfg(target_os = "linux")]
fn send(socket: &OsString, state: &str) -> std::io::Result<()> {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    let sender = UnixDatagram::unbound()?;
    // A name that begins with @ is no path: it lies in a name space of its own.
    match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => sender.send_to_addr(state.as_bytes(), &SocketAddr::from_abstract_name(name)?)?,
        None => sender.send_to(state.as_bytes(), socket)?,
    };
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn send(_: &OsString, _: &str) -> std::io::Result<()> {
    Ok(())
}
