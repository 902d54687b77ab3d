//! A table's first full read.

use sync_core::{BatchLimits, End, ErrorKind, Scope};

use test_servers::MysqlFamily;

use crate::place::{Place, next_batch, numbers};

const TEN: &str = "CREATE TABLE t (id int PRIMARY KEY, at timestamp(6) NOT NULL, n text);
    INSERT INTO t SELECT seq, '2024-01-01' + INTERVAL 11 - seq MICROSECOND, concat('row ', seq) FROM seq_1_to_10;";

#[tokio::test]
async fn rows_come_in_key_order_with_a_watermark_each_batch() {
    let place = Place::with(TEN).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let copy = place.read(&table, None, 3).await;
    assert_eq!(copy.column(0), numbers(1..=10));
    assert!(copy.batches.iter().all(|batch| batch.watermark.is_some()));
    assert!(copy.batches[0].rows.is_empty(), "where the polls begin is stored before the first row");
    assert_eq!(copy.end, End::Complete);
    assert_eq!(copy.watermark().id(), Some("1"), "the poll starts at the latest stamp, which is that of id 1");
    assert_eq!(copy.watermark().timestamp_ms(), Some(1_704_067_200_000));
}

#[tokio::test]
async fn a_copy_resumes_after_every_watermark() {
    let place = Place::with(TEN).await;
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

/// Where the polls begin was set before the first snapshot: what changed between the two must come again.
#[tokio::test]
async fn a_resumed_copy_keeps_where_the_polls_begin() {
    let place = Place::with(TEN).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let copy = place.read(&table, None, 5).await;
    let broken_off = copy.batches[1].watermark.clone().unwrap();
    place.run("UPDATE t SET n = 'new', at = '2024-01-01 00:00:01' WHERE id = 2; INSERT INTO t VALUES (0, '2024-01-01 00:00:02', 'new')").await;

    let rest = place.read(&table, Some(&broken_off), 5).await;
    assert_eq!(rest.column(0), numbers(6..=10));
    let poll = place.read(&table, Some(&rest.watermark()), 5).await;
    assert_eq!(poll.column(0), ["2", "0"]);
    assert_eq!(poll.end, End::CompleteAfterReconcile, "deleted rows of the first part were not looked for yet");
}

#[tokio::test]
async fn a_row_that_is_too_large_is_kept_aside_and_the_others_arrive() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, n mediumtext);
         INSERT INTO t SELECT seq, repeat('x', IF(seq = 2, 100000, 10)) FROM seq_1_to_3",
    )
    .await;
    let table = place.table("t", None, Some("id")).await;
    let limits = BatchLimits::new(1000, usize::MAX).row_bytes(50_000);
    let request = sync_core::ReadRequest::new(Scope::Table(table), None).limits(limits);
    let mut reader = sync_core::Source::read(&place.source, request).await.unwrap();
    next_batch(reader.as_mut()).await;
    let batch = next_batch(reader.as_mut()).await;
    assert_eq!(batch.rows.rows().map(|row| row.get(0)).collect::<Vec<_>>(), [1, 3].map(sync_core::Value::Integer));
    let [failed] = batch.failed.as_slice() else { panic!("{:?}", batch.failed) };
    assert_eq!(failed.error, "the row has 100000 bytes and max_row_bytes is 50000; raise it");
    assert_eq!(failed.key, "[\"2\"]");
    assert!(failed.row.len() < 1000, "the whole value is kept");
}

