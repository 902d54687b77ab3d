//! What the settings of a connection must be, whatever the server. Each refusal names the key and what to write instead.

use std::time::Duration;

use super::several_hosts;
use crate::{Error, Result};

/// Limits that a wait ends at: none may be zero.
///
/// # Errors
/// `Config`, at the key of the first that is.
pub fn spans(spans: &[(&str, Duration)]) -> Result<()> {
    match spans.iter().find(|(_, span)| span.is_zero()) {
        Some((key, _)) => {
            Err(Error::config("0 would fail at once").at(*key).hint("write a number of seconds, such as 60"))
        }
        None => Ok(()),
    }
}

/// How many connections there may be at once, the setting `pool_size`.
///
/// # Errors
/// `Config` when it is none.
pub fn pool_size(connections: usize) -> Result<()> {
    if connections > 0 {
        return Ok(());
    }
    Err(Error::config("without a connection nothing can be read").at("pool_size").hint("write 1 or more"))
}

/// Texts that protocols end with a NUL, and `host`, which must be one.
///
/// # Errors
/// `Config`, at the key of the first that can't be sent.
pub fn address(host: &str, names: &[(&str, &str)]) -> Result<()> {
    for (key, text) in [("host", host)].iter().chain(names) {
        if text.is_empty() || text.contains('\0') {
            return Err(Error::config("it is empty or holds a NUL").at(*key));
        }
    }
    if host.contains(',') { Err(several_hosts().at("host")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_work_is_refused_by_its_key() {
        let minute = Duration::from_secs(60);
        spans(&[("idle_timeout", minute)]).unwrap();
        pool_size(1).unwrap();
        address("db", &[("user", "app")]).unwrap();
        for (checked, text) in [
            (
                spans(&[("connect_timeout", minute), ("idle_timeout", Duration::ZERO)]),
                "idle_timeout: 0 would fail at once; write a number of seconds, such as 60",
            ),
            (pool_size(0), "pool_size: without a connection nothing can be read; write 1 or more"),
            (address("db", &[("user", "")]), "user: it is empty or holds a NUL"),
            (address("d\0b", &[]), "host: it is empty or holds a NUL"),
            (address("a,b", &[("user", "app")]), "host: several hosts are not supported; name one"),
        ] {
            assert_eq!(checked.unwrap_err().to_string(), text);
        }
    }
}
