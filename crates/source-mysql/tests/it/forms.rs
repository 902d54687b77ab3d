//! Columns read in a form that somebody chose.

use std::sync::Arc;

use sync_core::plan::ReadAs;
use sync_core::{DataType, SourceTable, TableSchema};

use crate::place::Place;

/// The table with all columns but the first, which is the key, read so.
async fn read_as(place: &Place, name: &str, form: ReadAs) -> Arc<SourceTable> {
    let data_type = match form {
        ReadAs::Integer => DataType::Integer,
        ReadAs::Real => DataType::Real,
        _ => DataType::Text,
    };
    let schema = place.schema(name).await;
    let mut builder = TableSchema::builder(schema.id().clone()).kind(schema.kind()).key(["id"]);
    for (position, column) in schema.columns().iter().enumerate() {
        let mut chosen = column.clone();
        (chosen.data_type, chosen.read_as) = (data_type, Some(form));
        builder = builder.column(if position == 0 { column.clone() } else { chosen });
    }
    Arc::new(SourceTable::new(Arc::new(builder.build().unwrap())))
}

const NUMBERS: &str = "CREATE TABLE t (id int PRIMARY KEY, b boolean, i int, u bigint unsigned, y year, f float, d double, n decimal(30,10), m decimal(12,2), w decimal(18,0));
    INSERT INTO t VALUES (1, true, -2, 18446744073709551615, 2024, 16777217.5, 0.1, 12345678901234567890.5, 12.30, 7),
        (2, false, -2, 9223372036854775807, 1901, -3, 1e15, 100000, -7.00, -7),
        (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);";

#[tokio::test]
async fn numbers_come_as_texts_and_as_doubles() {
    let place = Place::with(NUMBERS).await;
    let text = place.read(&read_as(&place, "t", ReadAs::Text).await, None, 10).await.rows();
    let n = "∅";
    let first = [
        "1",
        "1",
        "-2",
        "18446744073709551615",
        "2024",
        "16777218",
        "0.1",
        "12345678901234567890.5000000000",
        "12.30",
        "7",
    ];
    let second = ["2", "0", "-2", "9223372036854775807", "1901", "-3", "1e15", "100000.0000000000", "-7.00", "-7"];
    assert_eq!(text, [first, second, ["3", n, n, n, n, n, n, n, n, n]]);
    let real = place.read(&read_as(&place, "t", ReadAs::Real).await, None, 10).await.rows();
    let expected =
        ["1.0", "-2.0", "1.8446744073709552e19", "2024.0", "16777218.0", "0.1", "1.2345678901234567e19", "12.3", "7.0"];
    assert_eq!(real[0][1..], expected);
    assert_eq!(real[2][1..], [n; 9]);
}

#[tokio::test]
async fn a_number_that_does_not_fit_fails_its_row_and_no_other() {
    let place = Place::with(NUMBERS).await;
    let copy = place.read(&read_as(&place, "t", ReadAs::Integer).await, None, 10).await;
    let whole = ["2", "0", "-2", "9223372036854775807", "1901", "-3", "1000000000000000", "100000", "-7", "-7"];
    assert_eq!(copy.rows()[0][..], whole);
    let failed: Vec<_> = copy.batches.iter().flat_map(|batch| &batch.failed).collect();
    assert_eq!((failed.len(), failed[0].key.as_str()), (1, "[\"1\"]"));
    let text = "column \"u\" of type bigint(20) unsigned: 18446744073709551615 is not a whole number of 64 bits";
    assert_eq!(failed[0].error.replace("bigint unsigned", "bigint(20) unsigned"), text);
    for (native, value, error) in [
        ("float", "2.5", "2.5e0 is not a whole number of 64 bits"),
        ("double", "9223372036854775808", "9.223372036854776e18 is not a whole number of 64 bits"),
        ("decimal(65,0)", "9223372036854775808", "9223372036854775808 is not a whole number of 64 bits"),
        ("decimal(30,1)", "1.5", "1.5 is not a whole number of 64 bits"),
    ] {
        place.run(&format!("DROP TABLE IF EXISTS s; CREATE TABLE s (id int PRIMARY KEY, c {native})")).await;
        place.run(&format!("INSERT INTO s VALUES (1, {value}), (2, NULL)")).await;
        let copy = place.read(&read_as(&place, "s", ReadAs::Integer).await, None, 10).await;
        assert_eq!(copy.column(0), ["2"], "{value}");
        let failed = copy.batches.iter().flat_map(|batch| &batch.failed).next().unwrap();
        assert!(failed.error.ends_with(error), "{value}: {}", failed.error);
    }
}

#[tokio::test]
async fn what_is_no_number_comes_in_the_servers_words() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamp(3) NULL, d date, tm time(1), v varbinary(9), b bit(3), g point, e enum('x','y'), c char(3));
         INSERT INTO t VALUES (1, '2024-02-29 12:00:00.5', '2024-02-29', '-100:00:00.5', 'text', 5, ST_GeomFromText('POINT(1 2)'), 'y', 'a')",
    )
    .await;
    let copy = place.read(&read_as(&place, "t", ReadAs::Text).await, None, 10).await;
    let expected =
        ["1", "2024-02-29 12:00:00.500", "2024-02-29", "-100:00:00.5", "text", "101", "POINT(1 2)", "y", "a"];
    assert_eq!(copy.rows(), [expected]);
}

#[tokio::test]
async fn bytes_that_are_no_text_fail_their_row_and_no_other() {
    let sql =
        "CREATE TABLE t (id int PRIMARY KEY, b blob); INSERT INTO t VALUES (1, 'ok'), (2, x'6f6bff'), (3, 'fine')";
    let place = Place::with(sql).await;
    let copy = place.read(&read_as(&place, "t", ReadAs::Text).await, None, 10).await;
    assert_eq!(copy.rows(), [["1", "ok"], ["3", "fine"]]);
    let failed: Vec<_> = copy.batches.iter().flat_map(|batch| &batch.failed).collect();
    assert_eq!((failed.len(), failed[0].key.as_str()), (1, "[\"2\"]"));
    assert_eq!(failed[0].error, "column \"b\" of type blob: not UTF-8 at byte 2");
}

/// The server's words of a stamp are not its position, which must not lose a microsecond.
#[tokio::test]
async fn a_position_is_exact_in_whatever_form_its_column_is_read() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamp(6) NOT NULL);
         INSERT INTO t VALUES (1, '2024-01-01 00:00:00.000001')",
    )
    .await;
    let schema = only(&*read_as(&place, "t", ReadAs::Text).await, "at");
    let start = place.read(&schema, None, 10).await.watermark();
    place.run("INSERT INTO t VALUES (2, '2024-01-01 00:00:00.000002')").await;
    let poll = place.read(&schema, Some(&start), 10).await;
    assert_eq!(poll.rows(), [["2", "2024-01-01 00:00:00.000002"]]);
    let moment = Some(1_704_067_200_000);
    assert_eq!(poll.watermark().timestamp_ms(), moment, "people still see how far in time it is");
}

/// The same table with the key and this column alone: a plan may leave columns out.
fn only(table: &SourceTable, name: &str) -> Arc<SourceTable> {
    let kept = table.schema.columns().iter().filter(|column| column.name == "id" || column.name == name);
    let builder = TableSchema::builder(table.schema.id().clone()).key(["id"]);
    let schema = kept.fold(builder, |builder, column| builder.column(column.clone())).build().unwrap();
    let position = schema.position(name);
    Arc::new(SourceTable::new(Arc::new(schema)).cursor_columns(position, Some(0)))
}
