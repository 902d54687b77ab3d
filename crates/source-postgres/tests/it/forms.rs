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

const NUMBERS: &str = "CREATE TABLE t (id int PRIMARY KEY, b boolean, i2 smallint, i4 int, i8 bigint, o oid, x xid8, f4 real, f8 float8, n numeric, d numeric(12,2), m money);
    INSERT INTO t VALUES (1, true, -2, 3, 9007199254740993, 4294967295, '7', 2.5, 0.1, 12345678901234567890.5, 12.30, 1.50),
        (2, false, -2, 3, -4, 0, '9223372036854775807', -3, 1e15, 100000, -7.00, -2.00),
        (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);";

#[tokio::test]
async fn numbers_come_as_texts_and_as_doubles() {
    let place = Place::with(NUMBERS);
    let text = place.read(&read_as(&place, "t", ReadAs::Text).await, None, 10).await.rows();
    let n = "∅";
    assert_eq!(
        text,
        [
            vec![
                "1",
                "t",
                "-2",
                "3",
                "9007199254740993",
                "4294967295",
                "7",
                "2.5",
                "0.1",
                "12345678901234567890.5",
                "12.30",
                "1.50"
            ],
            vec!["2", "f", "-2", "3", "-4", "0", "9223372036854775807", "-3", "1e+15", "100000", "-7.00", "-2.00"],
            vec!["3", n, n, n, n, n, n, n, n, n, n, n],
        ]
    );
    let real = place.read(&read_as(&place, "t", ReadAs::Real).await, None, 10).await.rows();
    assert_eq!(
        real[0][1..],
        [
            "1.0",
            "-2.0",
            "3.0",
            "9007199254740992.0",
            "4294967295.0",
            "7.0",
            "2.5",
            "0.1",
            "1.2345678901234567e19",
            "12.3",
            "1.5"
        ]
    );
    assert_eq!(real[2][1..], ["∅"; 11]);
}

#[tokio::test]
async fn a_number_that_does_not_fit_fails_its_row_and_no_other() {
    let place = Place::with(NUMBERS);
    let copy = place.read(&read_as(&place, "t", ReadAs::Integer).await, None, 10).await;
    assert_eq!(
        copy.rows()[0][..],
        ["2", "0", "-2", "3", "-4", "0", "9223372036854775807", "-3", "1000000000000000", "100000", "-7", "-2"]
    );
    let failed: Vec<_> = copy.batches.iter().flat_map(|batch| &batch.failed).collect();
    assert_eq!((failed.len(), failed[0].key.as_str()), (1, "[\"1\"]"));
    assert_eq!(failed[0].error, "column \"f4\" of type real: 2.5e0 is not a whole number of 64 bits");
    for (native, value, form, error) in [
        ("numeric", "'1e400'", ReadAs::Real, "… is not within the range of a double"),
        ("numeric", "-1e400", ReadAs::Real, "is not within the range of a double"),
        ("numeric", "9223372036854775808", ReadAs::Integer, "9223372036854775808 is not a whole number of 64 bits"),
        ("numeric", "'NaN'", ReadAs::Integer, "NaN is not a whole number of 64 bits"),
        ("numeric", "1.5", ReadAs::Integer, "1.5 is not a whole number of 64 bits"),
        ("float8", "'Infinity'", ReadAs::Integer, "Infinity is not a whole number of 64 bits"),
        ("float8", "9223372036854775808", ReadAs::Integer, "9.223372036854776e18 is not"),
        ("xid8", "'18446744073709551615'", ReadAs::Integer, "18446744073709551615 is not a whole number of 64 bits"),
    ] {
        let sql = format!(
            "DROP TABLE IF EXISTS s; CREATE TABLE s (id int PRIMARY KEY, c {native}); INSERT INTO s VALUES (1, {value}), (2, NULL)"
        );
        place.database.execute(&sql).unwrap();
        let copy = place.read(&read_as(&place, "s", form).await, None, 10).await;
        assert_eq!(copy.column(0), ["2"], "{value}");
        let failed = copy.batches.iter().flat_map(|batch| &batch.failed).next().unwrap();
        assert!(failed.error.contains(error), "{value}: {}", failed.error);
    }
}

