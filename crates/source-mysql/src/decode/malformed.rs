//! Whatever a server sends: a value, or an error. Never a panic.

use std::sync::Arc;

use mysql_async::Value;
use proptest::prelude::*;
use sync_core::{Column, DataType, ErrorKind, Op, RowBatch, TableId, TableSchema, ValueKind};

use super::{Decoder, Number};

fn decoders() -> Vec<Decoder> {
    let mut decoders = vec![
        Decoder::Integer,
        Decoder::Unsigned,
        Decoder::Float,
        Decoder::Double,
        Decoder::Digits,
        Decoder::Text,
        Decoder::Bytes,
        Decoder::Date,
        Decoder::Geometry,
        Decoder::Vector,
    ];
    decoders.extend((0..=7).map(|fraction| Decoder::Time { fraction }));
    decoders.extend([true, false].map(|utc| Decoder::Timestamp { utc }));
    for form in [ValueKind::Integer, ValueKind::Real, ValueKind::Text] {
        decoders.push(Decoder::Decimal(form));
        decoders.extend([0, 1, 8, 9, 63, 64, 65, 72, u16::MAX].map(|length| Decoder::Bits { length, form }));
    }
    let numbers = [Number::Integer, Number::Unsigned, Number::Float, Number::Double, Number::Decimal];
    decoders.extend(numbers.map(Decoder::AsInteger));
    decoders.extend(numbers.map(Decoder::AsReal));
    decoders
}

/// Parts of dates and times within and beyond their bounds, texts that look like numbers, and bytes of any kind.
fn value() -> impl Strategy<Value = Value> {
    let small = || prop_oneof![0_u8..61, any::<u8>()];
    let year = prop_oneof![0_u16..10_001, any::<u16>()];
    let microseconds = || prop_oneof![0_u32..1_000_001, any::<u32>()];
    let edge = prop::sample::select(vec![0x00, 0x01, 0x7f, 0x80, 0xff]);
    prop_oneof![
        Just(Value::NULL),
        any::<i64>().prop_map(Value::Int),
        any::<u64>().prop_map(Value::UInt),
        any::<u32>().prop_map(|bits| Value::Float(f32::from_bits(bits))),
        any::<u64>().prop_map(|bits| Value::Double(f64::from_bits(bits))),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        prop::collection::vec(edge, 0..20).prop_map(Value::Bytes),
        "[-+.0-9e]{0,30}|-?[0-9]{1,400}(\\.[0-9]{1,40})?".prop_map(|text| Value::Bytes(text.into_bytes())),
        (year, small(), small(), small(), small(), small(), microseconds())
            .prop_map(|(year, month, day, h, m, s, us)| Value::Date(year, month, day, h, m, s, us)),
        (any::<bool>(), prop_oneof![0_u32..35, any::<u32>()], small(), small(), small(), microseconds())
            .prop_map(|(negative, days, h, m, s, us)| Value::Time(negative, days, h, m, s, us)),
    ]
}

fn batch() -> RowBatch {
    let schema = TableSchema::builder(TableId::new("shop", "t")).column(Column::new("c", DataType::Text)).build();
    RowBatch::new(Arc::new(schema.unwrap()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_is_a_value_or_an_error(value in value()) {
        for decoder in decoders() {
            let mut rows = batch();
            let pushed = decoder.push(&value, &mut rows);
            // One cell, or none: a row can only be ended when it has as many as the table.
            let ended = rows.end_row(Op::Upsert).map_err(|error| error.kind());
            let refused = if pushed.is_ok() { ErrorKind::Value } else { ErrorKind::Internal };
            prop_assert_eq!(ended.err().unwrap_or(refused), refused, "{:?}", decoder);
            prop_assert!(pushed.is_ok() || ended.is_err(), "{:?}: a cell of what is none", decoder);
            let written = decoder.write(&value, &mut String::new());
            let has_text = written.is_ok() || value == Value::NULL;
            // What ends a row of one cell has a text, and what does not has none that is UTF-8.
            prop_assert!(pushed.is_err() || ended.is_ok() == has_text, "{:?}: {:?}", decoder, ended);
            decoder.milliseconds(&value);
        }
    }
}
