//! Every value is read back as it came, or refused.

use std::sync::Arc;

use proptest::prelude::*;
use sink_sqlite::rusqlite::types::Value as Stored;
use sync_core::{Column, DataType, Op, ReplicaTable, Sink, TableId, TableSchema, Value};

use crate::fixture::{Replica, publish, rows, table, write};

const INTEGER: DataType = DataType::Integer;
const MONEY: DataType = DataType::Decimal { precision: 12, scale: 2 };
const LONG: DataType = DataType::Decimal { precision: 30, scale: 10 };

/// Stores one value in a column of this type and reads it back.
fn stored(data_type: DataType, value: Value<'_>) -> Result<Stored, sync_core::Error> {
    let replica = Replica::new();
    let table = table("tmp_t", &[("id", INTEGER), ("value", data_type)], &["id"]);
    publish(&mut replica.open(), &table, &rows(&table, &[(Op::Upsert, &[Value::Integer(1), value])]))?;
    Ok(replica.query("SELECT value FROM tmp_t").remove(0).remove(0))
}

/// Why a row is not stored.
fn refused(table: &ReplicaTable, values: &[Value<'_>]) -> String {
    let replica = Replica::new();
    let mut sink = replica.open();
    assert_eq!(publish(&mut sink, table, &rows(table, &[(Op::Upsert, values)])).unwrap().failed, 1);
    assert_eq!(replica.number("SELECT count(*) FROM tmp_t"), 0);
    sink.failed_rows(table, 1).unwrap().remove(0).error
}

fn text(text: &str) -> Stored {
    Stored::Text(text.to_owned())
}

#[test]
fn values_are_kept_in_the_form_they_come_in() {
    let edge = 1_i64 << 53;
    for (data_type, value, expected) in [
        (INTEGER, Value::Integer(i64::MIN), Stored::Integer(i64::MIN)),
        (INTEGER, Value::Integer(i64::MAX), Stored::Integer(i64::MAX)),
        (DataType::Boolean, Value::Integer(1), Stored::Integer(1)),
        (DataType::Real, Value::Real(0.1), Stored::Real(0.1)),
        (DataType::Real, Value::Real(f64::MAX), Stored::Real(f64::MAX)),
        (DataType::Real, Value::Real(f64::MIN_POSITIVE / 4.0), Stored::Real(f64::MIN_POSITIVE / 4.0)),
        (DataType::Real, Value::Real(f64::INFINITY), Stored::Real(f64::INFINITY)),
        (DataType::Real, Value::Real(f64::NEG_INFINITY), Stored::Real(f64::NEG_INFINITY)),
        (DataType::Real, Value::Integer(edge), Stored::Real(9_007_199_254_740_992.0)),
        (MONEY, Value::Real(9_999_999_999.99), Stored::Real(9_999_999_999.99)),
        (LONG, Value::Text("12345678901234567890.0123456789"), text("12345678901234567890.0123456789")),
        (LONG, Value::Text("1.50"), text("1.50")),
        (DataType::UnsignedInteger, Value::Text("18446744073709551615"), text("18446744073709551615")),
        (DataType::UnsignedInteger, Value::Integer(5), text("5")),
        (DataType::Text, Value::Text("007"), text("007")),
        (DataType::Text, Value::Text("1e5"), text("1e5")),
        (DataType::Text, Value::Text(""), text("")),
        (DataType::Text, Value::Text("a\0b"), text("a\0b")),
        (DataType::Text, Value::Text("Zoë ✓ 𝄞"), text("Zoë ✓ 𝄞")),
        (DataType::Json, Value::Text("[1]"), text("[1]")),
        (DataType::Bytes, Value::Bytes(b"\0\xff"), Stored::Blob(b"\0\xff".to_vec())),
        (DataType::Bytes, Value::Bytes(b""), Stored::Blob(Vec::new())),
        (DataType::Bytes, Value::Text("1"), text("1")),
        (DataType::Date, Value::Text("infinity"), text("infinity")),
        (DataType::Text, Value::Null, Stored::Null),
        (DataType::Real, Value::Null, Stored::Null),
    ] {
        assert_eq!(stored(data_type, value).unwrap(), expected, "{value:?} as {data_type:?}");
    }
}

#[test]
fn values_beside_the_numbers_stay_text() {
    for odd in ["NaN", "Infinity", "-Infinity", "nan", ""] {
        for data_type in [INTEGER, DataType::Real, MONEY, DataType::Bits { length: Some(8) }] {
            assert_eq!(stored(data_type, Value::Text(odd)).unwrap(), text(odd), "{odd:?} as {data_type:?}");
        }
    }
    assert_eq!(stored(DataType::Real, Value::Real(f64::NAN)).unwrap(), text("NaN"));
}

#[test]
fn the_sign_of_zero_is_not_kept() {
    let Stored::Real(zero) = stored(DataType::Real, Value::Real(-0.0)).unwrap() else { panic!("not a real") };
    assert_eq!(zero.to_bits(), 0.0_f64.to_bits());
}

#[test]
fn values_that_a_column_would_change_are_refused() {
    for (data_type, value) in [
        (INTEGER, Value::Text("1e5")),
        (DataType::Real, Value::Text(" 12 ")),
        (DataType::Real, Value::Integer(i64::MAX)),
        (DataType::Text, Value::Real(0.1)),
    ] {
        let table = table("tmp_t", &[("id", INTEGER), ("value", data_type)], &["id"]);
        let error = refused(&table, &[Value::Integer(1), value]);
        assert!(error.contains("column \"value\""), "{value:?} as {data_type:?}: {error}");
    }
}

#[test]
fn a_key_is_never_null_and_an_integer_key_never_text() {
    for (key, value, words) in [
        (INTEGER, Value::Null, "column \"id\": a key can't be NULL"),
        (INTEGER, Value::Text("NaN"), "holds only integers"),
        (INTEGER, Value::Real(1.5), "holds only integers"),
        (DataType::Text, Value::Null, "column \"id\": a key can't be NULL"),
    ] {
        let table = table("tmp_t", &[("id", key), ("x", INTEGER)], &["id"]);
        let error = refused(&table, &[value, Value::Null]);
        assert!(error.contains(words), "{value:?}: {error}");
    }
}

#[test]
fn a_change_of_form_is_a_change() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let table = table("tmp_t", &[("id", INTEGER), ("a", DataType::Bytes), ("b", DataType::Real)], &["id"]);
    let forms = [
        [Value::Null, Value::Null],
        [Value::Text("x"), Value::Real(f64::NAN)],
        [Value::Bytes(b"x"), Value::Real(1.0)],
        [Value::Bytes(b""), Value::Real(f64::INFINITY)],
        [Value::Text(""), Value::Text("Infinity")],
    ];
    publish(&mut sink, &table, &rows(&table, &[])).unwrap();
    for [a, b] in forms {
        let row = rows(&table, &[(Op::Upsert, &[Value::Integer(1), a, b])]);
        assert_eq!(write(&mut sink, &table, &row).unwrap().changed, 1, "{a:?} {b:?}");
        assert_eq!(write(&mut sink, &table, &row).unwrap().unchanged, 1, "{a:?} {b:?}");
    }
}

