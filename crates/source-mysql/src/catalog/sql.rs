//! The statements on the information schema. Each begins with the database and the table, and takes both as parameters to look at that
//! one table alone: by equality, so that the server opens no other.

use sync_core::TableId;

use crate::server::Flavor;

/// Databases that hold the server's own tables.
pub(super) const NOT_OURS: &str = "('mysql', 'information_schema', 'performance_schema', 'sys')";

/// All relations with rows, and about how many there are.
pub(super) fn relations(id: Option<&TableId>) -> String {
    let wanted = wanted("TABLE_SCHEMA", "TABLE_NAME", id);
    format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, CREATE_OPTIONS, CREATE_TIME \
         FROM information_schema.TABLES WHERE {wanted} AND TABLE_TYPE NOT IN ('SEQUENCE', 'TEMPORARY') \
         ORDER BY TABLE_SCHEMA, TABLE_NAME"
    )
}

/// Columns in order.
pub(super) fn columns(flavor: Flavor, id: Option<&TableId>) -> String {
    let wanted = wanted("TABLE_SCHEMA", "TABLE_NAME", id);
    format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_DEFAULT, IS_NULLABLE, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, \
         NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, CHARACTER_SET_NAME, COLLATION_NAME, COLUMN_TYPE, EXTRA, \
         PRIVILEGES, GENERATION_EXPRESSION, {} FROM information_schema.COLUMNS WHERE {wanted} \
         ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION",
        flavor.column_srid()
    )
}

/// Columns whose check says that they hold JSON, where there is no type for it.
pub(super) fn json_checks(id: Option<&TableId>) -> String {
    let wanted = wanted("CONSTRAINT_SCHEMA", "TABLE_NAME", id);
    format!(
        "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS \
         WHERE {wanted} AND CHECK_CLAUSE LIKE 'json\\_valid(%'"
    )
}

/// Reference systems of geometries, where the columns' own list does not have them.
pub(super) fn spaces(id: Option<&TableId>) -> String {
    let wanted = wanted("G_TABLE_SCHEMA", "G_TABLE_NAME", id);
    format!(
        "SELECT G_TABLE_SCHEMA, G_TABLE_NAME, G_GEOMETRY_COLUMN, SRID FROM information_schema.GEOMETRY_COLUMNS WHERE {wanted}"
    )
}

/// Parts of indexes, the primary key's first, then by name. What is invisible to the optimizer still keeps rows unique.
pub(super) fn indexes(id: Option<&TableId>) -> String {
    let wanted = wanted("TABLE_SCHEMA", "TABLE_NAME", id);
    format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, INDEX_TYPE \
         FROM information_schema.STATISTICS WHERE {wanted} \
         ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX"
    )
}

fn wanted(schema: &str, table: &str, id: Option<&TableId>) -> String {
    match id {
        Some(_) => format!("{schema} = ? AND {table} = ?"),
        None => format!("{schema} NOT IN {NOT_OURS}"),
    }
}
