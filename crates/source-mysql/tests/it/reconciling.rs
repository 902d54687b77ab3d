//! Keys, and the present state of named rows.

use std::sync::Arc;

use sync_core::{End, ErrorKind, Op, RowBatch, Scope, SourceTable, Value};

use test_servers::MysqlFamily;

use crate::place::{Given, Place, numbers};

async fn lookup(place: &Place, table: &Arc<SourceTable>, keys: RowBatch, rows: usize) -> Given {
    place.give(Scope::Rows(Arc::clone(table), keys), None, rows).await.unwrap()
}

fn ops(given: &Given) -> Vec<Op> {
    given.batches.iter().flat_map(|batch| batch.rows.rows().map(|row| row.op()).collect::<Vec<_>>()).collect()
}

#[tokio::test]
async fn keys_come_alone_and_in_order() {
    let place = Place::with(
        "CREATE TABLE t (n text, b int, a int, PRIMARY KEY (a, b)); INSERT INTO t SELECT 'x', seq % 3, seq DIV 3 FROM seq_8_to_0",
    )
    .await;
    let table = place.table("t", None, None).await;
    let keys = place.give(Scope::Keys(Arc::clone(&table)), None, 4).await.unwrap();
    let expected: Vec<_> = (0..9).map(|g| vec!["∅".to_owned(), (g % 3).to_string(), (g / 3).to_string()]).collect();
    assert_eq!(keys.rows(), expected);
    assert!(ops(&keys).iter().all(|op| *op == Op::Delete));
    assert!(keys.batches.iter().all(|batch| batch.watermark.is_none()));
}

/// Whatever the server's own order of texts: the replica compares them byte by byte.
#[tokio::test]
async fn texts_come_in_the_order_of_their_bytes() {
    let place = Place::with(
        "CREATE TABLE folded (k varchar(9) COLLATE utf8mb4_general_ci PRIMARY KEY); INSERT INTO folded VALUES ('b'), ('A'), ('ö'), ('z'), ('');
        CREATE TABLE bytewise (k varchar(9) COLLATE utf8mb4_bin PRIMARY KEY); INSERT INTO bytewise VALUES ('b'), ('B'), ('a'), ('a\t');
        CREATE TABLE latin (k varchar(9) CHARACTER SET latin1 PRIMARY KEY); INSERT INTO latin VALUES ('b'), ('Ü'), ('é');
        CREATE TABLE moods (k enum('sad', 'Ok', 'happy') PRIMARY KEY); INSERT INTO moods VALUES ('sad'), ('Ok'), ('happy');
        CREATE TABLE blanks (k char(4) PRIMARY KEY); INSERT INTO blanks VALUES ('b'), ('ab'), ('');
        CREATE TABLE bits (k bit(10) PRIMARY KEY); INSERT INTO bits VALUES (b'1000000001'), (b'11');
        CREATE TABLE uuids (k uuid PRIMARY KEY); INSERT INTO uuids SELECT concat('0000000', seq, '-0000-1000-8000-00000000000', 9 - seq) FROM seq_1_to_9;
        CREATE TABLE bytes (k varbinary(9) PRIMARY KEY); INSERT INTO bytes VALUES (x'ff'), (''), (x'00');
        CREATE TABLE numbers (k int unsigned PRIMARY KEY); INSERT INTO numbers VALUES (4294967295), (9), (10)",
    )
    .await;
    for schema in place.discover().await {
        assert!(schema.has_sortable_key(), "{}", schema.id());
        let table = place.table(schema.id().name(), None, None).await;
        let keys = place.give(Scope::Keys(Arc::clone(&table)), None, 100).await.unwrap();
        let rows = &keys.batches[0].rows;
        let mut sorted: Vec<_> = rows.rows().map(|row| sortable(row.get(0))).collect();
        assert!(sorted.len() > 1 && sorted.is_sorted(), "{}: {rows:?}", schema.id());
        sorted.dedup();
        assert_eq!(sorted.len(), rows.len());
    }
}

fn sortable(value: Value<'_>) -> (i64, Vec<u8>) {
    match value {
        Value::Integer(value) => (value, Vec::new()),
        Value::Text(value) => (0, value.as_bytes().to_vec()),
        Value::Bytes(value) => (0, value.to_vec()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn named_rows_are_given_or_buried() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, n text); INSERT INTO t SELECT seq * 2, 'row' FROM seq_1_to_600",
    )
    .await;
    let table = place.table("t", None, None).await;
    let mut keys = RowBatch::new(Arc::clone(&table.schema));
    for id in 1..=1200 {
        keys.push_integer(id);
        keys.push_null();
        keys.end_row(Op::Delete).unwrap();
    }
    let given = lookup(&place, &table, keys, 100).await;
    assert_eq!(given.end, End::Complete);
    assert!(given.batches.iter().all(|batch| batch.watermark.is_none() && batch.rows.len() <= 400));
    let (mut found, mut gone): (Vec<i64>, Vec<i64>) = Default::default();
    for row in given.batches.iter().flat_map(|batch| batch.rows.rows()) {
        let Value::Integer(id) = row.get(0) else { panic!("{row:?}") };
        match row.op() {
            Op::Delete => {
                assert_eq!(row.get(1), Value::Null);
                gone.push(id);
            }
            _ => found.push(id),
        }
    }
    found.sort_unstable();
    gone.sort_unstable();
    assert_eq!(found, (1..=600).map(|n| n * 2).collect::<Vec<_>>());
    assert_eq!(gone, (1..=600).map(|n| n * 2 - 1).collect::<Vec<_>>());
}

