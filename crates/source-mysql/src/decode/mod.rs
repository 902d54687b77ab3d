//! The values of the binary protocol, written straight into a batch, or as text that is bound back as this very value.

mod bits;
mod datetime;
pub(crate) mod decimal;
mod geometry;
#[cfg(test)]
mod malformed;
mod number;
mod vector;

use std::fmt;

use mysql_async::Value;
use mysql_async::consts::ColumnType;
pub(crate) use sync_core::decode::Malformed;
use sync_core::decode::{push_real, write_real};
use sync_core::{RowBatch, ValueKind};

pub(crate) use number::Number;

/// How the values of one column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decoder {
    /// A whole number that fits 64 bits with its sign; also a YEAR.
    Integer,
    /// A whole number that can exceed them, as its digits.
    Unsigned,
    Float,
    Double,
    /// A floating-point number as the shortest digits that tell it apart. The server's own text cuts some off.
    Digits,
    Decimal(ValueKind),
    Text,
    Bytes,
    Date,
    Time {
        /// Digits of the second's fraction that are always there.
        fraction: u8,
    },
    Timestamp {
        /// Whether it is a moment, in UTC.
        utc: bool,
    },
    Bits {
        length: u16,
        form: ValueKind,
    },
    Geometry,
    Vector,
    /// Any number as a whole one, or not at all.
    AsInteger(Number),
    /// Any number as the nearest double.
    AsReal(Number),
}

impl Decoder {
    /// Appends the value, or NULL, to the row under way; on an error nothing is appended. Whether a text is UTF-8 shows when the row ends.
    ///
    /// What most columns hold is read where rows are assembled: a call for each value would cost as much as the value.
    #[inline(always)]
    pub(crate) fn push(self, value: &Value, rows: &mut RowBatch) -> Result<(), Malformed> {
        match (self, value) {
            (_, Value::NULL) => rows.push_null(),
            (Self::Integer, Value::Int(number)) => rows.push_integer(*number),
            (Self::Text, Value::Bytes(raw)) => rows.push_utf8(raw),
            (Self::Timestamp { utc }, _) => rows.push_utf8(datetime::timestamp(value, utc)?.as_bytes()),
            (Self::Decimal(ValueKind::Real), Value::Bytes(raw)) => rows.push_real(decimal::real(raw)?),
            _ => return self.push_other(value, rows),
        }
        Ok(())
    }

    fn push_other(self, value: &Value, rows: &mut RowBatch) -> Result<(), Malformed> {
        match (self, value) {
            (Self::Float, Value::Float(number)) => push_real(f64::from(*number), rows),
            (Self::Double, Value::Double(number)) => push_real(*number, rows),
            (Self::Decimal(ValueKind::Integer), Value::Bytes(raw)) => match decimal::integer(raw)? {
                Some(number) => rows.push_integer(number),
                None => rows.push_utf8(raw),
            },
            (Self::Decimal(_), Value::Bytes(raw)) => rows.push_text(decimal::digits(raw)?),
            (Self::Bytes, Value::Bytes(raw)) => rows.push_bytes(raw),
            (Self::Bits { length, form: ValueKind::Integer }, Value::Bytes(raw)) => {
                rows.push_integer(bits::number(length, raw)?.cast_signed());
            }
            (Self::Geometry, Value::Bytes(raw)) => rows.push_bytes(geometry::well_known_binary(raw)?),
            (Self::AsInteger(number), _) => number.push_integer(value, rows)?,
            (Self::AsReal(number), _) => number.push_real(value, rows)?,
            _ => return rows.push_text_with(|out| self.write(value, out)),
        }
        Ok(())
    }

