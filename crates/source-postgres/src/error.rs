//! What the server and the connection say, as errors that name the reaction.

use std::error::Error as StdError;
use std::time::Duration;

use deadpool_postgres::{PoolError, TimeoutType};
use sync_core::{Error, ErrorKind, Result};
use tokio_postgres::error::DbError;

/// Awaits `work` for at most `limit`. `what` completes the sentence "the server did not … within 60 s".
pub(crate) async fn within<T>(
    limit: Duration,
    what: &str,
    work: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done.map_err(from_server),
        Err(_) => Err(timed_out(limit, what)),
    }
}

pub(crate) fn timed_out(limit: Duration, what: &str) -> Error {
    Error::unavailable(format!("the server did not {what} within {limit:?}"))
}

/// An error while talking to the server.
pub(crate) fn from_server(error: tokio_postgres::Error) -> Error {
    if let Some(refusal) = error.as_db_error() {
        return from_refusal(refusal).caused_by(error);
    }
    let text = causes(&error);
    let mapped = if is_tls(&error) {
        Error::config(format!("no encrypted connection: {text}")).hint("see the settings sslmode and sslrootcert")
    } else if text.ends_with("password missing") {
        Error::denied("the server asks for a password, and none is given").hint("set `password`")
    } else if text.starts_with("authentication error") {
        Error::denied(text)
    } else if error.is_closed() || is_network(&error) {
        Error::unavailable(text)
    } else {
        Error::internal(text)
    };
    mapped.caused_by(error)
}

/// An error of taking a connection from the pool.
pub(crate) fn from_pool(error: PoolError, size: usize, waited: Duration) -> Error {
    match error {
        PoolError::Backend(error) => from_server(error),
        PoolError::Timeout(TimeoutType::Wait) => {
            Error::unavailable(format!("no connection became free within {waited:?}, and {size} are in use"))
                .hint("raise pool_size")
        }
        PoolError::Timeout(_) => {
            timed_out(waited, "accept a connection").hint("check host and port, or raise connect_timeout")
        }
        error => Error::internal(error.to_string()),
    }
}

/// Whether the encryption failed, and not what was said through it. The library's own kinds are private; its text is not.
pub(crate) fn is_tls(error: &tokio_postgres::Error) -> bool {
    error.to_string() == "error performing TLS handshake"
}

fn is_network(error: &tokio_postgres::Error) -> bool {
    error.source().is_some_and(|cause| cause.is::<std::io::Error>()) && !error.to_string().contains("parsing")
}

fn causes(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn from_refusal(refusal: &DbError) -> Error {
    let code = refusal.code().code();
    let error = Error::new(kind(code), format!("{} (SQLSTATE {code})", refusal.message()));
    match (code, refusal.hint()) {
        ("42501", _) if refusal.message().contains("row-level security") => {
            error.hint("let the owner run ALTER ROLE … BYPASSRLS for this login, or read a view")
        }
        ("55P03", _) => error.hint("somebody holds a lock on it; it is tried again"),
        (_, Some(hint)) => error.hint(hint),
        _ => error,
    }
}

fn kind(code: &str) -> ErrorKind {
    match code {
        "3D000" => ErrorKind::Config,
        "42501" => ErrorKind::Denied,
        "42P01" | "42703" | "42704" | "42804" | "3F000" => ErrorKind::Schema,
        // A deadlock, a conflict with what a standby replays, a server that stops or crashed: nothing that the statement did.
        "40001" | "40P01" | "57P01" | "57P02" => ErrorKind::Interrupted,
        "55P03" | "55006" | "57014" | "25006" | "25P03" => ErrorKind::Unavailable,
        _ => match code.get(..2) {
            Some("28") => ErrorKind::Denied,
            Some("08" | "53" | "57" | "58" | "72") => ErrorKind::Unavailable,
            // A function or type that the server lacks, a view that divides by zero: reading the table can't succeed.
            Some("0A" | "22" | "42" | "P0") => ErrorKind::Unsupported,
            _ => ErrorKind::Internal,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_name_the_reaction() {
        for (code, expected) in [
            ("28P01", ErrorKind::Denied),
            ("28000", ErrorKind::Denied),
            ("3D000", ErrorKind::Config),
            ("42P01", ErrorKind::Schema),
            ("42883", ErrorKind::Unsupported),
            ("57P03", ErrorKind::Unavailable),
            ("57014", ErrorKind::Unavailable),
            ("72000", ErrorKind::Unavailable),
            ("40001", ErrorKind::Interrupted),
            ("40P01", ErrorKind::Interrupted),
            ("57P01", ErrorKind::Interrupted),
            ("57P02", ErrorKind::Interrupted),
            ("53300", ErrorKind::Unavailable),
            ("XX000", ErrorKind::Internal),
            ("", ErrorKind::Internal),
        ] {
            assert_eq!(kind(code), expected, "{code}");
        }
    }
}
