//! The rows of a query, in the same binary forms as those of a COPY.

use std::error::Error as StdError;
use std::pin::Pin;

use sync_core::{Error, Result};
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Row, RowStream};

use super::projection::{Fields, Projection};
use super::wait::{Waits, next};

/// Rows of a query under way.
pub(super) struct PollRows {
    stream: Pin<Box<RowStream>>,
    waits: Waits,
    started: bool,
}

impl PollRows {
    pub(super) fn new(stream: RowStream, waits: Waits) -> Self {
        Self { stream: Box::pin(stream), waits, started: false }
    }

    /// The next row. The first is checked against what `projection` expects: a column may have got another type since it was made.
    pub(super) async fn next(&mut self, projection: &Projection) -> Result<Option<Row>> {
        let row = next(&mut self.stream, &self.waits, !self.started).await?;
        if let Some(row) = &row
            && !std::mem::replace(&mut self.started, true)
        {
            for (column, decoder) in row.columns().iter().zip(&projection.decoders) {
                if !decoder.accepts(column.type_()) {
                    let (name, native) = (column.name(), column.type_());
                    return Err(Error::schema(format!("column {name:?} is of type {native} now")).hint("plan it again"));
                }
            }
        }
        Ok(row)
    }
}

impl Fields for Row {
    #[inline]
    fn all(&self) -> impl Iterator<Item = Option<&[u8]>> {
        (0..self.len()).map(|index| raw(self, index))
    }

    #[inline]
    fn field(&self, index: usize) -> Option<&[u8]> {
        raw(self, index)
    }

    #[inline]
    fn size(&self) -> usize {
        self.raw_size_bytes()
    }
}

/// A field as it came; `None` for NULL, and for one that is not there.
#[inline]
pub(super) fn raw(row: &Row, index: usize) -> Option<&[u8]> {
    row.try_get::<_, Option<Raw<'_>>>(index).ok().flatten().map(|raw| raw.0)
}

/// The bytes of any type.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