    /// Writes the value as text: for all that comes as text the text that [`Decoder::push`] pushes, else one that is exactly this value.
    /// Bytes are hexadecimal digits.
    pub(crate) fn write(self, value: &Value, out: &mut impl fmt::Write) -> Result<(), Malformed> {
        match (self, value) {
            (Self::Integer | Self::Unsigned, Value::Int(number)) => write!(out, "{number}")?,
            (Self::Unsigned, Value::UInt(number)) => write!(out, "{number}")?,
            (Self::Float, Value::Float(number)) => write_real(f64::from(*number), out)?,
            (Self::Double, Value::Double(number)) => write_real(*number, out)?,
            (Self::Digits, Value::Float(number)) => write_digits(number, f64::from(*number), out)?,
            (Self::Digits, Value::Double(number)) => write_digits(number, *number, out)?,
            (Self::Decimal(_), Value::Bytes(raw)) => out.write_str(decimal::digits(raw)?)?,
            (Self::Text, Value::Bytes(raw)) => out.write_str(utf8(raw)?)?,
            (Self::Bytes, Value::Bytes(raw)) => write_hex(raw, out)?,
            (Self::Geometry, Value::Bytes(raw)) => write_hex(geometry::well_known_binary(raw)?, out)?,
            (Self::Date, Value::Date(year, month, day, ..)) => datetime::write_date((*year, *month, *day), out)?,
            (Self::Time { fraction }, _) => datetime::write_time(value, fraction, out)?,
            (Self::Timestamp { utc }, _) => out.write_str(datetime::timestamp(value, utc)?.as_str())?,
            (Self::Bits { length, .. }, Value::Bytes(raw)) => bits::write(length, raw, out)?,
            (Self::Vector, Value::Bytes(raw)) => vector::write(raw, out)?,
            (Self::AsInteger(number) | Self::AsReal(number), _) => number.own().write(value, out)?,
            _ => return Err(self.another_kind(value)),
        }
        Ok(())
    }

    /// Whether the values of a result's column of this type are read here.
    pub(crate) fn accepts(self, native: ColumnType) -> bool {
        use ColumnType::*;
        match self {
            Self::Integer => matches!(
                native,
                MYSQL_TYPE_TINY
                    | MYSQL_TYPE_SHORT
                    | MYSQL_TYPE_INT24
                    | MYSQL_TYPE_LONG
                    | MYSQL_TYPE_LONGLONG
                    | MYSQL_TYPE_YEAR
            ),
            Self::Unsigned => native == MYSQL_TYPE_LONGLONG,
            Self::Float => native == MYSQL_TYPE_FLOAT,
            Self::Double => native == MYSQL_TYPE_DOUBLE,
            Self::Digits => matches!(native, MYSQL_TYPE_FLOAT | MYSQL_TYPE_DOUBLE),
            Self::Decimal(_) => matches!(native, MYSQL_TYPE_NEWDECIMAL | MYSQL_TYPE_DECIMAL),
            Self::Text => is_string(native) || native == MYSQL_TYPE_JSON,
            Self::Bytes => is_string(native),
            Self::Date => matches!(native, MYSQL_TYPE_DATE | MYSQL_TYPE_NEWDATE),
            Self::Time { .. } => matches!(native, MYSQL_TYPE_TIME | MYSQL_TYPE_TIME2),
            Self::Timestamp { utc: true } => matches!(native, MYSQL_TYPE_TIMESTAMP | MYSQL_TYPE_TIMESTAMP2),
            Self::Timestamp { utc: false } => matches!(native, MYSQL_TYPE_DATETIME | MYSQL_TYPE_DATETIME2),
            Self::Bits { .. } => native == MYSQL_TYPE_BIT,
            Self::Geometry => native == MYSQL_TYPE_GEOMETRY,
            Self::Vector => native == MYSQL_TYPE_VECTOR || is_string(native),
            Self::AsInteger(number) | Self::AsReal(number) => number.own().accepts(native),
        }
    }

    /// Milliseconds since 1970 of a date or timestamp that lies in time: not of one that is zero, wholly or partly.
    pub(crate) fn milliseconds(self, value: &Value) -> Option<i64> {
        match self {
            Self::Date | Self::Timestamp { .. } => datetime::milliseconds(value),
            _ => None,
        }
    }

