//! Identifiers and the statements around a read.

use sync_core::{SourceTable, TableId};

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

/// The name under which every statement reads its table, so that a column is never taken for anything else: in ORDER BY a plain name
/// means an output column first.
pub(crate) const ROW: &str = "data_sync_row";

/// A table with its schema; without those that inherit from it where it is to stand alone.
pub(crate) fn relation(read: &SourceTable) -> String {
    let table = table(read.schema.id());
    if read.alone { format!("ONLY {table}") } else { table }
}

/// A table as the one that is read.
pub(crate) fn from(read: &SourceTable) -> String {
    format!("{} AS {ROW}", relation(read))
}

/// A column of the table that is read.
pub(crate) fn column(name: &str) -> String {
    format!("{ROW}.{}", quoted(name))
}

/// What makes the server's own texts the same everywhere. All of it ends with the transaction, as a pooler demands. Names in our
/// statements are those of the system catalog, whatever stands in the login's search path.
pub(crate) const STYLE: &str = "\
SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'iso_8601'; \
SET LOCAL TimeZone = 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; \
SET LOCAL row_security = off; SET LOCAL jit = off; SET LOCAL search_path = ''; SET LOCAL lock_timeout = '2s'";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_not_leave_their_quotes() {
        let id = TableId::new("Weird \"Schema\"", "'; drop table x; --");
        assert_eq!(table(&id), r#""Weird ""Schema"""."'; drop table x; --""#);
    }
}
