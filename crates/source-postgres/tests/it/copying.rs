//! A table's first full read.

use std::sync::Arc;

use sync_core::{BatchLimits, End, Scope, Value};

use crate::place::{Place, next_batch, numbers};

const TEN: &str = "CREATE TABLE t (id int PRIMARY KEY, at timestamptz, n text);
    INSERT INTO t SELECT g, '2024-01-01'::timestamptz + (11 - g) * interval '1 microsecond', 'row ' || g FROM generate_series(1, 10) g;";

#[tokio::test]
async fn rows_come_in_key_order_with_a_watermark_each_batch() {
    let place = Place::with(TEN);
    let table = place.table("t", Some("at"), Some("id")).await;
    let copy = place.read(&table, None, 3).await;
    assert_eq!(copy.column(0), numbers(1..=10));
    assert!(copy.batches.iter().all(|batch| batch.watermark.is_some()));
    assert!(copy.batches[0].rows.is_empty(), "the horizon is stored before the first row");
    assert_eq!(copy.end, End::Complete);
    assert_eq!(copy.watermark().id(), Some("1"), "the poll starts at the latest stamp, which is that of id 1");
    assert_eq!(copy.watermark().timestamp_ms(), Some(1_704_067_200_000));
}

#[tokio::test]
async fn a_copy_resumes_after_every_watermark() {
    let place = Place::with(TEN);
    let table = place.table("t", Some("at"), Some("id")).await;
    let copy = place.read(&table, None, 1).await;
    for (index, batch) in copy.batches[..copy.batches.len() - 1].iter().enumerate() {
        let rest = place.read(&table, batch.watermark.as_ref(), 4).await;
        let mut together: Vec<_> = copy.batches[..=index].iter().flat_map(crate::place::rows).collect();
        let fresh = together.is_empty();
        together.extend(rest.rows());
        assert_eq!(together, copy.rows(), "after batch {index}");
        assert_eq!(rest.end, if fresh { End::Complete } else { End::CompleteAfterReconcile });
    }
}

/// The horizon and the poll's start are those of the first snapshot: what changed between the two must come again.
#[tokio::test]
async fn a_resumed_copy_keeps_the_first_horizon_and_start() {
    let place = Place::with(TEN);
    let table = place.table("t", Some("at"), Some("id")).await;
    let copy = place.read(&table, None, 5).await;
    let broken_off = copy.batches[1].watermark.clone().unwrap();
    place
        .database
        .execute("UPDATE t SET n = 'silent' WHERE id = 2; INSERT INTO t VALUES (0, '2024-01-01 00:00:01', 'new')")
        .unwrap();

    let rest = place.read(&table, Some(&broken_off), 5).await;
    assert_eq!(rest.column(0), numbers(6..=10));
    let poll = place.read(&table, Some(&rest.watermark()), 5).await;
    assert_eq!(poll.column(0), ["0"]);
    let swept = place.sweep(&table, &rest.watermark()).await.column(2);
    assert!(swept.contains(&"silent".to_owned()) && swept.contains(&"new".to_owned()), "{swept:?}");
}

#[tokio::test]
async fn batches_are_bounded_by_bytes_too() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, n text); INSERT INTO t SELECT g, repeat('x', 10000) FROM generate_series(1, 50) g",
    );
    let table = place.table("t", None, Some("id")).await;
    let request = sync_core::ReadRequest::new(Scope::Table(table), None).limits(BatchLimits::new(1000, 25_000));
    let mut reader = sync_core::Source::read(&place.source, request).await.unwrap();
    let mut sizes = Vec::new();
    for _ in 0..18 {
        sizes.push(next_batch(reader.as_mut()).await.rows.len());
    }
    assert_eq!(sizes, [vec![0], vec![3; 16], vec![2]].concat());
}

#[tokio::test]
async fn a_row_that_is_too_large_is_kept_aside_and_the_others_arrive() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, n text);
         INSERT INTO t SELECT g, repeat('x', CASE WHEN g = 2 THEN 100000 ELSE 10 END) FROM generate_series(1, 3) g",
    );
    let table = place.table("t", None, Some("id")).await;
    let limits = BatchLimits::new(1000, usize::MAX).row_bytes(50_000);
    let request = sync_core::ReadRequest::new(Scope::Table(Arc::clone(&table)), None).limits(limits);
    let mut reader = sync_core::Source::read(&place.source, request).await.unwrap();
    next_batch(reader.as_mut()).await;
    let batch = next_batch(reader.as_mut()).await;
    assert_eq!(batch.rows.rows().map(|row| row.get(0)).collect::<Vec<_>>(), [Value::Integer(1), Value::Integer(3)]);
    let [failed] = batch.failed.as_slice() else { panic!("{:?}", batch.failed) };
    assert_eq!(failed.error, "the row has 100014 bytes and max_row_bytes is 50000; raise it");
    assert_eq!(failed.key, "[\"2\"]");
    assert!(failed.row.len() < 1000, "the whole value is kept");
}

