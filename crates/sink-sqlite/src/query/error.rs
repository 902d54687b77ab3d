//! What SQLite says about a statement, as what the one who asked can do.

use rusqlite::ErrorCode;
use sync_core::Error;

use super::names::Names;
use super::statement::only_reads;
use crate::error::{is_refused_statement, sqlite_error};

/// Errors of the statement are [`ErrorKind::Unsupported`](sync_core::ErrorKind::Unsupported), those of the file have other kinds.
pub(super) fn explained(error: rusqlite::Error, names: &Names) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::AuthorizationForStatementDenied) => only_reads(),
        Some(ErrorCode::TooBig) => Error::unsupported("a value or the statement is larger than the limit")
            .hint("ask for a part of it, as substr() does"),
        Some(ErrorCode::TypeMismatch | ErrorCode::ConstraintViolation | ErrorCode::ParameterOutOfRange) => {
            Error::unsupported(sqlite_words(&error))
        }
        _ if matches!(error, rusqlite::Error::MultipleStatement) => {
            Error::unsupported("there is more than one statement").hint("send one statement at a time")
        }
        _ if is_refused_statement(&error) => refused(&sqlite_words(&error), names),
        _ => sqlite_error(error),
    }
}

fn refused(words: &str, names: &Names) -> Error {
    // Functions that may only be called directly, and pragmas: SQLite's texts for what the authorizer refused late.
    if words.starts_with("not authorized") || words.contains("prohibited") {
        return only_reads();
    }
    let error = Error::unsupported(words);
    match words.strip_prefix("no such table: ") {
        Some(missing) => error.hint(names.advice(missing.trim_start_matches("main."))),
        None => error,
    }
}

/// SQLite's own words, without the statement that they are about.
fn sqlite_words(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    }
}