    /// The library reads values by the type that the server names, so another kind is another type than was planned with.
    #[cold]
    fn another_kind(self, value: &Value) -> Malformed {
        let kind = match value {
            Value::NULL => "no value",
            Value::Bytes(_) => "bytes",
            Value::Int(_) => "a whole number",
            Value::UInt(_) => "a whole number beyond 63 bits",
            Value::Float(_) | Value::Double(_) => "a floating-point number",
            Value::Date(..) => "a date",
            Value::Time(..) => "a time",
        };
        Malformed(format!("the server sent {kind}, which this type has not"))
    }
}

/// Texts and bytes of all lengths; ENUM and SET come so too.
fn is_string(native: ColumnType) -> bool {
    use ColumnType::*;
    matches!(
        native,
        MYSQL_TYPE_STRING
            | MYSQL_TYPE_VAR_STRING
            | MYSQL_TYPE_VARCHAR
            | MYSQL_TYPE_BLOB
            | MYSQL_TYPE_TINY_BLOB
            | MYSQL_TYPE_MEDIUM_BLOB
            | MYSQL_TYPE_LONG_BLOB
            | MYSQL_TYPE_ENUM
            | MYSQL_TYPE_SET
    )
}

fn utf8(raw: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(raw).map_err(|error| Malformed(format!("not UTF-8 at byte {}", error.valid_up_to())))
}

/// The shortest digits of a number of 32 or 64 bits, whose value is given beside it.
fn write_digits<N: fmt::Display + fmt::LowerExp>(number: &N, value: f64, out: &mut impl fmt::Write) -> fmt::Result {
    match value.abs() {
        0.0 | 1e-5..1e15 => write!(out, "{number}"),
        size if size.is_finite() => write!(out, "{number:e}"),
        _ => write_real(value, out),
    }
}

fn write_hex(raw: &[u8], out: &mut impl fmt::Write) -> fmt::Result {
    raw.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(decoder: Decoder, value: Value) -> String {
        let mut out = String::new();
        decoder.write(&value, &mut out).unwrap();
        out
    }

    #[test]
    fn positions_are_exact() {
        assert_eq!(text(Decoder::Float, Value::Float(0.1)), "1.0000000149011612e-1");
        assert_eq!(text(Decoder::Digits, Value::Float(0.1)), "0.1");
        assert_eq!(text(Decoder::Digits, Value::Float(16_777_216.0)), "16777216");
        assert_eq!(text(Decoder::Digits, Value::Double(-3.0838251579703275e-25)), "-3.0838251579703275e-25");
        assert_eq!(text(Decoder::Digits, Value::Double(f64::NAN)), "NaN");
        assert_eq!(text(Decoder::Unsigned, Value::UInt(u64::MAX)), "18446744073709551615");
        assert_eq!(text(Decoder::Bytes, Value::Bytes(vec![0, 0xff])), "00ff");
        assert_eq!(text(Decoder::AsReal(Number::Decimal), Value::Bytes(b"1.50".to_vec())), "1.50");
    }

    #[test]
    fn a_value_of_another_kind_is_an_error_that_does_not_show_it() {
        let mut out = String::new();
        let error = Decoder::Integer.write(&Value::Bytes(b"secret".to_vec()), &mut out).unwrap_err();
        assert_eq!(error.0, "the server sent bytes, which this type has not");
        assert!(Decoder::Date.write(&Value::NULL, &mut out).is_err());
    }

    #[test]
    fn a_columns_type_is_known_by_its_decoder() {
        assert!(Decoder::Text.accepts(ColumnType::MYSQL_TYPE_BLOB));
        assert!(!Decoder::Text.accepts(ColumnType::MYSQL_TYPE_LONG));
        assert!(!Decoder::Timestamp { utc: true }.accepts(ColumnType::MYSQL_TYPE_DATETIME));
        assert!(Decoder::AsInteger(Number::Double).accepts(ColumnType::MYSQL_TYPE_DOUBLE));
    }
}