#[tokio::test]
async fn keys_of_every_kind_order_and_resume() {
    let place = Place::with(
        r#"CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE DOMAIN code AS varchar(5) CHECK (VALUE <> 'no');
        CREATE TABLE composite (a text COLLATE "C", b int, PRIMARY KEY (a, b)); INSERT INTO composite VALUES ('a',1),('a',2),('b',1),('B',9),('',3);
        CREATE TABLE uuids (k uuid PRIMARY KEY); INSERT INTO uuids SELECT md5(g::text)::uuid FROM generate_series(1,9) g;
        CREATE TABLE bytes (k bytea PRIMARY KEY); INSERT INTO bytes VALUES (''), ('\x00'), ('\xff00'), ('\x7f');
        CREATE TABLE blanks (k char(4) PRIMARY KEY); INSERT INTO blanks VALUES ('a'), ('ab'), ('');
        CREATE TABLE decimals (k numeric PRIMARY KEY); INSERT INTO decimals VALUES (1.10), (1e40), (-0.5), ('NaN');
        CREATE TABLE floats (k float8 PRIMARY KEY); INSERT INTO floats VALUES (0.1), ('NaN'), ('-Infinity'), (1e-300), (-0.0);
        CREATE TABLE stamps (k timestamptz PRIMARY KEY); INSERT INTO stamps VALUES ('infinity'), ('0044-03-15 BC'), ('2024-01-01 00:00:00.000001'), ('-infinity');
        CREATE TABLE enums (k mood PRIMARY KEY); INSERT INTO enums VALUES ('happy'), ('sad'), ('ok');
        CREATE TABLE domains (k code PRIMARY KEY); INSERT INTO domains VALUES ('b'), ('a'), ('ü');
        CREATE TABLE arrays (k int[] PRIMARY KEY); INSERT INTO arrays VALUES ('{1,2}'), ('{}'), ('{10}'), ('{NULL}');
        CREATE TABLE folded (k citext PRIMARY KEY); INSERT INTO folded VALUES ('a'), ('B'), ('c'), ('D');
        CREATE TABLE flags (k boolean PRIMARY KEY); INSERT INTO flags VALUES (true), (false);
        CREATE TABLE bits (k bit(10) PRIMARY KEY); INSERT INTO bits VALUES (B'1000000001'), (B'0000000000');
        CREATE TABLE prices (k money PRIMARY KEY); INSERT INTO prices VALUES (12.5), (-3), (1234.56);
        CREATE TABLE nets (k inet PRIMARY KEY); INSERT INTO nets VALUES ('10.0.0.1'), ('10.0.0.0/8'), ('::1');
        CREATE TABLE times (k timetz PRIMARY KEY); INSERT INTO times VALUES ('24:00+00'), ('12:00:00.5-05:30'), ('00:00+14');
        CREATE TABLE spans (k interval PRIMARY KEY); INSERT INTO spans VALUES ('1 year'), ('-2 days 03:04:05.6'), ('0');
        CREATE TABLE old_ids (k xid8 PRIMARY KEY, o oid UNIQUE); INSERT INTO old_ids VALUES ('18446744073709551615', 4294967295), ('3', 0);
        CREATE TABLE documents (k jsonb PRIMARY KEY); INSERT INTO documents VALUES ('{"a": 1}'), ('[]'), ('"x"');"#,
    );
    let tables = place.discover().await;
    assert_eq!(tables.len(), 19);
    for schema in tables {
        let name = schema.id().name().to_owned();
        let table = place.table(&name, None, Some(if name == "composite" { "a" } else { "k" })).await;
        let copy = place.read(&table, None, 1).await;
        let count = place.database.query(&format!("SELECT count(*) FROM {name}")).unwrap();
        assert_eq!(copy.rows().len().to_string(), count.trim(), "{name}");
        for (index, batch) in copy.batches[..copy.batches.len() - 1].iter().enumerate() {
            let rest = place.read(&table, batch.watermark.as_ref(), 100).await;
            let seen: usize = copy.batches[..=index].iter().map(|batch| batch.rows.len()).sum();
            assert_eq!(rest.rows(), copy.rows()[seen..], "{name} after batch {index}");
        }
    }
}

#[tokio::test]
async fn a_table_without_a_key_is_one_group() {
    let place = Place::with(
        "CREATE TABLE t (n int); INSERT INTO t SELECT generate_series(1, 10); CREATE VIEW v AS SELECT * FROM t",
    );
    for name in ["t", "v"] {
        let table = place.table(name, None, None).await;
        let copy = place.read(&table, None, 4).await;
        assert_eq!(copy.rows().len(), 10);
        let marked: Vec<_> = copy.batches.iter().map(|batch| batch.watermark.is_some()).collect();
        assert_eq!(marked, [true, false, false, true], "{name}");
        let again = place.read(&table, copy.batches[0].watermark.as_ref(), 100).await;
        assert_eq!((again.rows().len(), again.end), (10, End::Complete), "{name}");
    }
}

#[tokio::test]
async fn a_partitioned_table_is_read_whole() {
    let place = Place::with(
        "CREATE TABLE whole (id int PRIMARY KEY, n int) PARTITION BY RANGE (id);
         CREATE TABLE low PARTITION OF whole FOR VALUES FROM (0) TO (10);
         CREATE TABLE high PARTITION OF whole FOR VALUES FROM (10) TO (100);
         INSERT INTO whole SELECT g, g FROM generate_series(0, 29) g;",
    );
    let table = place.table("whole", None, Some("id")).await;
    let copy = place.read(&table, None, 7).await;
    assert_eq!(copy.column(0), numbers(0..30));
    place.database.execute("UPDATE low SET n = 77 WHERE id = 3").unwrap();
    let swept = place.sweep(&table, &copy.watermark()).await.rows();
    assert!(swept.contains(&vec!["3".to_owned(), "77".to_owned()]), "{swept:?}");
}

#[tokio::test]
async fn an_empty_table_is_complete_at_once() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY, at timestamptz)");
    let table = place.table("t", Some("at"), Some("id")).await;
    let copy = place.read(&table, None, 4).await;
    assert_eq!((copy.rows().len(), copy.end), (0, End::Complete));
    place.database.execute("INSERT INTO t VALUES (1, '2024-01-01')").unwrap();
    assert_eq!(place.read(&table, Some(&copy.watermark()), 4).await.column(0), ["1"]);
}
