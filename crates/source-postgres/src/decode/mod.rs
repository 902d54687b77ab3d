//! PostgreSQL's binary forms, written straight into a batch, or as text that the server takes back.

mod datetime;
#[cfg(test)]
mod malformed;
mod number;
mod numeric;

use std::fmt;

pub(crate) use sync_core::decode::Malformed;
use sync_core::decode::{Ascii, push_real, write_real};
use sync_core::{RowBatch, ValueKind};
use tokio_postgres::types::Type;

pub(crate) use number::Number;

/// How the bytes of one column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decoder {
    Bool,
    Int2,
    Int4,
    Int8,
    Uint4,
    Float4,
    Float8,
    Numeric(ValueKind),
    Text,
    Jsonb,
    Bytes,
    Date,
    Time,
    TimeTz,
    Timestamp,
    TimestampTz,
    Interval,
    Uuid,
    Bits(ValueKind),
    /// Any number as a whole one, or not at all.
    AsInteger(Number),
    /// Any number as the nearest double.
    AsReal(Number),
}

impl Decoder {
    /// Appends the value to the row under way; on an error nothing is appended. Whether a text is UTF-8 shows when the row ends.
    ///
    /// What most columns hold is read where rows are assembled: a call for each value would cost as much as the value.
    #[inline(always)]
    pub(crate) fn push(self, raw: &[u8], rows: &mut RowBatch) -> Result<(), Malformed> {
        match self {
            Self::Bool => rows.push_integer(i64::from(boolean(raw)?)),
            Self::Int4 => rows.push_integer(i64::from(i32::from_be_bytes(exact(raw)?))),
            Self::Int8 => rows.push_integer(i64::from_be_bytes(exact(raw)?)),
            Self::Text => rows.push_utf8(raw),
            Self::Jsonb => rows.push_utf8(jsonb(raw)?),
            Self::Timestamp => rows.push_utf8(datetime::timestamp(time(raw)?, false).as_bytes()),
            Self::TimestampTz => rows.push_utf8(datetime::timestamp(time(raw)?, true).as_bytes()),
            Self::Uuid => rows.push_utf8(uuid(&exact(raw)?).as_bytes()),
            _ => return self.push_other(raw, rows),
        }
        Ok(())
    }

    fn push_other(self, raw: &[u8], rows: &mut RowBatch) -> Result<(), Malformed> {
        match self {
            Self::Int2 | Self::Uint4 => rows.push_integer(self.integer(raw)?),
            Self::Float4 | Self::Float8 => push_real(self.real(raw)?, rows),
            Self::Numeric(ValueKind::Integer) => match numeric::integer(raw)? {
                Some(value) => rows.push_integer(value),
                None => return rows.push_text_with(|out| numeric::write(raw, out)),
            },
            Self::Numeric(ValueKind::Real) => match numeric::real(raw)? {
                Some(value) => rows.push_real(value),
                None => return rows.push_text_with(|out| numeric::write(raw, out)),
            },
            Self::Bits(ValueKind::Integer) => rows.push_integer(bits_as_integer(raw)?),
            Self::Bytes => rows.push_bytes(raw),
            Self::AsInteger(number) => number.push_integer(raw, rows)?,
            Self::AsReal(number) => number.push_real(raw, rows)?,
            _ => return rows.push_text_with(|out| self.write(raw, out)),
        }
        Ok(())
    }

