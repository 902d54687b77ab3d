//! The `Host` of a request: an attacker's page can give a name of its own the address 127.0.0.1, but its browser then sends that name.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::Response;

use crate::endpoints::Shared;
use crate::reply::Refusal;

/// Refuses requests to names that are not this machine's, where only this machine is served.
pub(crate) async fn host(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Result<Response, Refusal> {
    if shared.endpoints.local_hosts_only && !is_for_this_machine(&request) {
        let message = "requests must be sent to localhost, 127.0.0.1 or [::1]; the header Host names something else";
        return Err(Refusal::new(StatusCode::FORBIDDEN, message));
    }
    Ok(next.run(request).await)
}

fn is_for_this_machine(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter().map(|host| host.to_str().unwrap_or_default()).peekable();
    // The address in the request line, where there is one, goes before the header.
    let of_line = request.uri().authority().map(|authority| authority.as_str());
    (hosts.peek().is_some() || of_line.is_some()) && hosts.chain(of_line).all(is_local)
}

/// Whether a host, with a port or without, is this machine by its name or by an address.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if port.is_empty() || port.starts_with(':') => address,
        Some(_) => return false,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_local() {
        for host in ["localhost", "LOCALHOST:8787", "127.0.0.1", "127.0.0.1:1", "127.8.7.6:80", "[::1]", "[::1]:8787"] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "192.168.0.1",
            "[::1]x",
            "[::2]",
            "0.0.0.0",
            "user@localhost",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
