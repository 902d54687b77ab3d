//! Identifiers and the statements around a read.

use sync_core::TableId;

/// An identifier, quoted always: `order`, `Weird "Name"` and `'; drop table x; --` are names like others.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table with its schema.
pub(crate) fn table(id: &TableId) -> String {
    match id.schema() {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(id.name())),
        None => quoted(id.name()),
    }
}

/// What makes the server's own texts the same everywhere. All of it ends with the transaction, as a pooler demands. Names in our
/// statements are those of the system catalog, whatever stands in the login's search path.
pub(crate) const STYLE: &str = "\
SET LOCAL client_encoding = 'UTF8'; SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'iso_8601'; \
SET LOCAL TimeZone = 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; \
SET LOCAL row_security = off; SET LOCAL jit = off; SET LOCAL search_path = ''; SET LOCAL lock_timeout = '2s'; ";

/// The catalog as one snapshot, with a limit on each statement.
pub(crate) fn begin_catalog(statement_timeout: std::time::Duration) -> String {
    let milliseconds = statement_timeout.as_millis().min(i32::MAX as u128);
    format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {STYLE}SET LOCAL statement_timeout = {milliseconds}")
}

/// A read that goes on for as long as rows keep coming: this side watches over it.
pub(crate) fn begin_stream(isolation: &str) -> String {
    format!("BEGIN ISOLATION LEVEL {isolation} READ ONLY; {STYLE}SET LOCAL statement_timeout = 0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_not_leave_their_quotes() {
        let id = TableId::new("Weird \"Schema\"", "'; drop table x; --");
        assert_eq!(table(&id), r#""Weird ""Schema"""."'; drop table x; --""#);
    }
}
