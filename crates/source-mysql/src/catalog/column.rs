//! A column as the information schema describes it.

use mysql_async::Row;

use super::{CatalogColumn, Relation, Rights, number, text};
use crate::types::NativeType;

/// Character sets whose bytes sort as their UTF-8 does.
const SORTED_AS_UTF8: [&str; 4] = ["utf8mb4", "utf8mb3", "utf8", "ascii"];

/// Reads what `sql::columns` gave; its place was taken out already.
pub(super) fn of(mut row: Row) -> CatalogColumn {
    let name = text(&mut row, 2).unwrap_or_default();
    let default = text(&mut row, 3).unwrap_or_default().to_ascii_lowercase();
    let not_null = text(&mut row, 4).as_deref() == Some("NO");
    let column_type = text(&mut row, 12).unwrap_or_default();
    let extra = text(&mut row, 13).unwrap_or_default().to_ascii_lowercase();
    let readable = text(&mut row, 14).is_some_and(|rights| rights.split(',').any(|right| right == "select"));
    let generation = text(&mut row, 15).filter(|expression| !expression.is_empty());
    let base = base(&mut row, &column_type);
    CatalogColumn {
        native_type: column_type,
        bytewise: is_bytewise(&base),
        // The rest is known only when all statements have answered.
        shape: generation.clone().unwrap_or_default(),
        generated: generation.is_some(),
        stamped_on_insert: default.starts_with("current_timestamp"),
        stamped_on_update: extra.contains("on update current_timestamp"),
        name,
        not_null,
        base,
        readable,
    }
}

/// Whether a check may say that it holds JSON.
pub(super) fn may_be_json(column: &CatalogColumn) -> bool {
    column.base.name == "longtext" && column.base.charset.as_deref() == Some("utf8mb4")
}

/// Whether it may be bound to a reference system.
pub(super) fn is_geometry(column: &CatalogColumn) -> bool {
    const NAMES: [&str; 9] = [
        "geometry",
        "point",
        "linestring",
        "polygon",
        "multipoint",
        "multilinestring",
        "multipolygon",
        "geometrycollection",
        "geomcollection",
    ];
    NAMES.contains(&column.base.name.as_str())
}

/// Marks the column that a check of `json_valid` is about.
pub(super) fn mark_json(columns: &mut [CatalogColumn], row: &mut Row) {
    let Some(clause) = text(row, 3) else { return };
    for column in columns.iter_mut().filter(|column| may_be_json(column)) {
        column.base.json |= clause == format!("json_valid({})", crate::sql::quoted(&column.name));
    }
}

/// Sets a geometry's reference system.
pub(super) fn set_srid(columns: &mut [CatalogColumn], row: &mut Row) {
    let (name, srid) = (text(row, 2), number(row, 3));
    if let Some(column) = columns.iter_mut().find(|column| Some(&column.name) == name.as_ref()) {
        column.base.srid = srid;
    }
}

/// What follows from all columns together.
pub(super) fn finish(relation: &mut Relation) {
    for column in &mut relation.columns {
        column.native_type = native_type(column);
        column.shape = shape(column);
    }
    let readable = |column: &CatalogColumn| column.readable;
    relation.rights =
        Rights { select: relation.columns.iter().all(readable), select_some: relation.columns.iter().any(readable) };
}

fn base(row: &mut Row, column_type: &str) -> NativeType {
    let name = text(row, 5).unwrap_or_default().to_ascii_lowercase();
    let labels = matches!(name.as_str(), "enum" | "set").then(|| labels(column_type)).flatten();
    NativeType {
        unsigned: column_type.contains("unsigned"),
        length: number(row, 6),
        precision: number(row, 7),
        scale: number(row, 8),
        fraction: number(row, 9),
        charset: text(row, 10),
        collation: text(row, 11),
        srid: number(row, 16),
        json: name == "json",
        labels,
        name,
    }
}

/// What stands in the brackets.
fn labels(column_type: &str) -> Option<String> {
    let (_, rest) = column_type.split_once('(')?;
    rest.rsplit_once(')').map(|(labels, _)| labels.to_owned())
}

/// As it would be written in a CREATE TABLE, with what a table's default would add.
fn native_type(column: &CatalogColumn) -> String {
    match (&column.base.charset, column.base.srid) {
        _ if column.base.json => "json".to_owned(),
        (Some(charset), _) => format!("{} character set {charset}", column.native_type),
        // MariaDB has 0 where nothing was said.
        (None, Some(srid)) if srid != 0 => format!("{} srid {srid}", column.native_type),
        _ => column.native_type.clone(),
    }
}

fn is_bytewise(base: &NativeType) -> bool {
    let sorted = base.charset.as_deref().is_some_and(|charset| SORTED_AS_UTF8.contains(&charset));
    // A collation that pads takes `a` and `a ` for equal.
    let exact = |collation: &str| collation.ends_with("_0900_bin") || collation.ends_with("_nopad_bin");
    sorted && base.collation.as_deref().is_some_and(exact)
}

/// FNV-1a, 64 bits: stable across releases and machines. 0xff stands in no UTF-8 text, so it keeps the parts apart.
fn shape(column: &CatalogColumn) -> String {
    let srid = column.base.srid.map(|srid| srid.to_string());
    let parts = [Some(&column.shape), column.base.collation.as_ref(), srid.as_ref()];
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.map(String::as_str).unwrap_or_default().bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_collations_that_do_not_pad_are_bytewise() {
        let text = |charset: &str, collation: &str| NativeType {
            charset: Some(charset.to_owned()),
            collation: Some(collation.to_owned()),
            ..NativeType::default()
        };
        assert!(is_bytewise(&text("utf8mb4", "utf8mb4_0900_bin")));
        assert!(is_bytewise(&text("utf8mb3", "utf8mb3_nopad_bin")));
        assert!(!is_bytewise(&text("utf8mb4", "utf8mb4_bin")));
        assert!(!is_bytewise(&text("latin1", "latin1_nopad_bin")));
        assert!(!is_bytewise(&text("utf8mb4", "utf8mb4_general_ci")));
        assert!(!is_bytewise(&NativeType::default()));
    }

    #[test]
    fn labels_are_kept_as_they_stand() {
        assert_eq!(labels("enum('a','b'')c')").as_deref(), Some("'a','b'')c'"));
        assert_eq!(labels("int"), None);
    }
}