#[tokio::test]
async fn what_is_no_number_comes_in_the_servers_words() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz, b bytea, j jsonb, a text[], i inet, c char(3));
         INSERT INTO t VALUES (1, '2024-02-29 12:00+00', '\\x00ff', '{\"a\":  1}', '{x,NULL,\"y z\"}', '10.0.0.1', 'a')",
    );
    let copy = place.read(&read_as(&place, "t", ReadAs::Text).await, None, 10).await;
    let expected = ["1", "2024-02-29 12:00:00+00", "\\x00ff", "{\"a\": 1}", "{x,NULL,\"y z\"}", "10.0.0.1", "a  "];
    assert_eq!(copy.rows(), [expected]);
}

/// `IS NOT NULL` is false of a composite that lacks any part.
#[tokio::test]
async fn a_composite_without_some_part_is_a_text_and_not_nothing() {
    let place = Place::with(
        "CREATE TYPE pair AS (a int, b text); CREATE DOMAIN couple AS pair;
         CREATE TABLE t (id int PRIMARY KEY, p pair, d couple);
         INSERT INTO t VALUES (1, ROW(1, NULL), ROW(NULL, 'x')), (2, ROW(NULL, NULL), ROW(NULL, NULL)), (3, NULL, NULL)",
    );
    let copy = place.read(&read_as(&place, "t", ReadAs::Text).await, None, 10).await;
    assert_eq!(copy.rows(), [["1", "(1,)", "(,x)"], ["2", "(,)", "(,)"], ["3", "∅", "∅"]]);
}

#[tokio::test]
async fn special_numbers_stay_what_they_are_as_doubles() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, n numeric, f real); INSERT INTO t VALUES (1, 'NaN', 'NaN'), (2, 1e-400, '-Infinity')",
    );
    let copy = place.read(&read_as(&place, "t", ReadAs::Real).await, None, 10).await;
    assert_eq!(copy.rows(), [["1", "NaN", "NaN"], ["2", "0.0", "-inf"]]);
}

/// Doubles can't tell these stamps and numbers apart; the cursor must.
#[tokio::test]
async fn a_position_is_exact_in_whatever_form_its_column_is_read() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, seq numeric(38,10) NOT NULL, at timestamptz NOT NULL);
         INSERT INTO t VALUES (1, 12345678901234567890.0000000001, '2024-01-01 00:00:00.000001+00')",
    );
    for (timestamp, form) in [("seq", ReadAs::Real), ("seq", ReadAs::Text), ("at", ReadAs::Text)] {
        let table = read_as(&place, "t", form).await;
        let schema = only(&table, timestamp);
        place.database.execute("DELETE FROM t WHERE id > 1").unwrap();
        let start = place.read(&schema, None, 10).await.watermark();
        place
            .database
            .execute("INSERT INTO t VALUES (2, 12345678901234567890.0000000002, '2024-01-01 00:00:00.000002+00')")
            .unwrap();
        let poll = place.read(&schema, Some(&start), 10).await;
        assert_eq!(poll.column(0), ["2"], "{timestamp} as {form:?}");
        let moment = (timestamp == "at").then_some(1_704_067_200_000);
        assert_eq!(poll.watermark().timestamp_ms(), moment, "people still see how far in time it is");
        assert!(place.read(&schema, Some(&poll.watermark()), 10).await.batches.is_empty());
    }
}

/// The same table with the key and this column alone: a plan may leave columns out.
fn only(table: &SourceTable, name: &str) -> Arc<SourceTable> {
    let kept = table.schema.columns().iter().filter(|column| column.name == "id" || column.name == name);
    let builder = TableSchema::builder(table.schema.id().clone()).key(["id"]);
    let schema = kept.fold(builder, |builder, column| builder.column(column.clone())).build().unwrap();
    let position = schema.position(name);
    Arc::new(SourceTable::new(Arc::new(schema)).cursor_columns(position, Some(0)))
}
