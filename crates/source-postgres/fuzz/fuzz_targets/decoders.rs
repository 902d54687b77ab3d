//! Bytes as a server might send them, read as each type: a value or an error, and a row of one cell or none.
#![no_main]
#![allow(missing_docs, dead_code)]

#[path = "../../src/decode/mod.rs"]
mod decode;

use std::sync::{Arc, LazyLock};

use decode::{Decoder, Number};
use libfuzzer_sys::fuzz_target;
use sync_core::{Column, DataType, Op, RowBatch, TableId, TableSchema, ValueKind};

static SCHEMA: LazyLock<Arc<TableSchema>> = LazyLock::new(|| {
    let table = TableSchema::builder(TableId::new("public", "t")).column(Column::new("c", DataType::Text));
    Arc::new(table.build().expect("one column"))
});

static DECODERS: LazyLock<Vec<Decoder>> = LazyLock::new(|| {
    let own = [
        Decoder::Bool,
        Decoder::Int2,
        Decoder::Int4,
        Decoder::Int8,
        Decoder::Uint4,
        Decoder::Float4,
        Decoder::Float8,
        Decoder::Numeric(ValueKind::Integer),
        Decoder::Numeric(ValueKind::Real),
        Decoder::Numeric(ValueKind::Text),
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
        Decoder::Bits(ValueKind::Integer),
        Decoder::Bits(ValueKind::Text),
    ];
    let chosen = own.iter().filter_map(|decoder| Number::of(*decoder));
    let chosen = chosen.flat_map(|number| [Decoder::AsInteger(number), Decoder::AsReal(number)]);
    own.iter().copied().chain(chosen).collect()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, raw)) = bytes.split_first() else { return };
    let decoder = DECODERS[usize::from(*choice) % DECODERS.len()];
    let mut rows = RowBatch::new(Arc::clone(&SCHEMA));
    let pushed = decoder.push(raw, &mut rows);
    let ended = rows.end_row(Op::Upsert).is_ok();
    assert!(pushed.is_ok() || !ended, "{decoder:?}: a cell of what is none");
    let written = decoder.write(raw, &mut String::new());
    assert!(!ended || written.is_ok(), "{decoder:?}: a value without a text");
    let _ = decoder.milliseconds(raw);
});
