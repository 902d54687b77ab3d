//! What a stored cursor depends on, in a form short enough to stand beside it.

use crate::SourceTable;

/// Three digests, of the columns, the key and the cursor columns, so that a mismatch can say what changed.
pub(crate) fn fingerprint(table: &SourceTable) -> String {
    let schema = &table.schema;
    let name = |position: &usize| schema.columns()[*position].name.clone();
    let columns = schema.columns().iter().flat_map(|column| [column.name.clone(), column.native_type.clone()]);
    let key = schema.key().iter().map(name);
    let keyset = table.keyset();
    // The shape is left out where there is none, as it was before there were shapes.
    let shape = Some(schema.shape()).filter(|shape| !shape.is_empty()).map(str::to_owned);
    let table_name = std::iter::once(schema.id().to_string());
    format!(
        "columns:{:016x} key:{:016x} cursor:{:016x}",
        digest(table_name.chain(columns).chain(shape)),
        digest(key),
        digest(keyset.iter().map(name))
    )
}

/// Which parts of two fingerprints differ, in words.
pub(crate) fn difference(stored: &str, planned: &str) -> String {
    let parts = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let stored = parts(stored);
    let changed: Vec<_> = parts(planned)
        .into_iter()
        .filter(|part| !stored.contains(part))
        .filter_map(|part| part.split_once(':').map(|(name, _)| name.to_owned()))
        .collect();
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

    #[test]
    fn a_mismatch_names_what_changed() {
        let stored = fingerprint(&table("timestamp", None));
        assert_eq!(difference(&stored, &stored), "");
        assert_eq!(difference(&stored, &fingerprint(&table("timestamptz", None))), "columns");
        assert_eq!(difference(&stored, &fingerprint(&table("timestamptz", Some(1)))), "columns and cursor");
    }

    #[test]
    fn the_digest_is_the_published_one() {
        assert_eq!(digest(["foobar".to_owned()].into_iter()), {
            let foobar: u64 = 0x8594_4171_f739_67e8;
            (foobar ^ 0xff).wrapping_mul(0x0000_0100_0000_01b3)
        });
    }
}