#[tokio::test]
async fn batches_are_bounded_by_bytes_too() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, n text); INSERT INTO t SELECT seq, repeat('x', 10000) FROM seq_1_to_50",
    )
    .await;
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
async fn keys_of_every_kind_order_and_resume() {
    let place = Place::with(
        "CREATE TABLE composite (k varchar(9) COLLATE utf8mb4_bin, b int, PRIMARY KEY (k, b)); INSERT INTO composite VALUES ('a',1),('a',2),('b',1),('B',9),('',3);
        CREATE TABLE folded (k varchar(9) PRIMARY KEY) COLLATE utf8mb4_general_ci; INSERT INTO folded VALUES ('a'), ('B'), ('c'), ('D'), ('é'), ('z ');
        CREATE TABLE latin (k varchar(9) PRIMARY KEY) CHARSET latin1; INSERT INTO latin VALUES ('a'), ('ü'), ('Z'), ('ß');
        CREATE TABLE wide (k varchar(9) CHARACTER SET utf16 PRIMARY KEY); INSERT INTO wide VALUES ('a'), ('ü'), ('中');
        CREATE TABLE uuids (k uuid PRIMARY KEY); INSERT INTO uuids SELECT concat('0000000', seq, '-0000-1000-8000-00000000000', 9 - seq) FROM seq_1_to_9;
        CREATE TABLE bytes (k varbinary(9) PRIMARY KEY); INSERT INTO bytes VALUES (''), (x'00'), (x'ff00'), (x'7f');
        CREATE TABLE fixed (k binary(4) PRIMARY KEY); INSERT INTO fixed VALUES (x'00'), (x'ff00'), (x'7f');
        CREATE TABLE blanks (k char(4) PRIMARY KEY); INSERT INTO blanks VALUES ('a'), ('ab'), ('');
        CREATE TABLE decimals (k decimal(65,30) PRIMARY KEY); INSERT INTO decimals VALUES (1.10), (1e30), (-0.5), (0);
        CREATE TABLE prices (k decimal(10,2) PRIMARY KEY); INSERT INTO prices VALUES (1.10), (12.34), (-0.5), (0);
        CREATE TABLE floats (k float PRIMARY KEY); INSERT INTO floats VALUES (0.1), (1e-30), (-7.25), (16777216);
        CREATE TABLE doubles (k double PRIMARY KEY); INSERT INTO doubles VALUES (0.1), (1e-300), (-7.25);
        CREATE TABLE moments (k timestamp(6) PRIMARY KEY); INSERT INTO moments VALUES ('2024-01-01 00:00:00.000001'), ('1970-01-01 00:00:01'), ('2038-01-19 03:14:07');
        CREATE TABLE times (k time(3) PRIMARY KEY); INSERT INTO times VALUES ('-838:59:59'), ('00:00'), ('12:00:00.5');
        CREATE TABLE datetimes (k datetime(3) PRIMARY KEY); INSERT INTO datetimes VALUES ('0000-00-00'), ('9999-12-31 23:59:59.999'), ('2024-02-29');
        CREATE TABLE days (k date PRIMARY KEY); INSERT INTO days VALUES ('0000-00-00'), ('9999-12-31'), ('2024-02-29');
        CREATE TABLE years (k year PRIMARY KEY); INSERT INTO years VALUES (0), (1901), (2155);
        CREATE TABLE enums (k enum('happy', 'sad', 'ok') PRIMARY KEY); INSERT INTO enums VALUES ('happy'), ('sad'), ('ok');
        CREATE TABLE sets (k set('a', 'b', 'c') PRIMARY KEY); INSERT INTO sets VALUES ('a,c'), ('b'), ('');
        CREATE TABLE bits (k bit(10) PRIMARY KEY); INSERT INTO bits VALUES (b'1000000001'), (b'0');
        CREATE TABLE nets (k inet6 PRIMARY KEY); INSERT INTO nets VALUES ('::1'), ('2001:db8::1');
        CREATE TABLE huge (k bigint unsigned PRIMARY KEY); INSERT INTO huge VALUES (18446744073709551615), (0), (9223372036854775808);
        CREATE TABLE small (k tinyint PRIMARY KEY); INSERT INTO small VALUES (-128), (0), (127);
        CREATE TABLE not_primary (n int, k int NOT NULL UNIQUE); INSERT INTO not_primary VALUES (1, 3), (2, 1), (3, 2);",
    )
    .await;
    let tables = place.discover().await;
    assert_eq!(tables.len(), if place.family == MysqlFamily::Mariadb { 24 } else { 22 });
    for schema in tables {
        let name = schema.id().name().to_owned();
        let table = place.table(&name, None, Some("k")).await;
        let copy = place.read(&table, None, 1).await;
        let count = place.ask(&format!("SELECT count(*) FROM {name}")).await;
        assert_eq!(copy.rows().len().to_string(), count, "{name}");
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
        "CREATE TABLE t (n int); INSERT INTO t SELECT seq FROM seq_1_to_10; CREATE VIEW v AS SELECT * FROM t",
    )
    .await;
    for name in ["t", "v"] {
        let table = place.table(name, None, None).await;
        let copy = place.read(&table, None, 4).await;
        assert_eq!(copy.rows().len(), 10);
        let marked: Vec<_> = copy.batches.iter().map(|batch| batch.watermark.is_some()).collect();
        assert_eq!(marked, [true, false, false, true], "{name}");
        let again = place.read(&table, copy.batches[0].watermark.as_ref(), 100).await;
        assert_eq!((again.rows().len(), again.end), (10, End::Complete), "{name}");
        let poll = place.read(&table, Some(&copy.watermark()), 100).await;
        assert!(poll.batches.is_empty(), "{name} can only be copied");
    }
}