/// Whatever the key's type, a row that was read is found again by what was read.
#[tokio::test]
async fn rows_are_found_by_the_key_that_a_copy_gave() {
    let place = Place::with(
        "CREATE TABLE k1 (v int, place varchar(9), PRIMARY KEY (place, v)); INSERT INTO k1 VALUES (1, 'a'), (2, '');
        CREATE TABLE bytes (k varbinary(9) PRIMARY KEY); INSERT INTO bytes VALUES (''), (x'00ff');
        CREATE TABLE decimals (k decimal(65,30) PRIMARY KEY); INSERT INTO decimals VALUES (1.10), (1e30);
        CREATE TABLE short (k decimal(9,2) PRIMARY KEY); INSERT INTO short VALUES (1.10), (-3);
        CREATE TABLE whole (k decimal(9,0) PRIMARY KEY); INSERT INTO whole VALUES (10000), (-3);
        CREATE TABLE floats (k float PRIMARY KEY); INSERT INTO floats VALUES (0.1), (-7);
        CREATE TABLE moments (k timestamp(6) PRIMARY KEY); INSERT INTO moments VALUES ('2024-01-01 00:00:00.1'), ('2038-01-19 03:14:07');
        CREATE TABLE datetimes (k datetime PRIMARY KEY); INSERT INTO datetimes VALUES (0), ('9999-12-31 23:59:59');
        CREATE TABLE times (k time(2) PRIMARY KEY); INSERT INTO times VALUES ('-838:59:59'), ('00:00:01.5');
        CREATE TABLE enums (k enum('sad', 'ok') PRIMARY KEY); INSERT INTO enums VALUES ('sad'), ('ok');
        CREATE TABLE folded (k varchar(9) COLLATE utf8mb4_general_ci PRIMARY KEY); INSERT INTO folded VALUES ('a'), ('B');
        CREATE TABLE latin (k varchar(9) CHARACTER SET latin1 PRIMARY KEY); INSERT INTO latin VALUES ('ü'), ('B');
        CREATE TABLE bits (k bit(10) PRIMARY KEY); INSERT INTO bits VALUES (b'1000000001'), (b'1');
        CREATE TABLE nets (k inet6 PRIMARY KEY); INSERT INTO nets VALUES ('::1'), ('2001:db8::1');
        CREATE TABLE huge (k bigint unsigned PRIMARY KEY); INSERT INTO huge VALUES (18446744073709551615), (7);
        CREATE TABLE years (k year PRIMARY KEY); INSERT INTO years VALUES (0), (2155);
        CREATE TABLE blanks (k char(4) PRIMARY KEY); INSERT INTO blanks VALUES ('a'), ('');",
    )
    .await;
    let tables = place.discover().await;
    assert_eq!(tables.len(), if place.family == MysqlFamily::Mariadb { 17 } else { 16 });
    for schema in tables {
        let name = schema.id().name().to_owned();
        let table = place.table(&name, None, None).await;
        let copy = place.read(&table, None, 100).await;
        let batch = copy.batches.iter().find(|batch| !batch.rows.is_empty()).unwrap();
        let found = lookup(&place, &table, batch.rows.clone(), 100).await;
        let (mut expected, mut rows) = (copy.rows(), found.rows());
        expected.sort();
        rows.sort();
        assert_eq!(rows, expected, "{name}");
        assert!(ops(&found).iter().all(|op| *op == Op::Upsert), "{name}: {found:?}");
    }
}

/// A collation may call two texts equal; the replica does not.
#[tokio::test]
async fn a_key_in_another_case_is_another_key() {
    let place = Place::with(
        "CREATE TABLE t (k varchar(9) COLLATE utf8mb4_general_ci PRIMARY KEY); INSERT INTO t VALUES ('ABC')",
    )
    .await;
    let table = place.table("t", None, None).await;
    let mut keys = RowBatch::new(Arc::clone(&table.schema));
    keys.push_text("abc");
    keys.end_row(Op::Delete).unwrap();
    let given = lookup(&place, &table, keys, 100).await;
    assert_eq!(given.column(0), ["ABC", "abc"]);
    assert_eq!(ops(&given), [Op::Upsert, Op::Delete]);
}

#[tokio::test]
async fn no_keys_no_rows() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE keyless (id int)").await;
    let table = place.table("t", None, None).await;
    let given = lookup(&place, &table, RowBatch::new(Arc::clone(&table.schema)), 10).await;
    assert!(given.batches.is_empty());
    place.run("INSERT INTO t SELECT seq FROM seq_1_to_3").await;
    let keys = place.give(Scope::Keys(table.clone()), None, 1).await.unwrap();
    assert_eq!(keys.column(0), numbers(1..=3));
    let keyless = place.table("keyless", None, None).await;
    let error = place.give(Scope::Keys(keyless), None, 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().ends_with("it has no key; add a primary key"), "{error}");
    let error = place.give(Scope::Sweep(table), None, 1).await.unwrap_err();
    assert_eq!(error.to_string(), "this source does not offer sweeping");
}

#[tokio::test]
async fn a_key_with_a_null_is_none() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY)").await;
    let table = place.table("t", None, None).await;
    let mut keys = RowBatch::new(Arc::clone(&table.schema));
    keys.push_null();
    keys.end_row(Op::Delete).unwrap();
    let error = place.give(Scope::Rows(table.clone(), keys), None, 10).await.unwrap_err();
    assert_eq!(error.message(), "a key to look up has a NULL");
    let mut keys = RowBatch::new(Arc::clone(&table.schema));
    keys.push_text("x");
    keys.end_row(Op::Delete).unwrap();
    let error = place.give(Scope::Rows(table, keys), None, 10).await.unwrap_err();
    assert!(error.message().starts_with("a key to look up can't be bound: "), "{error}");
}
