//! The server's bytes into values, by the driver's own decoders.

use std::sync::Arc;

use sync_core::{Column, DataType, Op, Result, RowBatch, TableId, TableSchema, ValueKind};

use crate::ROWS;

// The very file of the driver: a crate of its own would make its decoders public.
#[path = "../../crates/source-postgres/src/decode/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "only some of it is measured")]
mod decode;

use decode::Decoder;

/// A kind of value, with its binary form.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The server's name for it.
    pub name: &'static str,
    decoder: Decoder,
    raw: &'static [u8],
}

/// What tables mostly hold.
pub const KINDS: [Kind; 9] = [
    Kind { name: "int8", decoder: Decoder::Int8, raw: &[0, 0, 0, 0, 7, 91, 205, 21] },
    Kind { name: "float8", decoder: Decoder::Float8, raw: &[64, 9, 33, 251, 84, 68, 45, 24] },
    Kind { name: "bool", decoder: Decoder::Bool, raw: &[1] },
    Kind { name: "numeric as a number", decoder: Decoder::Numeric(ValueKind::Real), raw: &NUMERIC },
    Kind { name: "numeric as digits", decoder: Decoder::Numeric(ValueKind::Text), raw: &NUMERIC },
    Kind { name: "text", decoder: Decoder::Text, raw: b"please ring twice, the bell is a little tired these days" },
    Kind {
        name: "jsonb",
        decoder: Decoder::Jsonb,
        raw: b"\x01{\"lines\": 3, \"from\": \"shop\", \"tags\": [\"t12\"]}",
    },
    Kind { name: "uuid", decoder: Decoder::Uuid, raw: b"0123456789abcdef" },
    Kind { name: "timestamptz", decoder: Decoder::TimestampTz, raw: &[0, 2, 181, 84, 56, 212, 97, 1] },
];

/// 1234567.89 in three groups of four digits.
const NUMERIC: [u8; 14] = [0, 3, 0, 1, 0, 0, 0, 2, 0, 123, 17, 215, 34, 196];

/// Values in a row, as what is done once for a row should cost as much as it does in most tables.
pub(crate) const WIDTH: usize = 10;

/// An empty batch for values of one kind, ten in a row.
///
/// # Errors
/// None: the table is a valid one.
pub fn columns() -> Result<RowBatch> {
    let table = TableSchema::builder(TableId::unqualified("t"));
    let add =
        |table: sync_core::TableSchemaBuilder, index| table.column(Column::new(format!("v{index}"), DataType::Text));
    Ok(RowBatch::new(Arc::new((0..WIDTH).fold(table, add).build()?)))
}

/// Reads [`ROWS`] values of one kind.
///
/// # Errors
/// When the decoder does not take them.
pub fn read(kind: &Kind, rows: &mut RowBatch) -> Result<()> {
    rows.clear();
    for _ in 0..ROWS / WIDTH {
        for _ in 0..WIDTH {
            kind.decoder.push(kind.raw, rows).map_err(|error| sync_core::Error::internal(error.to_string()))?;
        }
        rows.end_row(Op::Upsert)?;
    }
    Ok(())
}
