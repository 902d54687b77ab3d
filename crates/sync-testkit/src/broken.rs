//! Sources that break one promise each: the twins of the behaviours.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sync_core::memory::ReadyReader;
use sync_core::{
    Batch, Capabilities, Cursor, End, Next, Op, OwnedValue, Pulse, ReadRequest, Reader, Result, Row, RowBatch, Scope,
    Source, SourceIdentity, TableSchema, async_trait,
};

use crate::fixture::{SourceFixture, TestRow};

/// How a source is broken.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A copy gives its last row twice: breaks `every_row_arrives_once`.
    RepeatsARow,
    /// A copy's watermarks are ahead of its rows: breaks `a_reader_resumes_after_any_watermark`.
    WatermarkAheadOfRows,
    /// A poll takes only stamps greater than the last one: breaks `rows_of_equal_cursor_are_not_lost`.
    ForgetsTies,
    /// A sweep gives no rows: breaks `a_silent_update_arrives_with_the_sweep`.
    SweepsNothing,
    /// A sweep that may be left out is: breaks `an_unchanged_table_is_not_swept`.
    SkipsEverySweep,
    /// Keys that are absent are passed over: breaks `keys_and_rows_by_key_are_exact`.
    ForgetsAbsentKeys,
}

impl Fault {
    /// Every fault with the one behaviour that it breaks.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::RepeatsARow, "every_row_arrives_once"),
        (Self::WatermarkAheadOfRows, "a_reader_resumes_after_any_watermark"),
        (Self::ForgetsTies, "rows_of_equal_cursor_are_not_lost"),
        (Self::SweepsNothing, "a_silent_update_arrives_with_the_sweep"),
        (Self::SkipsEverySweep, "an_unchanged_table_is_not_swept"),
        (Self::ForgetsAbsentKeys, "keys_and_rows_by_key_are_exact"),
    ];
}

/// A fixture whose sources have a fault.
#[derive(Debug)]
pub struct Broken<F> {
    fixture: F,
    fault: Fault,
}

impl<F: SourceFixture> Broken<F> {
    /// Breaks the sources of a fixture.
    #[must_use]
    pub fn new(fixture: F, fault: Fault) -> Self {
        Self { fixture, fault }
    }
}

#[async_trait]
impl<F: SourceFixture> SourceFixture for Broken<F> {
    async fn connect(&self) -> Result<Box<dyn Source>> {
        let source = self.fixture.connect().await?;
        Ok(Box::new(BrokenSource { source, fault: self.fault, seen: Arc::default() }))
    }

    async fn create(&self, table: &str) -> Result<()> {
        self.fixture.create(table).await
    }

    async fn put(&self, table: &str, rows: &[TestRow]) -> Result<()> {
        self.fixture.put(table, rows).await
    }

    fn counts_within(&self) -> Duration {
        self.fixture.counts_within()
    }
}

#[derive(Debug)]
struct BrokenSource {
    source: Box<dyn Source>,
    fault: Fault,
    seen: Arc<Mutex<Seen>>,
}

/// What was given with which watermark.
#[derive(Debug, Default)]
struct Seen {
    /// Watermarks in the middle of a copy.
    copying: HashSet<String>,
    /// The greatest stamp given up to a watermark.
    stamps: HashMap<String, OwnedValue>,
}

#[async_trait]
impl Source for BrokenSource {
    fn capabilities(&self) -> Capabilities {
        self.source.capabilities()
    }

    async fn identity(&self) -> Result<SourceIdentity> {
        self.source.identity().await
    }

    async fn discover(&self) -> Result<Vec<TableSchema>> {
        self.source.discover().await
    }

    async fn pulse(&self) -> Result<Pulse> {
        self.source.pulse().await
    }

