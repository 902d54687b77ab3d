//! Values as a server might send them, read as each type: a value or an error, and a row of one cell or none.
#![no_main]
#![allow(missing_docs, dead_code)]

#[path = "../../src/decode/mod.rs"]
mod decode;

use std::sync::{Arc, LazyLock};

use decode::{Decoder, Number};
use libfuzzer_sys::fuzz_target;
use mysql_async::Value;
use sync_core::{Column, DataType, Op, RowBatch, TableId, TableSchema, ValueKind};

static SCHEMA: LazyLock<Arc<TableSchema>> = LazyLock::new(|| {
    let table = TableSchema::builder(TableId::new("shop", "t")).column(Column::new("c", DataType::Text));
    Arc::new(table.build().expect("one column"))
});

static DECODERS: LazyLock<Vec<Decoder>> = LazyLock::new(|| {
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
        decoders.extend([0, 1, 8, 9, 63, 64, 65, u16::MAX].map(|length| Decoder::Bits { length, form }));
    }
    let numbers = [Number::Integer, Number::Unsigned, Number::Float, Number::Double, Number::Decimal];
    decoders.extend(numbers.map(Decoder::AsInteger));
    decoders.extend(numbers.map(Decoder::AsReal));
    decoders
});

fuzz_target!(|bytes: &[u8]| {
    let [choice, kind, raw @ ..] = bytes else { return };
    let decoder = DECODERS[usize::from(*choice) % DECODERS.len()];
    let value = value(*kind, raw);
    let mut rows = RowBatch::new(Arc::clone(&SCHEMA));
    let pushed = decoder.push(&value, &mut rows);
    let ended = rows.end_row(Op::Upsert).is_ok();
    assert!(pushed.is_ok() || !ended, "{decoder:?}: a cell of {value:?}, which is none");
    let written = decoder.write(&value, &mut String::new());
    let has_text = written.is_ok() || value == Value::NULL;
    assert!(!ended || has_text, "{decoder:?}: {value:?} without a text");
    let _ = decoder.milliseconds(&value);
});

/// What the library makes of a field: mostly bytes, else numbers and times of any parts.
fn value(kind: u8, raw: &[u8]) -> Value {
    let mut bytes = [0; 12];
    for (byte, given) in bytes.iter_mut().zip(raw) {
        *byte = *given;
    }
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let (low, high) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes(rest));
    let all = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    match kind % 12 {
        0 => Value::NULL,
        1 => Value::Int(all.cast_signed()),
        2 => Value::UInt(all),
        3 => Value::Float(f32::from_bits(low)),
        4 => Value::Double(f64::from_bits(all)),
        5 => Value::Date(u16::from_le_bytes([a, b]), c, d, e, f, g, high),
        6 => Value::Time(h % 2 == 1, low, e, f, g, high),
        _ => Value::Bytes(raw.to_vec()),
    }
}