    /// Writes the value as text: for all that comes as text the text that [`Decoder::push`] pushes, else one that the server reads
    /// as exactly this value.
    pub(crate) fn write(self, raw: &[u8], out: &mut impl fmt::Write) -> Result<(), Malformed> {
        match self {
            Self::Bool => out.write_str(if boolean(raw)? { "t" } else { "f" })?,
            Self::Int2 | Self::Int4 | Self::Int8 | Self::Uint4 => write!(out, "{}", self.integer(raw)?)?,
            Self::Float4 => write_real(f64::from(f32::from_be_bytes(exact(raw)?)), out)?,
            Self::Float8 => write_real(self.real(raw)?, out)?,
            Self::Numeric(_) => numeric::write(raw, out)?,
            Self::Text => out.write_str(utf8(raw)?)?,
            Self::Jsonb => out.write_str(utf8(jsonb(raw)?)?)?,
            Self::Bytes => write_hex(raw, out)?,
            Self::Date => out.write_str(datetime::date(i32::from_be_bytes(exact(raw)?)).as_str())?,
            Self::Time => datetime::write_time(time(raw)?, out)?,
            Self::TimeTz => datetime::write_time_tz(raw, out)?,
            Self::Timestamp => out.write_str(datetime::timestamp(time(raw)?, false).as_str())?,
            Self::TimestampTz => out.write_str(datetime::timestamp(time(raw)?, true).as_str())?,
            Self::Interval => datetime::write_interval(raw, out)?,
            Self::Uuid => out.write_str(uuid(&exact(raw)?).as_str())?,
            Self::Bits(_) => write_bits(raw, out)?,
            Self::AsInteger(number) | Self::AsReal(number) => number.own().write(raw, out)?,
        }
        Ok(())
    }

    /// Whether values of this type have the binary form that is read here.
    pub(crate) fn accepts(self, native: &Type) -> bool {
        match self {
            Self::Bool => *native == Type::BOOL,
            Self::Int2 => *native == Type::INT2,
            Self::Int4 => *native == Type::INT4,
            Self::Int8 => *native == Type::INT8,
            Self::Uint4 => matches!(*native, Type::OID | Type::XID | Type::CID),
            Self::Float4 => *native == Type::FLOAT4,
            Self::Float8 => *native == Type::FLOAT8,
            Self::Numeric(_) => *native == Type::NUMERIC,
            Self::Text => matches!(*native, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::JSON),
            Self::Jsonb => *native == Type::JSONB,
            Self::Bytes => *native == Type::BYTEA,
            Self::Date => *native == Type::DATE,
            Self::Time => *native == Type::TIME,
            Self::TimeTz => *native == Type::TIMETZ,
            Self::Timestamp => *native == Type::TIMESTAMP,
            Self::TimestampTz => *native == Type::TIMESTAMPTZ,
            Self::Interval => *native == Type::INTERVAL,
            Self::Uuid => *native == Type::UUID,
            Self::Bits(_) => matches!(*native, Type::BIT | Type::VARBIT),
            Self::AsInteger(number) | Self::AsReal(number) => number.own().accepts(native),
        }
    }

    /// Milliseconds since 1970 of a date or timestamp that lies in time.
    pub(crate) fn milliseconds(self, raw: &[u8]) -> Option<i64> {
        match self {
            Self::Timestamp | Self::TimestampTz => datetime::milliseconds(time(raw).ok()?),
            Self::Date => {
                let days = i64::from(i32::from_be_bytes(exact(raw).ok()?));
                datetime::milliseconds(days.checked_mul(datetime::MICROSECONDS_OF_DAY)?)
            }
            _ => None,
        }
    }

    #[inline]
    fn integer(self, raw: &[u8]) -> Result<i64, Malformed> {
        Ok(match self {
            Self::Int2 => i64::from(i16::from_be_bytes(exact(raw)?)),
            Self::Int4 => i64::from(i32::from_be_bytes(exact(raw)?)),
            Self::Uint4 => i64::from(u32::from_be_bytes(exact(raw)?)),
            _ => i64::from_be_bytes(exact(raw)?),
        })
    }

    #[inline]
    fn real(self, raw: &[u8]) -> Result<f64, Malformed> {
        Ok(match self {
            Self::Float4 => f64::from(f32::from_be_bytes(exact(raw)?)),
            _ => f64::from_be_bytes(exact(raw)?),
        })
    }
}

#[inline]
fn exact<const N: usize>(raw: &[u8]) -> Result<[u8; N], Malformed> {
    raw.try_into().map_err(|_| bad_length(raw))
}

