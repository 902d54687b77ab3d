//! From the parts of indexes to keys and indexes on plain columns.

use mysql_async::Row;
use sync_core::Index;

use super::{Relation, text};

/// One column of one index.
#[derive(Clone, Debug)]
pub(super) struct Part {
    index: String,
    unique: bool,
    /// None: an expression.
    column: Option<String>,
    /// Only the beginning of its values is in the index.
    prefix: bool,
    /// `BTREE`, `HASH`, `FULLTEXT`, `SPATIAL`, …
    method: String,
}

pub(super) fn part_of(row: &mut Row) -> Part {
    Part {
        index: text(row, 2).unwrap_or_default(),
        unique: text(row, 3).as_deref() == Some("0"),
        column: text(row, 4),
        prefix: text(row, 5).is_some(),
        method: text(row, 6).unwrap_or_default(),
    }
}

/// Finds the best key, the primary one or else the narrowest that proves one, and keeps one of several indexes on the same columns.
pub(super) fn add(relation: &mut Relation, parts: Vec<Part>) {
    let plain: Vec<(Part, Vec<String>)> = parts
        .chunk_by(|one, next| one.index == next.index)
        .filter_map(|parts| Some((parts.first()?.clone(), columns(parts)?)))
        .collect();
    let keys = plain.iter().filter(|(first, columns)| first.unique && is_key(relation, columns));
    if let Some((first, columns)) = keys.min_by_key(|(first, columns)| (first.index != "PRIMARY", columns.len())) {
        relation.clustered = first.index == "PRIMARY";
        relation.key.clone_from(columns);
    }
    for (first, columns) in plain {
        let is_key = columns == relation.key;
        let index = Index::new(first.index, columns);
        if !is_key && !relation.indexes.iter().any(|other| other.is_like(&index)) {
            relation.indexes.push(index);
        }
    }
}

/// The columns of an index that holds them whole, and finds rows by their values.
fn columns(parts: &[Part]) -> Option<Vec<String>> {
    let plain = |part: &Part| !part.prefix && matches!(part.method.as_str(), "BTREE" | "HASH");
    parts.iter().map(|part| part.column.clone().filter(|_| plain(part))).collect()
}

fn is_key(relation: &Relation, columns: &[String]) -> bool {
    let is_never_null = |name: &String| relation.columns.iter().any(|column| column.name == *name && column.not_null);
    columns.iter().all(is_never_null)
}
