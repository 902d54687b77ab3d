//! Numbers read in another form than their own, because somebody chose so.

use mysql_async::Value;
use sync_core::decode::whole;
use sync_core::{RowBatch, ValueKind};

use super::{Decoder, Malformed, decimal};

/// A number's form in the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    Integer,
    Unsigned,
    Float,
    Double,
    Decimal,
}

impl Number {
    /// The number that is read so, if it is one.
    pub(crate) fn of(decoder: Decoder) -> Option<Self> {
        Some(match decoder {
            Decoder::Integer => Self::Integer,
            Decoder::Unsigned => Self::Unsigned,
            Decoder::Float => Self::Float,
            Decoder::Double => Self::Double,
            Decoder::Decimal(_) => Self::Decimal,
            _ => return None,
        })
    }

    /// How it is read in its own form.
    pub(super) fn own(self) -> Decoder {
        match self {
            Self::Integer => Decoder::Integer,
            Self::Unsigned => Decoder::Unsigned,
            Self::Float => Decoder::Float,
            Self::Double => Decoder::Double,
            Self::Decimal => Decoder::Decimal(ValueKind::Text),
        }
    }

    /// Appends a whole number of 64 bits; anything else is an error.
    pub(super) fn push_integer(self, value: &Value, rows: &mut RowBatch) -> Result<(), Malformed> {
        let number = match (self, value) {
            (Self::Integer | Self::Unsigned, Value::Int(number)) => Some(*number),
            (Self::Float, Value::Float(number)) => whole(f64::from(*number)),
            (Self::Double, Value::Double(number)) => whole(*number),
            (Self::Decimal, Value::Bytes(raw)) => decimal::integer(raw)?,
            _ => None,
        };
        rows.push_integer(number.ok_or_else(|| self.misfit(value, "a whole number of 64 bits"))?);
        Ok(())
    }

    /// Appends the nearest double.
    pub(super) fn push_real(self, value: &Value, rows: &mut RowBatch) -> Result<(), Malformed> {
        match (self, value) {
            (Self::Integer | Self::Unsigned, Value::Int(number)) => rows.push_real(*number as f64),
            (Self::Unsigned, Value::UInt(number)) => rows.push_real(*number as f64),
            (Self::Decimal, Value::Bytes(raw)) => rows.push_real(decimal::real(raw)?),
            (Self::Float | Self::Double, _) => return self.own().push(value, rows),
            _ => return Err(self.misfit(value, "a number")),
        }
        Ok(())
    }

    #[cold]
    fn misfit(self, value: &Value, wanted: &str) -> Malformed {
        let mut text = String::new();
        self.own().write(value, &mut text).err().unwrap_or_else(|| Malformed::misfit(&text, wanted))
    }
}
