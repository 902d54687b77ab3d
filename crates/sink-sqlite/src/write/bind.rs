//! Values as parameters, none of them changed.

use rusqlite::Statement;
use rusqlite::types::Null;
use sync_core::{Value, ValueKind};

use super::Fault;
use crate::statements::Parameter;
use crate::types::{is_exact_real, reads_as_number};

/// Binds a value, unless the column's affinity would change it.
// By a call, each value would go through memory once more, which a third of the time here was spent on.
#[inline(always)]
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
