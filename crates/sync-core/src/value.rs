//! What a cell can be: [`Value`] is the cell, [`DataType`] what its column means.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// One cell, borrowed from a [`RowBatch`](crate::RowBatch).
///
/// Five forms carry every type of every source exactly; the column's [`DataType`] says what the form means.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// A whole number; a boolean is 0 or 1.
    Integer(i64),
    /// A binary floating-point number.
    Real(f64),
    /// Text; also every type that has no exact binary form here.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// One cell that owns what it holds: for keys that are kept and for sources and sinks in memory.
///
/// Its order is total: NULL, then numbers by form, then text, then bytes.
#[non_exhaustive]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnedValue {
    /// See [`Value::Null`].
    Null,
    /// See [`Value::Integer`].
    Integer(i64),
    /// See [`Value::Real`].
    Real(f64),
    /// See [`Value::Text`].
    Text(String),
    /// See [`Value::Bytes`].
    Bytes(Vec<u8>),
}

impl OwnedValue {
    /// The borrowed form.
    #[must_use]
    pub fn as_value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(value) => Value::Integer(*value),
            Self::Real(value) => Value::Real(*value),
            Self::Text(value) => Value::Text(value),
            Self::Bytes(value) => Value::Bytes(value),
        }
    }
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(value) => Self::Integer(value),
            Value::Real(value) => Self::Real(value),
            Value::Text(value) => Self::Text(value.to_owned()),
            Value::Bytes(value) => Self::Bytes(value.to_owned()),
        }
    }
}

impl From<i64> for OwnedValue {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for OwnedValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl Ord for OwnedValue {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |value: &Self| match value {
            Self::Null => 0,
            Self::Integer(_) => 1,
            Self::Real(_) => 2,
            Self::Text(_) => 3,
            Self::Bytes(_) => 4,
        };
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Real(a), Self::Real(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

impl PartialOrd for OwnedValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for OwnedValue {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for OwnedValue {}

/// The form that the cells of a column take, unless a single value does not fit it and comes as [`Value::Text`] (`NaN`, say).
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// [`Value::Integer`].
    Integer,
    /// [`Value::Real`].
    Real,
    /// [`Value::Text`].
    Text,
    /// [`Value::Bytes`].
    Bytes,
}

/// What a column holds, apart from any one database. A source maps its native types to this, a sink maps this to its storage.
///
/// [`DataType::value_kind`] is the one place that decides which form of [`Value`] a type travels in.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// True or false, as 1 or 0.
    Boolean,
    /// A whole number of at most 64 bits, signed.
    Integer,
    /// A whole number that can exceed 2^63-1; as its digits.
    UnsignedInteger,
    /// A binary floating-point number of 32 or 64 bits. `NaN` comes as text.
    Real,
    /// A decimal number of at most `precision` digits, `scale` of them after the point (before it, when negative).
    Decimal {
        /// Significant digits.
        precision: u16,
        /// Digits after the point.
        scale: i16,
    },
    /// A decimal number without a bound; as its digits.
    Number,
    /// Text of any kind.
    Text,
    /// Bytes.
    Bytes,
    /// A day of the calendar: `2024-02-29`.
    Date,
    /// A time of day: `13:37:00.000001`.
    Time,
    /// A time of day with an offset from UTC: `13:37:00+02`.
    TimeTz,
    /// Date and time without a zone: `2024-02-29 13:37:00.000001`, always six digits.
    Timestamp,
    /// A moment: `2024-02-29 13:37:00.000001Z`, always in UTC and with six digits.
    TimestampTz,
    /// A span of time in ISO 8601: `P1DT2H`.
    Interval,
    /// A UUID in its usual text: `00000000-0000-0000-0000-000000000001`.
    Uuid,
    /// A JSON text; also arrays and composite values.
    Json,
    /// A string of at most `length` bits: a number up to 63 bits, text of `0` and `1` above.
    Bits {
        /// Bits at most; `None` where there is no bound.
        length: Option<u32>,
    },
    /// A geometry as well-known binary.
    Geometry,
    /// Any other type, as the source's own text.
    Other,
}

/// A decimal of so many digits survives a trip through a double.
const DIGITS_OF_REAL: u16 = 15;
/// A decimal of so many digits always fits 64 bits.
const DIGITS_OF_INTEGER: i32 = 18;
/// Bits that fit a 64-bit integer without touching its sign.
const BITS_OF_INTEGER: u32 = 63;

impl DataType {
    /// The form of [`Value`] that cells of this type take: exact, and the handiest among the exact ones.
    ///
    /// ```
    /// use sync_core::{DataType, ValueKind};
    /// assert_eq!(DataType::Decimal { precision: 12, scale: 2 }.value_kind(), ValueKind::Real);
    /// assert_eq!(DataType::Decimal { precision: 18, scale: 0 }.value_kind(), ValueKind::Integer);
    /// assert_eq!(DataType::Decimal { precision: 16, scale: 2 }.value_kind(), ValueKind::Text);
    /// ```
    #[must_use]
    pub fn value_kind(self) -> ValueKind {
        match self {
            Self::Boolean | Self::Integer => ValueKind::Integer,
            Self::Real => ValueKind::Real,
            Self::Decimal { precision, scale }
                if scale <= 0 && i32::from(precision) - i32::from(scale) <= DIGITS_OF_INTEGER =>
            {
                ValueKind::Integer
            }
            Self::Decimal { precision, .. } if precision <= DIGITS_OF_REAL => ValueKind::Real,
            Self::Bits { length: Some(length) } if length <= BITS_OF_INTEGER => ValueKind::Integer,
            Self::Bytes | Self::Geometry => ValueKind::Bytes,
            Self::UnsignedInteger
            | Self::Decimal { .. }
            | Self::Number
            | Self::Text
            | Self::Date
            | Self::Time
            | Self::TimeTz
            | Self::Timestamp
            | Self::TimestampTz
            | Self::Interval
            | Self::Uuid
            | Self::Json
            | Self::Bits { .. }
            | Self::Other => ValueKind::Text,
        }
    }

    /// Whether a column of this type says when something happened, so that it can serve as a `timestamp_column`.
    #[must_use]
    pub fn is_temporal(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp | Self::TimestampTz)
    }

    /// Whether the cells of such a column can be put in one order by source and replica alike: numbers by their value, texts and bytes
    /// byte by byte.
    #[must_use]
    pub fn is_sortable(self) -> bool {
        matches!(self, Self::Text | Self::Bytes | Self::Uuid) || self.value_kind() == ValueKind::Integer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_take_the_handiest_exact_form() {
        let kind = |precision, scale| DataType::Decimal { precision, scale }.value_kind();
        assert_eq!(kind(18, 0), ValueKind::Integer);
        assert_eq!(kind(19, 0), ValueKind::Text);
        assert_eq!(kind(3, -2), ValueKind::Integer);
        assert_eq!(kind(15, -4), ValueKind::Real);
        assert_eq!(kind(15, 15), ValueKind::Real);
        assert_eq!(kind(3, 5), ValueKind::Real);
        assert_eq!(kind(16, 1), ValueKind::Text);
        assert_eq!(kind(1000, 0), ValueKind::Text);
    }

    #[test]
    fn bits_are_numbers_while_they_fit() {
        let kind = |length| DataType::Bits { length }.value_kind();
        assert_eq!(kind(Some(63)), ValueKind::Integer);
        assert_eq!(kind(Some(64)), ValueKind::Text);
        assert_eq!(kind(None), ValueKind::Text);
    }
}
