//! What SQLite says, as what to do about it.

use rusqlite::ffi::{self, ErrorCode};
use sync_core::{Error, ErrorKind};

/// Turns an error of SQLite into one that says how to react. The statement never becomes part of it.
pub(crate) fn sqlite_error(error: rusqlite::Error) -> Error {
    let (code, message) = parts(&error);
    let (kind, what, hint) = reaction(code, &message);
    let mut converted = Error::new(kind, what).caused_by(error);
    if let Some(hint) = hint {
        converted = converted.hint(hint);
    }
    converted
}

/// Whether SQLite refused the statement itself: a name that does not exist, say.
pub(crate) fn is_refused_statement(error: &rusqlite::Error) -> bool {
    parts(error).0.is_some_and(|code| code.extended_code == ffi::SQLITE_ERROR)
}

/// The code and SQLite's own words, without the statement that they were about.
fn parts(error: &rusqlite::Error) -> (Option<ffi::Error>, String) {
    match error {
        rusqlite::Error::SqliteFailure(code, Some(message)) => (Some(*code), message.clone()),
        rusqlite::Error::SqliteFailure(code, None) => (Some(*code), code.to_string()),
        rusqlite::Error::SqlInputError { error, msg, .. } => (Some(*error), msg.clone()),
        other => (None, other.to_string()),
    }
}

fn reaction(code: Option<ffi::Error>, message: &str) -> (ErrorKind, String, Option<&'static str>) {
    let internal = || (ErrorKind::Internal, format!("SQLite refused a statement: {message}"), None);
    let Some(code) = code else { return internal() };
    match code.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => (
            ErrorKind::Unavailable,
            format!("another program holds the file: {message}"),
            Some("let it finish its transaction"),
        ),
        ErrorCode::DiskFull => {
            (ErrorKind::Unavailable, "the disk is full; nothing was changed".to_owned(), Some("free some space"))
        }
        ErrorCode::OutOfMemory => (ErrorKind::Unavailable, "no memory is left".to_owned(), None),
        ErrorCode::OperationInterrupted => (ErrorKind::Unavailable, "it was interrupted".to_owned(), None),
        ErrorCode::SystemIoFailure => (
            ErrorKind::Unavailable,
            format!("reading or writing the file failed: {message} (code {})", code.extended_code),
            Some("check the disk"),
        ),
        ErrorCode::ConstraintViolation => (
            ErrorKind::Value,
            format!("a row breaks a rule of the replica: {message}"),
            Some("drop the index or trigger that makes this rule"),
        ),
        ErrorCode::TypeMismatch => {
            (ErrorKind::Value, format!("a key is no integer, but its column holds only integers: {message}"), None)
        }
        ErrorCode::TooBig => (ErrorKind::Value, format!("a row is larger than SQLite can hold: {message}"), None),
        _ => about_the_file(code, message).unwrap_or_else(internal),
    }
}

fn about_the_file(code: ffi::Error, message: &str) -> Option<(ErrorKind, String, Option<&'static str>)> {
    let (what, hint) = match code.code {
        ErrorCode::NotADatabase => ("it is not an SQLite file".to_owned(), "choose another path, or move it away"),
        ErrorCode::DatabaseCorrupt => {
            (format!("the file is damaged: {message}"), "move it away; the next sync makes a new one")
        }
        ErrorCode::ReadOnly if code.extended_code == ffi::SQLITE_READONLY_DBMOVED => {
            ("the file was moved or deleted while it was open".to_owned(), "put it back, or start again")
        }
        ErrorCode::ReadOnly => ("the file can't be written".to_owned(), "let this user write it and its folder"),
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            (format!("the file can't be opened: {message}"), "let this user read and write it and its folder")
        }
        _ => return None,
    };
    Some((ErrorKind::Config, what, Some(hint)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(code: i32, message: &str) -> Error {
        sqlite_error(rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some(message.to_owned())))
    }

    #[test]
    fn the_kind_says_what_to_do() {
        for (code, kind) in [
            (ffi::SQLITE_BUSY, ErrorKind::Unavailable),
            (ffi::SQLITE_BUSY_SNAPSHOT, ErrorKind::Unavailable),
            (ffi::SQLITE_LOCKED, ErrorKind::Unavailable),
            (ffi::SQLITE_FULL, ErrorKind::Unavailable),
            (ffi::SQLITE_IOERR_FSYNC, ErrorKind::Unavailable),
            (ffi::SQLITE_CONSTRAINT_UNIQUE, ErrorKind::Value),
            (ffi::SQLITE_CONSTRAINT_TRIGGER, ErrorKind::Value),
            (ffi::SQLITE_MISMATCH, ErrorKind::Value),
            (ffi::SQLITE_TOOBIG, ErrorKind::Value),
            (ffi::SQLITE_NOTADB, ErrorKind::Config),
            (ffi::SQLITE_CORRUPT, ErrorKind::Config),
            (ffi::SQLITE_READONLY, ErrorKind::Config),
            (ffi::SQLITE_CANTOPEN, ErrorKind::Config),
            (ffi::SQLITE_MISUSE, ErrorKind::Internal),
            (ffi::SQLITE_ERROR, ErrorKind::Internal),
        ] {
            assert_eq!(converted(code, "words").kind(), kind, "code {code}");
        }
    }

    #[test]
    fn a_refused_statement_is_not_shown() {
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        let error = conn.prepare("SELECT 'hunter2' FROM absent").unwrap_err();
        assert!(is_refused_statement(&error));
        assert_eq!(sqlite_error(error).to_string(), "SQLite refused a statement: no such table: absent");
    }

    #[test]
    fn a_full_disk_is_named_as_such() {
        assert_eq!(
            converted(ffi::SQLITE_FULL, "database or disk is full").to_string(),
            "the disk is full; nothing was changed; free some space"
        );
    }
}
