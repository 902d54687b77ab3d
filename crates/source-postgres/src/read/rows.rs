//! The present state of rows that are named by their key.

use std::sync::Arc;

use sync_core::{
    Batch, BatchLimits, End, Error, Next, Op, Reader, Result, Row, RowBatch, SourceTable, Value, async_trait,
};
use tokio_postgres::types::{ToSql, Type};

use super::Started;
use super::assembly::Assembly;
use super::fence::{Fence, enter};
use super::poll_rows::PollRows;
use super::projection::{Projection, Target};
use super::wait::Waits;
use crate::cursor::Origin;
use crate::decode::Decoder;
use crate::error::from_server;
use crate::known::Known;
use crate::pool::Pool;
use crate::session::Session;
use crate::types::{comparison, field};

/// Keys that are asked for in one statement.
const ASKED_AT_ONCE: usize = 500;

/// Looks the rows up under one snapshot.
pub(super) async fn rows(
    pool: &Pool,
    known: &Known,
    table: &Arc<SourceTable>,
    before: Option<Origin>,
    keys: RowBatch,
    limits: BatchLimits,
) -> Result<Started> {
    super::needs_key(&table.schema)?;
    let Fence { session, target, .. } = enter(pool, known, table, before.as_ref()).await?;
    let projection = Projection::of_changes(&target, &[])?;
    let query = query(&target, &projection)?;
    let relation = Arc::clone(&target.relation);
    let lookup = Lookup {
        asked: None,
        session: Some(session),
        assembly: Assembly::new(projection, limits),
        key: key_columns(&target)?,
        query,
        keys,
        next: 0,
    };
    Ok(Started::Reading(Box::new(lookup), relation))
}

/// Inside the lateral part both names are given here, so nothing can be taken for a column or table of the user's.
fn query(target: &Target, projection: &Projection) -> Result<String> {
    let (mut arrays, mut names, mut conditions) = (Vec::new(), Vec::new(), Vec::new());
    for (index, position) in target.schema().key().iter().enumerate() {
        let number = index + 1;
        let column = target.column(*position)?;
        let (own, compared) = (field(&column.base, &column.name), comparison(&column.base, &column.name));
        let value = format!("data_sync_asked.k{number}");
        conditions.push(match own.decoder {
            _ if own.castable => format!("{} = {value}::{}", compared.expression, compared.cast),
            Decoder::Text => format!("{} = {value}", own.expression),
            _ => format!("{} = {value}::pg_catalog.numeric", own.expression),
        });
        arrays.push(format!("${number}"));
        names.push(format!("k{number}"));
    }
    Ok(format!(
        "SELECT data_sync_found.*, data_sync_asked.place FROM ROWS FROM (pg_catalog.unnest({})) WITH ORDINALITY \
         AS data_sync_asked({}, place) CROSS JOIN LATERAL (SELECT {} FROM {} WHERE {}) AS data_sync_found",
        arrays.join("), pg_catalog.unnest("),
        names.join(", "),
        projection.list(),
        target.from(),
        conditions.join(" AND ")
    ))
}

/// What is needed to write a key's value as text.
struct KeyColumn {
    decoder: Decoder,
    /// Digits of a `bit(n)`, which travels as a number.
    bits: usize,
}

fn key_columns(target: &Target) -> Result<Vec<KeyColumn>> {
    let column = |position: &usize| {
        let column = target.column(*position)?;
        let bits = usize::try_from(column.base.modifier).unwrap_or_default();
        Ok(KeyColumn { decoder: field(&column.base, &column.name).decoder, bits })
    };
    target.schema().key().iter().map(column).collect()
}

struct Lookup {
    asked: Option<Asked>,
    session: Option<Session>,
    assembly: Assembly,
    key: Vec<KeyColumn>,
    query: String,
    keys: RowBatch,
    /// The first key that was not asked for yet.
    next: usize,
}

/// One statement under way.
struct Asked {
    rows: PollRows,
    /// Its first key.
    start: usize,
    found: Vec<bool>,
}