#[cold]
fn bad_length(raw: &[u8]) -> Malformed {
    Malformed(format!("{} bytes are not the length of this type", raw.len()))
}

fn boolean(raw: &[u8]) -> Result<bool, Malformed> {
    Ok(exact::<1>(raw)? != [0])
}

fn utf8(raw: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(raw).map_err(|error| Malformed(format!("not UTF-8 at byte {}", error.valid_up_to())))
}

/// A version byte comes before the text.
fn jsonb(raw: &[u8]) -> Result<&[u8], Malformed> {
    match raw {
        [1, text @ ..] => Ok(text),
        _ => Err(Malformed("a jsonb of an unknown version".to_owned())),
    }
}

fn write_hex(raw: &[u8], out: &mut impl fmt::Write) -> fmt::Result {
    out.write_str("\\x")?;
    raw.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
}

/// Microseconds, of a day or since 2000.
#[inline]
fn time(raw: &[u8]) -> Result<i64, Malformed> {
    Ok(i64::from_be_bytes(exact(raw)?))
}

// Of a result, the text would be copied.
#[inline]
fn uuid(raw: &[u8; 16]) -> Ascii {
    let mut text = Ascii::default();
    text.uuid(raw);
    text
}

/// A length in bits, then the bits from the left.
fn bits(raw: &[u8]) -> Result<(usize, &[u8]), Malformed> {
    let (length, bytes) = raw.split_first_chunk::<4>().ok_or_else(|| bad_length(raw))?;
    let length = usize::try_from(i32::from_be_bytes(*length)).map_err(|_| bad_length(raw))?;
    if length.div_ceil(8) == bytes.len() { Ok((length, bytes)) } else { Err(bad_length(raw)) }
}

fn bits_as_integer(raw: &[u8]) -> Result<i64, Malformed> {
    let (length, bytes) = bits(raw)?;
    if length > 63 {
        return Err(Malformed(format!("{length} bits do not fit 63")));
    }
    let padded = bytes.iter().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
    Ok((padded >> (bytes.len() * 8 - length)).cast_signed())
}

fn write_bits(raw: &[u8], out: &mut impl fmt::Write) -> Result<(), Malformed> {
    let (length, bytes) = bits(raw)?;
    for index in 0..length {
        let set = bytes[index / 8] & (0x80 >> (index % 8)) != 0;
        out.write_char(if set { '1' } else { '0' })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(decoder: Decoder, raw: &[u8]) -> String {
        let mut out = String::new();
        decoder.write(raw, &mut out).unwrap();
        out
    }

    #[test]
    fn bits_read_from_the_left() {
        assert_eq!(text(Decoder::Bits(ValueKind::Text), &[0, 0, 0, 10, 0b1010_0000, 0b0100_0000]), "1010000001");
        assert_eq!(bits_as_integer(&[0, 0, 0, 10, 0b1010_0000, 0b0100_0000]), Ok(0b10_1000_0001));
        assert_eq!(bits_as_integer(&[0, 0, 0, 0]), Ok(0));
        assert!(bits_as_integer(&[0, 0, 0, 9, 1]).is_err());
        assert!(bits_as_integer(&[0, 0]).is_err());
    }

    #[test]
    fn reals_are_read_back_as_they_were() {
        for value in [0.1, -0.0, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1e22] {
            let text = text(Decoder::Float8, &value.to_be_bytes());
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{text}");
        }
        assert_eq!(text(Decoder::Float4, &f32::NEG_INFINITY.to_be_bytes()), "-Infinity");
    }

    #[test]
    fn wrong_lengths_are_errors_of_the_value() {
        for decoder in [Decoder::Bool, Decoder::Int8, Decoder::Uuid, Decoder::Interval, Decoder::TimeTz, Decoder::Date]
        {
            assert!(decoder.write(&[0; 3], &mut String::new()).is_err(), "{decoder:?}");
        }
        assert!(Decoder::Jsonb.write(&[2, b'1'], &mut String::new()).is_err());
    }
}
