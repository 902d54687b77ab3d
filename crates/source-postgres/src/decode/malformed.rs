//! Whatever bytes a server sends: a value, or an error. Never a panic.

use std::sync::Arc;

use proptest::prelude::*;
use sync_core::{Column, DataType, ErrorKind, Op, RowBatch, TableId, TableSchema, ValueKind};

use super::{Decoder, Number};

const NUMBERS: [Number; 8] = [
    Number::Bool,
    Number::Int2,
    Number::Int4,
    Number::Int8,
    Number::Uint4,
    Number::Float4,
    Number::Float8,
    Number::Numeric,
];

fn decoders() -> Vec<Decoder> {
    let mut decoders = vec![
        Decoder::Bool,
        Decoder::Int2,
        Decoder::Int4,
        Decoder::Int8,
        Decoder::Uint4,
        Decoder::Float4,
        Decoder::Float8,
        Decoder::Text,
        Decoder::Jsonb,
        Decoder::Bytes,
        Decoder::Date,
        Decoder::Time,
        Decoder::TimeTz,
        Decoder::Timestamp,
        Decoder::TimestampTz,
        Decoder::Interval,
        Decoder::Uuid,
    ];
    for kind in [ValueKind::Integer, ValueKind::Real, ValueKind::Text] {
        decoders.extend([Decoder::Numeric(kind), Decoder::Bits(kind)]);
    }
    decoders.extend(NUMBERS.map(Decoder::AsInteger));
    decoders.extend(NUMBERS.map(Decoder::AsReal));
    decoders
}

/// Bytes as long as the types are, with the integers' ends among them, and heads of numerics and bit strings that lie about the rest.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let edge = prop::sample::select(vec![0x00, 0x01, 0x7f, 0x80, 0xff]);
    let numeric = (
        prop_oneof![0_u16..6, any::<u16>()],
        any::<i16>(),
        prop::sample::select(vec![0_u16, 0x4000, 0xc000, 0xd000, 0xf000, 7]),
        prop_oneof![0_u16..40, any::<u16>()],
        prop::collection::vec(any::<u16>(), 0..6),
    );
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::vec(edge, 0..20),
        numeric.prop_map(|(count, weight, sign, scale, groups)| {
            let count = if count < 6 { groups.len() as u16 } else { count };
            let head = [count, weight as u16, sign, scale];
            head.iter().chain(&groups).flat_map(|part| part.to_be_bytes()).collect()
        }),
        (-1_i32..80, prop::collection::vec(any::<u8>(), 0..10))
            .prop_map(|(length, bits)| { length.to_be_bytes().into_iter().chain(bits).collect() }),
    ]
}

fn batch() -> RowBatch {
    let schema = TableSchema::builder(TableId::new("public", "t")).column(Column::new("c", DataType::Text)).build();
    RowBatch::new(Arc::new(schema.unwrap()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_value_or_an_error(raw in bytes()) {
        for decoder in decoders() {
            let mut rows = batch();
            let pushed = decoder.push(&raw, &mut rows);
            // One cell, or none: a row can only be ended when it has as many as the table.
            let ended = rows.end_row(Op::Upsert).map_err(|error| error.kind());
            let refused = if pushed.is_ok() { ErrorKind::Value } else { ErrorKind::Internal };
            prop_assert_eq!(ended.err().unwrap_or(refused), refused, "{:?}", decoder);
            prop_assert!(pushed.is_ok() || ended.is_err(), "{:?}: a cell of what is none", decoder);
            let written = decoder.write(&raw, &mut String::new());
            // What ends a row of one cell has a text, and what does not has none that is UTF-8.
            prop_assert!(pushed.is_err() || ended.is_ok() == written.is_ok(), "{:?}: {:?}", decoder, ended);
            decoder.milliseconds(&raw);
        }
    }
}
