//! Numbers read in another form than their own, because somebody chose so.

use sync_core::decode::whole;
use sync_core::{RowBatch, ValueKind};

use super::{Decoder, Malformed, numeric};

/// A number's binary form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    Bool,
    Int2,
    Int4,
    Int8,
    Uint4,
    Float4,
    Float8,
    Numeric,
}

impl Number {
    /// The number that is read so, if it is one.
    pub(crate) fn of(decoder: Decoder) -> Option<Self> {
        Some(match decoder {
            Decoder::Bool => Self::Bool,
            Decoder::Int2 => Self::Int2,
            Decoder::Int4 => Self::Int4,
            Decoder::Int8 => Self::Int8,
            Decoder::Uint4 => Self::Uint4,
            Decoder::Float4 => Self::Float4,
            Decoder::Float8 => Self::Float8,
            Decoder::Numeric(_) => Self::Numeric,
            _ => return None,
        })
    }

    /// How it is read in its own form.
    pub(super) fn own(self) -> Decoder {
        match self {
            Self::Bool => Decoder::Bool,
            Self::Int2 => Decoder::Int2,
            Self::Int4 => Decoder::Int4,
            Self::Int8 => Decoder::Int8,
            Self::Uint4 => Decoder::Uint4,
            Self::Float4 => Decoder::Float4,
            Self::Float8 => Decoder::Float8,
            Self::Numeric => Decoder::Numeric(ValueKind::Text),
        }
    }

    /// Appends a whole number of 64 bits; anything else is an error.
    pub(super) fn push_integer(self, raw: &[u8], rows: &mut RowBatch) -> Result<(), Malformed> {
        let whole = match self {
            Self::Numeric => numeric::integer(raw)?,
            Self::Float4 | Self::Float8 => whole(self.own().real(raw)?),
            _ => return self.own().push(raw, rows),
        };
        let whole = whole.ok_or_else(|| self.misfit(raw, "a whole number of 64 bits"))?;
        rows.push_integer(whole);
        Ok(())
    }

    /// Appends the nearest double; a number beyond all doubles is an error.
    pub(super) fn push_real(self, raw: &[u8], rows: &mut RowBatch) -> Result<(), Malformed> {
        let value = match self {
            Self::Float4 | Self::Float8 => return self.own().push(raw, rows),
            Self::Bool => f64::from(u8::from(super::boolean(raw)?)),
            Self::Numeric => match numeric::real(raw)? {
                Some(value) if value.is_finite() => value,
                Some(_) => return Err(self.misfit(raw, "within the range of a double")),
                None => return push_special(raw, rows),
            },
            _ => self.own().integer(raw)? as f64,
        };
        rows.push_real(value);
        Ok(())
    }

    #[cold]
    fn misfit(self, raw: &[u8], wanted: &str) -> Malformed {
        let mut text = String::new();
        self.own().write(raw, &mut text).err().unwrap_or_else(|| Malformed::misfit(&text, wanted))
    }
}

/// What is no number, or has no end: as the floating-point types have it.
fn push_special(raw: &[u8], rows: &mut RowBatch) -> Result<(), Malformed> {
    let mut text = String::new();
    numeric::write(raw, &mut text)?;
    match text.as_str() {
        "Infinity" => rows.push_real(f64::INFINITY),
        "-Infinity" => rows.push_real(f64::NEG_INFINITY),
        _ => rows.push_text(&text),
    }
    Ok(())
}
