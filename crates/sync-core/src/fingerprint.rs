//! What a stored cursor depends on, in a form short enough to stand beside it.

use crate::plan::Mask;
use crate::{SourceTable, TableSchema};

/// Digests of the columns, the key, the cursor columns and the filter, and whether children are left out, so that a mismatch can say what changed. What is as it would be
/// without any setting has no part in it.
pub(crate) fn fingerprint(table: &SourceTable, kept: &TableSchema, masks: &[(usize, Mask)]) -> String {
    let schema = &table.schema;
    let read_as =
        schema.columns().iter().filter_map(|column| Some(format!("{} as {}", column.name, column.read_as?.as_str())));
    let both = schema.columns().iter().zip(kept.columns()).filter(|(read, kept)| read.name != kept.name);
    let renamed = both.map(|(read, kept)| format!("{} is {}", read.name, kept.name));
    let masked = masks.iter().map(|(column, mask)| format!("{column} masked {mask:?}"));
    let settings = read_as.chain(renamed).chain(masked);
    let name = |position: &usize| schema.columns()[*position].name.clone();
    let columns = schema.columns().iter().flat_map(|column| {
        let shape = Some(&column.shape).filter(|shape| !shape.is_empty());
        [&column.name, &column.native_type].into_iter().chain(shape).cloned()
    });
    let key = schema.key().iter().map(name);
    let keyset = table.keyset();
    let table_name = std::iter::once(schema.id().to_string());
    let filter = table.filter.iter().map(|filter| format!(" filter:{:016x}", digest(std::iter::once(filter.clone()))));
    let children = if table.alone { " children:none" } else { "" };
    format!(
        "columns:{:016x} key:{:016x} cursor:{:016x}{}{children}",
        digest(table_name.chain(columns).chain(settings)),
        digest(key),
        digest(keyset.iter().map(name)),
        filter.collect::<String>()
    )
}

/// A digest of the indexes of a replica; `None` where it has none.
pub(crate) fn of_indexes(kept: &TableSchema) -> Option<String> {
    let indexes = kept.indexes().iter().map(|index| format!("{index:?}"));
    (!kept.indexes().is_empty()).then(|| format!("{:016x}", digest(indexes)))
}

/// Which parts of two fingerprints differ, in words.
pub(crate) fn difference(stored: &str, planned: &str) -> String {
    let parts = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let (stored, planned) = (parts(stored), parts(planned));
    let gone = stored.iter().filter(|part| !planned.contains(part));
    let new = planned.iter().filter(|part| !stored.contains(part));
    let mut changed: Vec<&str> = Vec::new();
    for (name, _) in new.chain(gone).filter_map(|part| part.split_once(':')) {
        if !changed.contains(&name) {
            changed.push(name);
        }
    }
    changed.join(" and ")
}

/// FNV-1a, 64 bits: stable across releases and machines, which the standard library's hashers are not.
fn digest(parts: impl Iterator<Item = String>) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        // 0xff stands in no UTF-8 text, so it tells ["ab", "c"] from ["a", "bc"].
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Column, DataType, TableId, TableSchema};

    fn table(native: &str, timestamp: Option<usize>) -> SourceTable {
        let schema = TableSchema::builder(TableId::new("public", "t"))
            .column(Column::new("id", DataType::Integer))
            .column(Column::new("at", DataType::Timestamp).native_type(native))
            .key(["id"])
            .build()
            .unwrap();
        SourceTable::new(Arc::new(schema)).cursor_columns(timestamp, Some(0))
    }

    fn of(table: &SourceTable) -> String {
        fingerprint(table, &table.schema, &[])
    }

    #[test]
    fn a_mismatch_names_what_changed() {
        let stored = of(&table("timestamp", None));
        assert_eq!(difference(&stored, &stored), "");
        assert_eq!(difference(&stored, &of(&table("timestamptz", None))), "columns");
        assert_eq!(difference(&stored, &of(&table("timestamptz", Some(1)))), "columns and cursor");
    }

    #[test]
    fn every_setting_counts() {
        let plain = table("timestamp", None);
        let filtered = plain.clone().filter(Some("id > 1".to_owned()));
        assert_eq!(difference(&of(&plain), &of(&filtered)), "filter");
        assert_eq!(difference(&of(&filtered), &of(&plain)), "filter");
        let alone = plain.clone().alone(true);
        assert_eq!(difference(&of(&plain), &of(&alone)), "children");
        assert_eq!(difference(&of(&alone), &of(&plain)), "children");
        let masked = fingerprint(&plain, &plain.schema, &[(1, Mask::Null)]);
        assert_eq!(difference(&of(&plain), &masked), "columns");
    }

    #[test]
    fn the_digest_is_the_published_one() {
        assert_eq!(digest(["foobar".to_owned()].into_iter()), {
            let foobar: u64 = 0x8594_4171_f739_67e8;
            (foobar ^ 0xff).wrapping_mul(0x0000_0100_0000_01b3)
        });
    }
}