#[derive(Clone, Debug)]
enum Any {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Any {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(value) => Value::Integer(*value),
            Self::Real(value) => Value::Real(*value),
            Self::Text(value) => Value::Text(value),
            Self::Bytes(value) => Value::Bytes(value),
        }
    }

    fn stored(&self) -> Stored {
        match self {
            Self::Null => Stored::Null,
            Self::Integer(value) => Stored::Integer(*value),
            Self::Real(value) if value.is_nan() => text("NaN"),
            // `==` takes both zeros for one.
            Self::Real(value) => Stored::Real(*value),
            Self::Text(value) => text(value),
            Self::Bytes(value) => Stored::Blob(value.clone()),
        }
    }
}

/// A value in the form that its column calls for.
fn fitting() -> impl Strategy<Value = (DataType, Any)> {
    prop_oneof![
        any::<i64>().prop_map(|value| (INTEGER, Any::Integer(value))),
        any::<f64>().prop_map(|value| (DataType::Real, Any::Real(value))),
        any::<String>().prop_map(|value| (DataType::Text, Any::Text(value))),
        "[0-9eE+. -]{0,8}".prop_map(|value| (DataType::Number, Any::Text(value))),
        any::<Vec<u8>>().prop_map(|value| (DataType::Bytes, Any::Bytes(value))),
        Just((DataType::Real, Any::Null)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn random_rows_are_read_back_as_they_came(cells in prop::collection::vec(fitting(), 1..40)) {
        let mut schema = TableSchema::builder(TableId::unqualified("t")).column(Column::new("id", INTEGER)).key(["id"]);
        for (number, (data_type, _)) in cells.iter().enumerate() {
            schema = schema.column(Column::new(format!("c{number}"), *data_type));
        }
        let table = ReplicaTable::new("tmp_t", Arc::new(schema.build().unwrap()));
        let values: Vec<_> = std::iter::once(Value::Integer(0)).chain(cells.iter().map(|(_, any)| any.value())).collect();
        let replica = Replica::new();
        publish(&mut replica.open(), &table, &rows(&table, &[(Op::Upsert, &values)])).unwrap();
        let expected: Vec<_> = std::iter::once(Stored::Integer(0)).chain(cells.iter().map(|(_, any)| any.stored())).collect();
        prop_assert_eq!(replica.query("SELECT * FROM tmp_t").remove(0), expected);
    }
}
