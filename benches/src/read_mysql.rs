//! The values of MySQL's driver into a batch, by our own decoders.

use mysql_async::Value;
use sync_core::{Op, Result, RowBatch, ValueKind};

use crate::ROWS;
use crate::read::WIDTH;

// The very file of the driver, as its sibling's.
#[path = "../../crates/source-mysql/src/decode/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "only some of it is measured")]
mod decode;

use decode::Decoder;

/// A kind of value, with one of its values as the library gives it.
#[derive(Debug, Clone)]
pub struct Kind {
    /// The server's name for it.
    pub name: &'static str,
    decoder: Decoder,
    value: Value,
}

/// What tables mostly hold.
#[must_use]
pub fn kinds() -> Vec<Kind> {
    let kind = |name, decoder, value| Kind { name, decoder, value };
    let moment = Value::Date(2024, 2, 29, 13, 37, 0, 250_000);
    vec![
        kind("bigint", Decoder::Integer, Value::Int(123_456_789)),
        kind("double", Decoder::Double, Value::Double(2.724_592_653_589_793)),
        kind("decimal as a number", Decoder::Decimal(ValueKind::Real), Value::from("1234567.89")),
        kind("decimal as digits", Decoder::Decimal(ValueKind::Text), Value::from("1234567.89")),
        kind("text", Decoder::Text, Value::from("please ring twice, the bell is a little tired these days")),
        kind("date", Decoder::Date, Value::Date(2024, 2, 29, 0, 0, 0, 0)),
        kind("datetime", Decoder::Timestamp { utc: false }, moment.clone()),
        kind("timestamp", Decoder::Timestamp { utc: true }, moment),
    ]
}

/// Reads [`ROWS`] values of one kind.
///
/// # Errors
/// When the decoder does not take them.
pub fn read(kind: &Kind, rows: &mut RowBatch) -> Result<()> {
    rows.clear();
    for _ in 0..ROWS / WIDTH {
        for _ in 0..WIDTH {
            kind.decoder.push(&kind.value, rows).map_err(|error| sync_core::Error::internal(error.to_string()))?;
        }
        rows.end_row(Op::Upsert)?;
    }
    Ok(())
}