impl Lookup {
    async fn ask(&mut self, session: &Session) -> Result<Asked> {
        let start = self.next;
        self.next = self.keys.len().min(start + ASKED_AT_ONCE);
        let texts: Result<Vec<Vec<String>>> = (start..self.next).map(|row| self.texts(self.keys.row(row))).collect();
        let texts = texts?;
        let columns: Vec<Vec<&str>> =
            (0..self.key.len()).map(|column| texts.iter().map(|key| key[column].as_str()).collect()).collect();
        let values: Vec<(&(dyn ToSql + Sync), Type)> =
            columns.iter().map(|column| (column as _, Type::TEXT_ARRAY)).collect();
        let waits = Waits::of_poll(session.timeouts());
        let asking = session
            .client()
            .query_typed_raw(&self.query, values.iter().map(|(value, native)| (*value, native.clone())));
        let rows = tokio::time::timeout(waits.first, asking).await.map_err(|_| waits.exceeded(true))?;
        let rows = PollRows::new(rows.map_err(from_server)?, waits);
        Ok(Asked { rows, start, found: vec![false; texts.len()] })
    }

    fn texts(&self, row: Row<'_>) -> Result<Vec<String>> {
        row.key().zip(&self.key).map(|(value, column)| text(value, column)).collect()
    }

    /// Adds found rows until the batch is full or all are there; tells whether all are.
    async fn collect(&mut self, asked: &mut Asked) -> Result<bool> {
        while !self.assembly.is_full() {
            let Some(row) = asked.rows.next(self.assembly.projection()).await? else { return Ok(true) };
            let before = self.assembly.rows().len();
            self.assembly.add(&row, false)?;
            let place: i64 = row.try_get(self.assembly.projection().decoders.len()).map_err(from_server)?;
            let index = usize::try_from(place - 1).ok().filter(|index| *index < asked.found.len());
            let index = index.ok_or_else(|| Error::internal(format!("row {place} was not asked for")))?;
            // A collation may find "A" for "a": that is another row of the replica, and the asked one is gone.
            let asked_key = self.keys.row(asked.start + index);
            asked.found[index] |= match self.assembly.rows().rows().nth(before) {
                Some(found) => found.key().eq(asked_key.key()),
                None => self.assembly.projection().key_of(&row).is_some_and(|key| key.row(0).key().eq(asked_key.key())),
            };
        }
        Ok(false)
    }

    /// Tombstones for the keys that were not found.
    fn bury(&mut self, asked: &Asked) -> Result<()> {
        let key = self.keys.schema().key().to_vec();
        let width = self.keys.schema().columns().len();
        for index in (0..asked.found.len()).filter(|index| !asked.found[*index]) {
            let row = self.keys.row(asked.start + index);
            for column in 0..width {
                self.assembly.rows_mut().push(if key.contains(&column) { row.get(column) } else { Value::Null });
            }
            self.assembly.rows_mut().end_row(Op::Delete)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Reader for Lookup {
    async fn next(&mut self) -> Result<Next> {
        let Some(session) = self.session.take() else { return Ok(Next::End(End::Complete)) };
        while self.asked.is_some() || self.next < self.keys.len() {
            let mut asked = match self.asked.take() {
                Some(asked) => asked,
                None => self.ask(&session).await?,
            };
            if self.collect(&mut asked).await? {
                self.bury(&asked)?;
            } else {
                self.asked = Some(asked);
            }
            if self.assembly.is_full() {
                self.session = Some(session);
                return Ok(Next::Batch(self.assembly.take()));
            }
        }
        session.finish().await;
        let batch: Batch = self.assembly.take();
        Ok(if batch.rows.is_empty() && batch.failed.is_empty() { Next::End(End::Complete) } else { Next::Batch(batch) })
    }
}

/// A key's value as a text that the server reads as this value.
fn text(value: Value<'_>, column: &KeyColumn) -> Result<String> {
    let mut text = String::new();
    let written = match (value, column.decoder) {
        (Value::Integer(value), Decoder::Bool) => return Ok(if value == 0 { "f" } else { "t" }.to_owned()),
        (Value::Integer(value), Decoder::Bits(_)) => return Ok(format!("{value:0width$b}", width = column.bits)),
        (Value::Integer(value), _) => return Ok(value.to_string()),
        (Value::Real(value), _) => Decoder::Float8.write(&value.to_be_bytes(), &mut text),
        (Value::Bytes(value), _) => Decoder::Bytes.write(value, &mut text),
        (Value::Text(value), _) => return Ok(value.to_owned()),
        _ => return Err(Error::internal("a key to look up has a NULL")),
    };
    written.map_err(|error| Error::internal(format!("a key to look up has no text: {error}")))?;
    Ok(text)
}
