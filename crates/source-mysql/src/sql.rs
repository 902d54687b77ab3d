//! Identifiers, and the statements around a read.

use sync_core::TableId;

/// An identifier, quoted always: `order`, ``Weird `Name` `` and `'; drop table x; --` are names like others.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A table with its database.
pub(crate) fn table(id: &TableId) -> String {
    match id.schema() {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(id.name())),
        None => quoted(id.name()),
    }
}

/// The name under which every statement reads its table, so that a column is never taken for anything else: in ORDER BY a plain name
/// means an output column first.
pub(crate) const ROW: &str = "data_sync_row";

/// A table as the one that is read.
pub(crate) fn from(id: &TableId) -> String {
    format!("{} AS {ROW}", table(id))
}

/// A column of the table that is read.
pub(crate) fn column(name: &str) -> String {
    format!("{ROW}.{}", quoted(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_not_leave_their_quotes() {
        let id = TableId::new("Weird `Schema`", "'; drop table x; --");
        assert_eq!(table(&id), "`Weird ``Schema```.`'; drop table x; --`");
        assert_eq!(column("a"), "data_sync_row.`a`");
    }
}
