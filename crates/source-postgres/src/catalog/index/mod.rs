//! Indexes: those that a replica can have too, and why it can't have the others.

mod expression;
mod tree;

use std::collections::HashMap;

use sync_core::{Index, IndexPart, IndexTerm, LeftOutIndex};
use tokio_postgres::{Error, Row};

use super::Relation;
use expression::Names;
use tree::{Node, parse};

/// Adds to each relation its indexes. Of several that do the same one is enough, and none on the key's columns.
pub(super) fn add(relations: &mut [Relation], rows: &[Row]) -> Result<(), Error> {
    let place: HashMap<u32, usize> = relations.iter().enumerate().map(|(i, relation)| (relation.oid, i)).collect();
    for row in rows {
        let Some(relation) = place.get(&row.try_get(0)?).and_then(|place| relations.get_mut(*place)) else { continue };
        let name: String = row.try_get(1)?;
        let key = Index::new("", relation.key(false));
        match Found::read(row)?.index(&name) {
            Ok(index) if index.is_like(&key) || relation.indexes.iter().any(|other| other.is_like(&index)) => {}
            Ok(index) => relation.indexes.push(index),
            Err(reason) => relation.left_out_indexes.push(LeftOutIndex::new(name, reason)),
        }
    }
    Ok(())
}

/// An index as the catalog has it.
struct Found<'a> {
    /// How it is made: `btree`.
    method: &'a str,
    /// The names of its columns, `None` for an expression; and whether each is in descending order.
    columns: Vec<Option<String>>,
    descending: Vec<bool>,
    expressions: Option<&'a str>,
    condition: Option<&'a str>,
    names: Names,
}

impl<'a> Found<'a> {
    fn read(row: &'a Row) -> Result<Self, Error> {
        let names = Names { columns: by_number(row, 7)?, operators: by_number(row, 8)?, labels: by_number(row, 9)? };
        Ok(Self {
            method: row.try_get(2)?,
            columns: row.try_get(3)?,
            descending: row.try_get(4)?,
            expressions: row.try_get(5)?,
            condition: row.try_get(6)?,
            names,
        })
    }

    /// What it is in a replica, or why it can't be there.
    fn index(&self, name: &str) -> Result<Index, String> {
        if !matches!(self.method, "btree" | "hash") {
            return Err(format!("indexes of kind {} have no counterpart", self.method));
        }
        let parts = self.parts().ok_or("its expression has no counterpart")?;
        let conditions = match self.condition {
            Some(condition) => parse(condition).and_then(|node| self.names.conditions(&node)),
            None => Some(Vec::new()),
        };
        Ok(Index::by(name, parts).only(conditions.ok_or("its condition has no counterpart")?))
    }

    fn parts(&self) -> Option<Vec<IndexPart>> {
        let parsed = match self.expressions {
            Some(expressions) => parse(expressions)?,
            None => Node::List(Vec::new()),
        };
        let Node::List(expressions) = parsed else { return None };
        let mut expressions = expressions.iter();
        let part = |(column, descending): (&Option<String>, &bool)| {
            let term = match column {
                Some(column) => IndexTerm::Column(column.clone()),
                None => self.names.term(expressions.next()?)?,
            };
            Some(IndexPart::new(term).descending(*descending))
        };
        self.columns.iter().zip(&self.descending).map(part).collect()
    }
}

/// Names, each after its number and a blank.
fn by_number(row: &Row, index: usize) -> Result<HashMap<u32, String>, Error> {
    let listed: Option<Vec<&str>> = row.try_get(index)?;
    let entry = |text: &str| {
        let (number, name) = text.split_once(' ')?;
        Some((number.parse().ok()?, name.to_owned()))
    };
    Ok(listed.unwrap_or_default().into_iter().filter_map(entry).collect())
}
