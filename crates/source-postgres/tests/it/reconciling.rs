//! Keys, and the present state of named rows.

use std::sync::Arc;

use sync_core::{End, Op, RowBatch, Scope, SourceTable, Value};

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
        "CREATE TABLE t (n text, b int, a int, PRIMARY KEY (a, b)); INSERT INTO t SELECT 'x', g % 3, g / 3 FROM generate_series(8, 0, -1) g",
    );
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
        r#"CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('sad', 'Ok', 'happy');
        CREATE TABLE plain (k text COLLATE "en-x-icu" PRIMARY KEY); INSERT INTO plain VALUES ('b'), ('B'), ('a'), ('ä'), ('z'), ('');
        CREATE TABLE bytewise (k text COLLATE "C" PRIMARY KEY); INSERT INTO bytewise VALUES ('b'), ('B'), ('a');
        CREATE TABLE usual (k varchar(9) PRIMARY KEY); INSERT INTO usual VALUES ('b'), ('B'), ('a');
        CREATE TABLE moods (k mood PRIMARY KEY); INSERT INTO moods VALUES ('sad'), ('Ok'), ('happy');
        CREATE TABLE folded (k citext PRIMARY KEY); INSERT INTO folded VALUES ('b'), ('A'), ('c');
        CREATE TABLE blanks (k char(4) PRIMARY KEY); INSERT INTO blanks VALUES ('b'), ('ab'), ('');
        CREATE TABLE bits (k bit(10) PRIMARY KEY); INSERT INTO bits VALUES (B'1000000001'), (B'0000000011');
        CREATE TABLE flags (k boolean PRIMARY KEY); INSERT INTO flags VALUES (true), (false);
        CREATE TABLE uuids (k uuid PRIMARY KEY); INSERT INTO uuids SELECT md5(g::text)::uuid FROM generate_series(1, 9) g;
        CREATE TABLE bytes (k bytea PRIMARY KEY); INSERT INTO bytes VALUES ('\xff'), (''), ('\x00')"#,
    );
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
        "CREATE TABLE t (id int PRIMARY KEY, n text); INSERT INTO t SELECT g * 2, 'row' FROM generate_series(1, 600) g",
    );
    let table = place.table("t", None, None).await;
    let mut keys = RowBatch::new(Arc::clone(&table.schema));
    for id in 1..=1200 {
        keys.push_integer(id);
        keys.push_null();
        keys.end_row(Op::Delete).unwrap();
    }
    let given = lookup(&place, &table, keys, 100).await;
    assert_eq!(given.end, End::Complete);
    assert!(given.batches.iter().all(|batch| batch.watermark.is_none() && batch.rows.len() <= 600));
    let mut found: Vec<i64> = Vec::new();
    let mut gone: Vec<i64> = Vec::new();
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
        r#"CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE COLLATION folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE k1 (v int, place text, PRIMARY KEY (place, v)); INSERT INTO k1 VALUES (1, 'a'), (2, '');
        CREATE TABLE data_sync_asked (k1 uuid PRIMARY KEY); INSERT INTO data_sync_asked VALUES (md5('1')::uuid);
        CREATE TABLE bytes (k bytea PRIMARY KEY); INSERT INTO bytes VALUES (''), ('\x00ff');
        CREATE TABLE decimals (k numeric PRIMARY KEY); INSERT INTO decimals VALUES (1.10), (1e40), ('NaN');
        CREATE TABLE short (k numeric(9,2) PRIMARY KEY); INSERT INTO short VALUES (1.10), (-3);
        CREATE TABLE whole (k numeric(9) PRIMARY KEY); INSERT INTO whole VALUES (10000), (-3);
        CREATE TABLE floats (k float4 PRIMARY KEY); INSERT INTO floats VALUES (0.1), ('NaN'), ('-Infinity');
        CREATE TABLE stamps (k timestamptz PRIMARY KEY); INSERT INTO stamps VALUES ('infinity'), ('0044-03-15 BC'), ('2024-01-01 00:00:00.1');
        CREATE TABLE enums (k mood PRIMARY KEY); INSERT INTO enums VALUES ('sad'), ('ok');
        CREATE TABLE arrays (k int[] PRIMARY KEY); INSERT INTO arrays VALUES ('{1,2}'), ('{}');
        CREATE TABLE folded (k citext PRIMARY KEY); INSERT INTO folded VALUES ('a'), ('B');
        CREATE TABLE loose (k text COLLATE folding PRIMARY KEY); INSERT INTO loose VALUES ('a'), ('B');
        CREATE TABLE flags (k boolean PRIMARY KEY); INSERT INTO flags VALUES (true), (false);
        CREATE TABLE bits (k bit(10) PRIMARY KEY); INSERT INTO bits VALUES (B'1000000001'), (B'0000000001');
        CREATE TABLE prices (k money PRIMARY KEY); INSERT INTO prices VALUES (12.5), (-1234.56);
        CREATE TABLE nets (k inet PRIMARY KEY); INSERT INTO nets VALUES ('10.0.0.1'), ('10.0.0.0/8');
        CREATE TABLE spans (k interval PRIMARY KEY); INSERT INTO spans VALUES ('1 year'), ('-2 days 03:04:05.6');
        CREATE TABLE blanks (k char(4) PRIMARY KEY); INSERT INTO blanks VALUES ('a'), ('');"#,
    );
    for schema in place.discover().await {
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
        "CREATE COLLATION folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE TABLE t (k text COLLATE folding PRIMARY KEY); INSERT INTO t VALUES ('ABC')",
    );
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
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY)");
    let table = place.table("t", None, None).await;
    let given = lookup(&place, &table, RowBatch::new(Arc::clone(&table.schema)), 10).await;
    assert!(given.batches.is_empty());
    place.database.execute("INSERT INTO t SELECT generate_series(1, 3)").unwrap();
    let keys = place.give(Scope::Keys(table), None, 1).await.unwrap();
    assert_eq!(keys.column(0), numbers(1..=3));
}
