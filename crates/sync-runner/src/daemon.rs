//! What a daemon that runs on this machine tells of itself.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::config::Config;

/// A daemon answers at once; nobody waits longer for what is only nice to know.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longer answers are none of ours.
const LONGEST: usize = 64 << 20;

/// `/sync-status` of the daemon of this very replica; nothing where none answers.
pub(crate) fn sync_status(config: &Config) -> Option<Json> {
    if !config.http.enabled || config.http.listen.port() == 0 {
        return None;
    }
    let token = config.http.token.as_ref().map(|token| token.resolve()).transpose().ok()?;
    let address = reachable(config.http.listen);
    let mut request = format!("GET /sync-status HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    if let Some(token) = token {
        request.push_str(&format!("Authorization: Bearer {}\r\n", token.expose()));
    }
    request.push_str("\r\n");
    let status: Json = serde_json::from_slice(&ask(address, &request)?).ok()?;
    let replica = config.sink.path.canonicalize().ok()?;
    (status["replica_file"].as_str()? == replica.to_str()?).then_some(status)
}

/// An address that stands for all of this machine is reached at its own.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other.ip(),
    };
    SocketAddr::new(ip, listen.port())
}

/// The body of a good answer.
fn ask(address: SocketAddr, request: &str) -> Option<Vec<u8>> {
    let deadline = Instant::now() + PATIENCE;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    let mut chunk = vec![0; 64 << 10];
    loop {
        let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
        stream.set_read_timeout(Some(left)).ok()?;
        match stream.read(&mut chunk).ok()? {
            0 => break,
            read => answer.extend_from_slice(&chunk[..read]),
        }
        if answer.len() > LONGEST {
            return None;
        }
    }
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n")?;
    answer.starts_with(b"HTTP/1.1 200 ").then(|| answer.split_off(head + 4))
}
