//! Rows into a table: the innermost loop of every sync, so no value is copied or allocated here.

use rusqlite::types::Null;
use rusqlite::{CachedStatement, Connection, Statement};
use sync_core::{Error, Op, Result, Row, RowBatch, Value, ValueKind, WriteStats};

use crate::ddl;
use crate::error::{is_refused_statement, sqlite_error};
pub(crate) use crate::statements::Parameter;
use crate::statements::TableStatements;
use crate::types::{is_exact_real, reads_as_number};

/// Stores the rows in order.
pub(crate) fn write(conn: &Connection, statements: &TableStatements, rows: &RowBatch) -> Result<WriteStats> {
    if rows.schema().columns().len() != statements.columns.len() {
        return Err(Error::internal("the rows are of another table than the one to write"));
    }
    write_rows(conn, statements, rows).map_err(|fault| fault.into_error(conn, statements))
}

fn write_rows(conn: &Connection, statements: &TableStatements, rows: &RowBatch) -> Result<WriteStats, Fault> {
    let mut stats = WriteStats::default();
    let mut upsert = None;
    let mut delete = None;
    for row in rows.rows() {
        if row.op() == Op::Delete {
            let sql = statements.delete.as_deref().ok_or(Fault::NoKey)?;
            match delete_row(prepared(conn, &mut delete, sql)?, statements, row)? {
                0 => stats.unchanged += 1,
                _ => stats.deleted += 1,
            }
        } else {
            match upsert_row(prepared(conn, &mut upsert, &statements.upsert)?, statements, row)? {
                0 => stats.unchanged += 1,
                _ => stats.changed += 1,
            }
        }
    }
    Ok(stats)
}

fn prepared<'a, 'c>(
    conn: &'c Connection,
    slot: &'a mut Option<CachedStatement<'c>>,
    sql: &str,
) -> Result<&'a mut CachedStatement<'c>, Fault> {
    match slot {
        Some(made) => Ok(made),
        None => Ok(slot.insert(conn.prepare_cached(sql)?)),
    }
}

fn upsert_row(upsert: &mut Statement<'_>, statements: &TableStatements, row: Row<'_>) -> Result<usize, Fault> {
    for (position, (value, parameter)) in row.values().zip(&statements.columns).enumerate() {
        bind(upsert, position + 1, value, *parameter).map_err(|fault| fault.of_column(position))?;
    }
    Ok(upsert.raw_execute()?)
}

fn delete_row(delete: &mut Statement<'_>, statements: &TableStatements, row: Row<'_>) -> Result<usize, Fault> {
    for (rank, &position) in statements.schema.key().iter().enumerate() {
        bind(delete, rank + 1, row.get(position), statements.columns[position])
            .map_err(|fault| fault.of_column(position))?;
    }
    Ok(delete.raw_execute()?)
}

/// Why a row was not written.
pub(crate) enum Fault {
    /// The column would not keep the value as it is.
    Value(&'static str),
    /// As `Value`, and which column it is.
    Column(usize, &'static str),
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
    fn of_column(self, position: usize) -> Self {
        match self {
            Self::Value(reason) => Self::Column(position, reason),
            other => other,
        }
    }

    #[cold]
    fn into_error(self, conn: &Connection, statements: &TableStatements) -> Error {
        match self {
            Self::Value(reason) => Error::value(reason),
            Self::Column(position, reason) => {
                Error::value(format!("column {:?}: {reason}", statements.schema.columns()[position].name))
            }
            Self::NoKey => Error::internal("a delete for a table without a key"),
            Self::Sqlite(error) if is_refused_statement(&error) => refused(conn, statements, error),
            Self::Sqlite(error) => sqlite_error(error),
        }
    }
}

/// Why SQLite refuses a statement that it took when the table was new.
fn refused(conn: &Connection, statements: &TableStatements, error: rusqlite::Error) -> Error {
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

/// Binds a value, unless the column's affinity would change it.
#[inline]
pub(crate) fn bind(
    statement: &mut Statement<'_>,
    index: usize,
    value: Value<'_>,
    parameter: Parameter,
) -> Result<(), Fault> {
    use ValueKind::{Integer, Real, Text};
    let bound = match value {
        // SQLite would make up a number for an absent integer key.
        Value::Null if parameter.in_key => return Err(Fault::Value("a key can't be NULL")),
        Value::Null => statement.raw_bind_parameter(index, Null),
        Value::Integer(value) if parameter.kind == Real && !is_exact_real(value) => {
            return Err(Fault::Value("an integer that a floating-point number can't hold"));
        }
        Value::Integer(value) => statement.raw_bind_parameter(index, value),
        // SQLite stores NULL for it.
        Value::Real(value) if value.is_nan() => statement.raw_bind_parameter(index, "NaN"),
        Value::Real(_) if parameter.kind == Text => {
            return Err(Fault::Value("a floating-point number in a column of texts would lose digits"));
        }
        Value::Real(value) => statement.raw_bind_parameter(index, value),
        Value::Text(value) if matches!(parameter.kind, Integer | Real) && reads_as_number(value) => {
            return Err(Fault::Value("a text that reads as a number in a column of numbers would become one"));
        }
        Value::Text(value) => statement.raw_bind_parameter(index, value),
        Value::Bytes(value) => statement.raw_bind_parameter(index, value),
        _ => return Err(Fault::Value("a form of value that this sink does not know")),
    };
    bound.map_err(Fault::Sqlite)
}
