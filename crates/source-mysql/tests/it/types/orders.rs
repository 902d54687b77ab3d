//! Keys of every type: a copy that is resumed after each batch gives every row once, each row is found again by its key, and keys are
//! listed in the order of their cells where they have one.

use std::sync::Arc;

use sync_core::{Batch, Cursor, Next, Op, OwnedValue, RowBatch, Scope, SourceTable, Value};

use super::LENIENT;
use crate::place::{Given, Place, next};

/// Types of keys, with values in no order; some are equal to others in all but the type's own way of comparing.
const KEYS: &[(&str, &[&str])] = &[
    ("bigint", &["-9223372036854775808", "9223372036854775807", "0", "9007199254740993", "9007199254740992"]),
    ("bigint unsigned", &["18446744073709551615", "9223372036854775808", "0", "18446744073709551614"]),
    ("float", &["0.1", "0.3", "-3.4e38", "16777216", "0"]),
    ("double", &["0.1", "0.30000000000000004", "0.3", "-1e308", "0"]),
    ("decimal(12,2)", &["-0.01", "9999999999.99", "0.10", "0.01"]),
    ("decimal(65,30)", &["1.000000000000000000000000000001", "1", "-5", "12345678901234567890123456789012345"]),
    ("bit(64)", &["~0", "0", "1", "~0 - 1"]),
    ("year", &["0", "1901", "2155"]),
    ("date", &["'0000-00-00'", "'2024-00-31'", "'2024-02-29'", "'2024-00-30'"]),
    ("datetime(6)", &["'0000-00-00'", "'2024-02-29 00:00:00.000001'", "'2024-02-29 00:00:00.000002'", "'2024-02-29'"]),
    ("timestamp(6)", &["'2024-02-29 00:00:00.000001'", "'2024-02-29 00:00:00.000002'", "'1970-01-01 00:00:01'"]),
    ("time(3)", &["'-838:59:59'", "'838:59:59'", "'-00:00:00.001'", "0", "'100:00:00.5'"]),
    ("enum('z','a','m')", &["'z'", "'a'", "'m'", "'none'"]),
    ("set('z','a','m')", &["'z'", "'a'", "''", "'z,m'", "'a,m'", "7"]),
    ("varchar(20)", &["'a'", "'B'", "'c'", "'ä!'", "'10'", "'9'", "''"]),
    ("varchar(20) collate utf8mb4_bin", &["'a'", "'A'", "'ä'", "'Z'", "'a\\t'", "'🚚'"]),
    ("varchar(20) character set latin1", &["'a'", "'Z'", "'ÿ'", "'€'"]),
    ("char(9) character set utf16", &["'a'", "'Z'", "'🚚'", "'数'"]),
    ("varbinary(9)", &["x'ff'", "x'ff00'", "x''", "x'00'", "'a'"]),
    ("binary(3)", &["x'ff'", "x'ff0001'", "x'00'"]),
];

/// What only MariaDB has.
const KEYS_OF_MARIADB: &[(&str, &[&str])] = &[
    (
        "uuid",
        &[
            "'fffc7b3e-1111-1ec1-8000-000000000001'",
            "'00000001-2222-1ec1-8000-000000000002'",
            "'00000001-2222-1ec1-9000-000000000000'",
        ],
    ),
    ("inet6", &["'::2'", "'::10'", "'2001:db8::1'", "'::ffff:1.2.3.4'"]),
];

#[tokio::test]
async fn keys_of_every_type_resume_a_copy_find_their_rows_and_are_listed_in_order() {
    let place = Place::with("ALTER DATABASE CHARACTER SET utf8mb4").await;
    let mut keys = KEYS.to_vec();
    if super::server(&place).await.0 {
        keys.extend(KEYS_OF_MARIADB);
    }
    for (native, values) in keys {
        let rows: Vec<String> = values.iter().enumerate().map(|(n, value)| format!("({value}, {n})")).collect();
        place
            .run(&format!(
                "{LENIENT} DROP TABLE IF EXISTS t; CREATE TABLE t (k {native} NOT NULL PRIMARY KEY, n int); INSERT INTO t VALUES {}",
                rows.join(", ")
            ))
            .await;
        let table = place.table("t", None, None).await;
        let mut found = Vec::new();
        let mut after = None;
        // As if each batch had been the last before a crash.
        for _ in 0..=values.len() {
            let Some(batch) = first_row(&place, &table, after.as_ref()).await else { break };
            found.extend(batch.rows.rows().map(|row| match row.get(1) {
                Value::Integer(number) => number,
                other => panic!("{other:?}"),
            }));
            after = batch.watermark;
        }
        found.sort_unstable();
        assert_eq!(found, (0..values.len() as i64).collect::<Vec<_>>(), "{native}");
        let copy = place.read(&table, None, 100).await;
        let asked = Scope::Rows(Arc::clone(&table), keys_of(&table, &copy));
        let again = place.give(asked, None, 100).await.unwrap();
        let sorted = |mut rows: Vec<Vec<String>>| {
            rows.sort();
            rows
        };
        assert_eq!(sorted(again.rows()), sorted(copy.rows()), "{native}");
        let listed = place.give(Scope::Keys(Arc::clone(&table)), None, 2).await.unwrap();
        let keys: Vec<OwnedValue> =
            listed.batches.iter().flat_map(|batch| batch.rows.rows()).map(|row| row.get(0).into()).collect();
        assert_eq!(keys.len(), values.len(), "{native}");
        assert!(!table.schema.has_sortable_key() || keys.is_sorted(), "{native}: {keys:?}");
    }
}

/// One row and no more: the reader is dropped after it. What comes before it says where the copy began.
async fn first_row(place: &Place, table: &Arc<SourceTable>, after: Option<&Cursor>) -> Option<Batch> {
    let mut reader = place.start(Scope::Table(Arc::clone(table)), after, 1).await.unwrap();
    loop {
        match next(reader.as_mut()).await.unwrap() {
            Next::Batch(batch) if batch.rows.is_empty() => {}
            Next::Batch(batch) => return Some(batch),
            _ => return None,
        }
    }
}

/// The keys alone, as the replica would ask for these rows.
fn keys_of(table: &SourceTable, given: &Given) -> RowBatch {
    let mut keys = RowBatch::new(Arc::clone(&table.schema));
    for row in given.batches.iter().flat_map(|batch| batch.rows.rows()) {
        keys.push(row.get(0));
        keys.push_null();
        keys.end_row(Op::Delete).unwrap();
    }
    keys
}