    /// Reads everything first: test tables are small.
    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let stamp = match &request.scope {
            Scope::Table(table) => table.timestamp,
            scope => return self.read_beside(scope.clone(), request).await,
        };
        let after = request.after.clone();
        let (mut batches, end) = read_all(self.source.read(request).await?).await?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let copying = after.as_ref().is_none_or(|after| seen.copying.contains(after.token()));
        match self.fault {
            Fault::RepeatsARow if after.is_none() => repeat_last_row(&mut batches)?,
            Fault::WatermarkAheadOfRows if after.is_none() => move_watermarks_ahead(&mut batches),
            Fault::ForgetsTies if !copying => {
                let last = after.as_ref().and_then(|after| seen.stamps.get(after.token()).cloned());
                forget_ties(&mut batches, stamp, last.as_ref())?;
            }
            _ => {}
        }
        seen.note(&batches, copying, stamp, after.as_ref());
        Ok(Box::new(ReadyReader::new(batches, end)))
    }
}

impl BrokenSource {
    /// Everything that is neither a copy nor a poll.
    async fn read_beside(&self, scope: Scope, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let is_skippable = request.activity.is_some();
        let (mut batches, mut end) = read_all(self.source.read(request).await?).await?;
        match (self.fault, scope) {
            // Without an activity: what a sweep under one finds is another promise's matter.
            (Fault::SweepsNothing, Scope::Sweep(_)) if !is_skippable => retain(&mut batches, |_| false)?,
            (Fault::SkipsEverySweep, Scope::Sweep(_)) if is_skippable => (batches, end) = (Vec::new(), End::Unchanged),
            (Fault::ForgetsAbsentKeys, Scope::Rows(..)) => retain(&mut batches, |row| row.op() == Op::Upsert)?,
            _ => {}
        }
        Ok(Box::new(ReadyReader::new(batches, end)))
    }
}

async fn read_all(mut reader: Box<dyn Reader>) -> Result<(Vec<Batch>, End)> {
    let mut batches = Vec::new();
    loop {
        match reader.next().await? {
            Next::Batch(batch) => batches.push(batch),
            Next::End(end) => return Ok((batches, end)),
            _ => {}
        }
    }
}

fn repeat_last_row(batches: &mut Vec<Batch>) -> Result<()> {
    if let Some(index) = batches.iter().rposition(|batch| !batch.rows.is_empty()) {
        let batch = &batches[index];
        let mut again = RowBatch::new(Arc::clone(batch.rows.schema()));
        again.push_row(batch.rows.row(batch.rows.len() - 1))?;
        let mut again = Batch::new(again);
        again.watermark.clone_from(&batch.watermark);
        batches.insert(index + 1, again);
    }
    Ok(())
}

fn move_watermarks_ahead(batches: &mut [Batch]) {
    for index in 1..batches.len() {
        batches[index - 1].watermark = batches[index].watermark.clone();
    }
}

fn forget_ties(batches: &mut [Batch], stamp: Option<usize>, last: Option<&OwnedValue>) -> Result<()> {
    let (Some(stamp), Some(last)) = (stamp, last) else { return Ok(()) };
    retain(batches, |row| OwnedValue::from(row.get(stamp)) != *last)
}

/// Keeps only some rows of each batch.
fn retain(batches: &mut [Batch], wanted: impl Fn(&Row<'_>) -> bool) -> Result<()> {
    for batch in batches {
        let mut kept = RowBatch::new(Arc::clone(batch.rows.schema()));
        for row in batch.rows.rows().filter(&wanted) {
            kept.push_row(row)?;
        }
        batch.rows = kept;
    }
    Ok(())
}

impl Seen {
    fn note(&mut self, batches: &[Batch], copying: bool, stamp: Option<usize>, after: Option<&Cursor>) {
        let mut greatest = after.and_then(|after| self.stamps.get(after.token()).cloned());
        for (index, batch) in batches.iter().enumerate() {
            if let Some(stamp) = stamp {
                greatest = batch.rows.rows().map(|row| row.get(stamp).into()).chain(greatest).max();
            }
            if let Some(watermark) = &batch.watermark {
                if copying && index + 1 < batches.len() {
                    self.copying.insert(watermark.token().to_owned());
                }
                if let Some(greatest) = &greatest {
                    self.stamps.insert(watermark.token().to_owned(), greatest.clone());
                }
            }
        }
    }
}
