//! What the server and the connection say, as errors that name the reaction.

use std::io;
use std::time::Duration;

use mysql_async::{DriverError, IoError, ServerError};
use sync_core::{Error, ErrorKind, Result};

/// What to do about a login that can't prove itself.
const OTHER_FORMS: &str = "let the login use caching_sha2_password, ed25519 or mysql_native_password";

/// Awaits `work` for at most `limit`. `what` completes the sentence "the server did not … within 60 s".
pub(crate) async fn within<T>(
    limit: Duration,
    what: &str,
    work: impl Future<Output = Result<T, mysql_async::Error>>,
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
pub(crate) fn from_server(error: mysql_async::Error) -> Error {
    let mapped = match &error {
        mysql_async::Error::Server(refusal) => from_refusal(refusal),
        mysql_async::Error::Io(IoError::Tls(tls)) => no_encryption(&tls.to_string()),
        mysql_async::Error::Io(IoError::Io(failure)) => from_io(failure),
        mysql_async::Error::Driver(failure) => from_driver(failure),
        other => Error::internal(other.to_string()),
    };
    mapped.caused_by(error)
}

/// Whether the encryption failed or is not offered, and not what was said through it.
pub(crate) fn is_tls(error: &mysql_async::Error) -> bool {
    match error {
        mysql_async::Error::Io(IoError::Tls(_)) => true,
        mysql_async::Error::Io(IoError::Io(failure)) => is_rustls(failure),
        mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer) => true,
        _ => false,
    }
}

/// The handshake's own errors arrive wrapped as errors of input and output.
fn is_rustls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

fn no_encryption(text: &str) -> Error {
    Error::config(format!("no encrypted connection: {text}")).hint("see the settings ssl_mode and ssl_ca")
}

fn from_io(error: &io::Error) -> Error {
    if is_rustls(error) {
        return no_encryption(&error.to_string());
    }
    Error::unavailable(format!("the connection failed: {error}"))
}

fn from_driver(error: &DriverError) -> Error {
    match error {
        DriverError::NoClientSslFlagFromServer => no_encryption("the server offers none"),
        DriverError::ConnectionClosed => Error::unavailable("the connection is closed"),
        DriverError::UnknownAuthPlugin { name } => {
            Error::denied(format!("the login is to prove itself by {name:?}, which is not supported")).hint(OTHER_FORMS)
        }
        DriverError::MysqlOldPasswordDisabled | DriverError::CleartextPluginDisabled => {
            Error::denied("the server asks for the password in a form that anybody could read").hint(OTHER_FORMS)
        }
        // Their texts hold what the server sent.
        DriverError::UnexpectedPacket { .. } => Error::unavailable("the server sent what is no answer"),
        other => Error::internal(other.to_string()),
    }
}

fn from_refusal(refusal: &ServerError) -> Error {
    let code = refusal.code;
    let error = Error::new(kind(code), format!("{} (error {code})", refusal.message));
    match code {
        1045 => error.hint("check user and password, and from which hosts the login may connect"),
        1049 => error.hint("check the setting `database`"),
        1129 => error.hint("let an administrator run FLUSH HOSTS"),
        1040 | 1203 | 1226 => error.hint("lower pool_size, or let the server take more connections"),
        1205 => error.hint("somebody holds a lock on it; it is tried again"),
        _ => error,
    }
}

fn kind(code: u16) -> ErrorKind {
    match code {
        // Unknown database.
        1049 => ErrorKind::Config,
        // Access denied: to the server, the database, the table, a column, a routine, for want of a privilege.
        1044 | 1045 | 1130 | 1142 | 1143 | 1227 | 1251 | 1370 | 1524 | 1698 | 1820 | 1862 | 3118 | 3159 | 4151 => {
            ErrorKind::Denied
        }
        // A table or column that is gone, or another one than the statement was made for.
        1051 | 1054 | 1072 | 1109 | 1146 | 1347 | 1356 | 1615 => ErrorKind::Schema,
        // A definition that is newer than the snapshot, a deadlock, a statement or connection that somebody killed, a server that stops:
        // nothing that the statement did.
        1053 | 1213 | 1317 | 1412 | 1927 | 3169 => ErrorKind::Interrupted,
        // Too many connections, no memory, a lock that was waited for, a time limit, a replica that is behind.
        1021
        | 1037
        | 1038
        | 1040
        | 1041
        | 1129
        | 1135
        | 1152
        | 1158..=1161
        | 1203
        | 1205
        | 1226
        | 1290
        | 1836
        | 1969
        | 2006
        | 2013
        | 3024
        | 4031
        | 1047 => ErrorKind::Unavailable,
        // A function that the server lacks, a view that divides by zero, a subquery with two rows, a value out of range:
        // reading the table can't succeed.
        1064 | 1235 | 1242 | 1264 | 1267 | 1292 | 1305 | 1365 | 1366 | 1449 | 1690 | 3140..=3157 => {
            ErrorKind::Unsupported
        }
        _ => ErrorKind::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_name_the_reaction() {
        for (code, expected) in [
            (1045, ErrorKind::Denied),
            (1142, ErrorKind::Denied),
            (1698, ErrorKind::Denied),
            (1049, ErrorKind::Config),
            (1146, ErrorKind::Schema),
            (1054, ErrorKind::Schema),
            (1412, ErrorKind::Interrupted),
            (1213, ErrorKind::Interrupted),
            (1317, ErrorKind::Interrupted),
            (1053, ErrorKind::Interrupted),
            (1205, ErrorKind::Unavailable),
            (1040, ErrorKind::Unavailable),
            (1064, ErrorKind::Unsupported),
            (1105, ErrorKind::Internal),
        ] {
            assert_eq!(kind(code), expected, "{code}");
        }
    }

    #[test]
    fn what_the_server_refuses_says_what_to_do() {
        for (code, hint) in [
            (1045, "check user and password, and from which hosts the login may connect"),
            (1049, "check the setting `database`"),
            (1129, "let an administrator run FLUSH HOSTS"),
            (1226, "lower pool_size, or let the server take more connections"),
            (1205, "somebody holds a lock on it; it is tried again"),
        ] {
            let refusal = ServerError { code, message: "no".to_owned(), state: "HY000".to_owned() };
            assert_eq!(from_server(refusal.into()).to_string(), format!("no (error {code}); {hint}"));
        }
    }

    #[test]
    fn what_the_connection_says_has_no_secret_of_it() {
        for (error, text) in [
            (
                DriverError::NoClientSslFlagFromServer,
                "no encrypted connection: the server offers none; see the settings ssl_mode and ssl_ca".to_owned(),
            ),
            (DriverError::ConnectionClosed, "the connection is closed".to_owned()),
            (
                DriverError::UnknownAuthPlugin { name: "dialog".to_owned() },
                format!("the login is to prove itself by \"dialog\", which is not supported; {OTHER_FORMS}"),
            ),
            (
                DriverError::CleartextPluginDisabled,
                format!("the server asks for the password in a form that anybody could read; {OTHER_FORMS}"),
            ),
            (
                DriverError::UnexpectedPacket { payload: b"s3cret".to_vec() },
                "the server sent what is no answer".to_owned(),
            ),
        ] {
            assert_eq!(from_server(error.into()).to_string(), text);
        }
        let failed = from_server(io::Error::other("reset").into()).to_string();
        assert_eq!(failed, "the connection failed: reset");
    }
}