#[tokio::test]
async fn a_partitioned_table_is_read_whole() {
    let place = Place::with(
        "CREATE TABLE whole (id int PRIMARY KEY, n int) PARTITION BY RANGE (id) (PARTITION low VALUES LESS THAN (10), PARTITION high VALUES LESS THAN (100));
         INSERT INTO whole SELECT seq, seq FROM seq_0_to_29;",
    )
    .await;
    let table = place.table("whole", None, Some("id")).await;
    assert_eq!(place.read(&table, None, 7).await.column(0), numbers(0..30));
}

#[tokio::test]
async fn generated_and_invisible_columns_are_read() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, n int INVISIBLE DEFAULT 7, twice int AS (n * 2) VIRTUAL, thrice int AS (n * 3) STORED);
         INSERT INTO t (id) VALUES (1)",
    )
    .await;
    let table = place.table("t", None, Some("id")).await;
    assert_eq!(place.read(&table, None, 7).await.rows(), [["1", "7", "14", "21"]]);
}

#[tokio::test]
async fn an_empty_table_is_complete_at_once() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY, at timestamp)").await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let copy = place.read(&table, None, 4).await;
    assert_eq!((copy.rows().len(), copy.end), (0, End::Complete));
    place.run("INSERT INTO t VALUES (1, '2024-01-01')").await;
    assert_eq!(place.read(&table, Some(&copy.watermark()), 4).await.column(0), ["1"]);
}

/// What is gone from the table while it is copied is still in its snapshot; and nobody waits for us but who changes its definition.
#[tokio::test]
async fn a_copy_is_of_one_moment() {
    let place = Place::with(TEN).await;
    let table = place.table("t", Some("at"), Some("id")).await;
    let mut reader = place.start(Scope::Table(table), None, 1).await.unwrap();
    next_batch(reader.as_mut()).await;
    place.run("DELETE FROM t WHERE id > 5; INSERT INTO t VALUES (0, now(), 'new')").await;
    let mut seen = Vec::new();
    for _ in 0..10 {
        seen.extend(crate::place::rows(&next_batch(reader.as_mut()).await).into_iter().map(|row| row[0].clone()));
    }
    assert_eq!(seen, numbers(1..=10));
}

/// The statements a scan would sort for come from an index; a copy must not make the server sort the table.
#[tokio::test]
async fn a_copy_follows_the_clustered_index() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, n int, KEY (n)); INSERT INTO t SELECT seq, seq FROM seq_1_to_5000; ANALYZE TABLE t",
    )
    .await;
    let explained = place.ask("EXPLAIN FORMAT=JSON SELECT data_sync_row.`id`, data_sync_row.`n` FROM t AS data_sync_row WHERE data_sync_row.`id` > 7 ORDER BY data_sync_row.`id` ASC").await;
    assert!(explained.contains("\"PRIMARY\"") && !explained.contains("filesort"), "{explained}");
}

#[tokio::test]
async fn a_position_of_another_key_is_expired() {
    let place =
        Place::with("CREATE TABLE t (a int, b int, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, 1), (2, 2)").await;
    let table = place.table("t", None, Some("a")).await;
    let copy = place.read(&table, None, 1).await;
    let broken = copy.batches[1].watermark.clone().unwrap();
    let more = sync_core::Cursor::new(
        broken.token().replace("\"copied\":{\"values\":[\"1\",", "\"copied\":{\"values\":[\"1\",\"1\","),
    );
    assert_ne!(more.token(), broken.token());
    let error = place.give(Scope::Table(table), Some(&more), 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert!(error.message().contains("its stored position has 3 values for 2 columns"), "{error}");
}
