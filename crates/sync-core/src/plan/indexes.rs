//! Which of a table's indexes its replica gets.

use super::Mask;
use crate::{Column, Index, IndexTerm, LeftOutIndex, TableSchema};

/// The indexes of `schema` on columns of other names, and those that can't be had. None is needed on the key, which is called `key` in
/// the replica.
pub(super) fn carried_over(
    schema: &TableSchema,
    key: &[String],
    read: &[Column],
    masks: &[(usize, Mask)],
    new_name: impl Fn(&str) -> Option<String>,
) -> (Vec<Index>, Vec<LeftOutIndex>) {
    let of_key = Index::new("", key);
    let (mut indexes, mut left_out) = (Vec::new(), schema.left_out_indexes().to_vec());
    for index in schema.indexes() {
        match renamed(index, read, masks, &new_name) {
            Ok(index) if index.is_like(&of_key) => {}
            Ok(index) => indexes.push(index),
            Err(reason) => left_out.push(LeftOutIndex::new(&index.name, reason)),
        }
    }
    (indexes, left_out)
}

fn renamed(
    index: &Index,
    read: &[Column],
    masks: &[(usize, Mask)],
    new_name: impl Fn(&str) -> Option<String>,
) -> Result<Index, String> {
    let has_other_values = |name: &str| {
        let position = read.iter().position(|column| column.name == name);
        position.is_some_and(|at| read[at].read_as.is_some() || masks.iter().any(|(masked, _)| *masked == at))
    };
    if let Some(column) = looked_into(index).find(|column| has_other_values(column)) {
        return Err(format!("it looks into column {column:?}, whose values are kept in another form"));
    }
    let left_out = index.columns().find(|column| new_name(column).is_none()).unwrap_or_default();
    index.renamed(&new_name).ok_or_else(|| format!("its column {left_out:?} is left out"))
}

/// The columns of which not just the values as they are stand in the index. A constant that a masked one is compared with would tell of
/// its values, too.
fn looked_into(index: &Index) -> impl Iterator<Item = &str> {
    let terms = index.parts.iter().filter(|part| !matches!(part.term, IndexTerm::Column(_)));
    terms.map(|part| part.term.column()).chain(index.conditions.iter().map(|condition| condition.column()))
}
