//! The order in which changes are written: neighbours in the file after each other, so that each of its pages is fetched once.

use std::cmp::Ordering;

use sync_core::{Row, RowBatch, Value};

/// The places of the rows in the order of their keys; rows of one key stay in the order they came in. `None` where they come so already,
/// or have no key.
pub(super) fn by_key(rows: &RowBatch) -> Option<Vec<u32>> {
    let ordered = |pair: (Row<'_>, Row<'_>)| compare(pair.0, pair.1) != Ordering::Greater;
    if rows.schema().key().is_empty() || rows.rows().zip(rows.rows().skip(1)).all(ordered) {
        return None;
    }
    let mut places: Vec<u32> = (0..u32::try_from(rows.len()).ok()?).collect();
    places.sort_by(|a, b| compare(rows.row(*a as usize), rows.row(*b as usize)));
    Some(places)
}

fn compare(a: Row<'_>, b: Row<'_>) -> Ordering {
    a.key()
        .zip(b.key())
        .map(|(a, b)| compare_values(a, b))
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}

/// As SQLite orders them, near enough: only speed depends on it.
fn compare_values(a: Value<'_>, b: Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a.cmp(&b),
        (Value::Real(a), Value::Real(b)) => a.total_cmp(&b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn rank(value: Value<'_>) -> u8 {
    match value {
        Value::Integer(_) => 1,
        Value::Real(_) => 2,
        Value::Text(_) => 3,
        Value::Bytes(_) => 4,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sync_core::{Column, DataType, Op, TableId, TableSchema};

    use super::*;

    fn rows(keys: &[(i64, &str)], key: &[&str]) -> RowBatch {
        let schema = TableSchema::builder(TableId::unqualified("t"))
            .column(Column::new("a", DataType::Integer))
            .column(Column::new("b", DataType::Text))
            .key(key.iter().copied());
        let mut rows = RowBatch::new(Arc::new(schema.build().unwrap()));
        for (number, text) in keys {
            rows.push_integer(*number);
            rows.push_text(text);
            rows.end_row(Op::Upsert).unwrap();
        }
        rows
    }

    #[test]
    fn rows_of_one_key_keep_their_order() {
        let given = rows(&[(3, "first"), (1, "x"), (3, "last"), (2, "y")], &["a"]);
        assert_eq!(by_key(&given), Some(vec![1, 3, 0, 2]));
    }

    #[test]
    fn all_of_a_key_counts() {
        assert_eq!(by_key(&rows(&[(1, "b"), (1, "a")], &["a", "b"])), Some(vec![1, 0]));
    }

    #[test]
    fn what_is_ordered_or_has_no_key_stays_as_it_is() {
        assert_eq!(by_key(&rows(&[(1, "b"), (1, "a"), (2, "")], &["a"])), None);
        assert_eq!(by_key(&rows(&[(2, ""), (1, "")], &[])), None);
    }
}
