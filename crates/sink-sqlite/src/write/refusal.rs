//! Why a row was not written: because of what is in it, or because nothing can be written.

use rusqlite::{Connection, ErrorCode};
use sync_core::{Error, Op, Result};

use crate::ddl;
use crate::error::{is_refused_statement, sqlite_error};
use crate::statements::TableStatements;

/// Why a row was not written.
pub(crate) enum Fault {
    /// The column would not keep the value as it is.
    Value(&'static str),
    /// As `Value`, and which column it is.
    Column(usize, &'static str),
    /// A trigger left the row out without an error.
    Ignored,
    /// A delete for a table without a key.
    NoKey,
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Fault {
    #[cold]
    pub(super) fn of_column(self, position: usize) -> Self {
        match self {
            Self::Value(reason) => Self::Column(position, reason),
            other => other,
        }
    }

    /// Why the table refuses this row, when it is the row's own fault.
    ///
    /// # Errors
    /// When it is not: no other row could be written either.
    #[cold]
    pub(super) fn reason(self, conn: &Connection, statements: &TableStatements, op: Op) -> Result<String> {
        match self {
            Self::Value(reason) => Ok(reason.to_owned()),
            Self::Column(position, reason) => {
                Ok(format!("column {:?}: {reason}", statements.schema.columns()[position].name))
            }
            Self::Ignored => Ok("a trigger of the table leaves the row out, with RAISE(IGNORE)".to_owned()),
            Self::NoKey => Err(Error::internal("a delete for a table without a key")),
            Self::Sqlite(error) => refusal(error, conn, statements, op),
        }
    }
}

fn refusal(error: rusqlite::Error, conn: &Connection, statements: &TableStatements, op: Op) -> Result<String> {
    let of_the_row = matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
    );
    if of_the_row && conn.is_autocommit() {
        return Err(ended_transaction(error));
    }
    if of_the_row {
        return Ok(sqlite_error(error).message().to_owned());
    }
    if !is_refused_statement(&error) {
        return Err(sqlite_error(error));
    }
    let sql = if op == Op::Delete { statements.delete.as_deref().unwrap_or_default() } else { &statements.upsert };
    match conn.prepare(sql) {
        // The statement itself is fine, so what failed is a computation on this row: in an index, a trigger, a generated column.
        Ok(_) if !conn.is_autocommit() => {
            Ok(format!("the replica can't compute with the row: {}", sqlite_error(error).message()))
        }
        _ => Err(refused_statement(conn, statements, error)),
    }
}

fn ended_transaction(error: rusqlite::Error) -> Error {
    let said = sqlite_error(error);
    Error::config(format!("a rule of it ends the whole transaction instead of refusing one row: {}", said.message()))
        .hint("write RAISE(ABORT, …) in the trigger in place of RAISE(ROLLBACK, …), or drop the rule")
}

/// Why SQLite refuses a statement that it took when the table was new.
fn refused_statement(conn: &Connection, statements: &TableStatements, error: rusqlite::Error) -> Error {
    match ddl::is_as_made(conn, &statements.target, &statements.schema) {
        // The statement fits the table, so it is something that belongs to the table and runs along.
        Ok(true) => {
            let said = sqlite_error(error);
            Error::config(format!("a trigger of it can't run: {}", said.message())).hint("drop or repair the trigger")
        }
        Ok(false) => not_as_made(),
        Err(error) => error,
    }
}

/// The error for a table of ours that is gone or was changed by somebody else.
pub(crate) fn not_as_made() -> Error {
    Error::expired("it is no longer in the replica as it was made").hint("it has to be copied again")
}
