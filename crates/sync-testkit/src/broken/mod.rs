//! Sources that break one promise each: the twins of the behaviours.

mod readers;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sync_core::memory::ReadyReader;
use sync_core::{
    Batch, Capabilities, Cursor, End, Error, Op, OwnedValue, Pulse, ReadRequest, Reader, Result, Row, RowBatch, Scope,
    Source, SourceIdentity, SourceTable, StreamId, TableSchema, async_trait,
};

use crate::fixture::{Conditions, OpenTransaction, SourceFixture, TestRow};
use crate::reading::read_all;
use readers::{EndsAtThePresent, Leaking};

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
    /// A sweep passes over rows that were given before: breaks `a_silent_update_arrives_with_the_sweep`.
    SweepsNewRowsOnly,
    /// A sweep that may be left out is: breaks `an_unchanged_table_is_not_swept`.
    SkipsEverySweep,
    /// A poll that may be left out is: breaks `a_poll_that_may_be_left_out_loses_nothing`.
    SkipsEveryPoll,
    /// Keys that are absent are passed over: breaks `keys_and_rows_by_key_are_exact`.
    ForgetsAbsentKeys,
    /// A copy's last watermark covers what was written while it ran: breaks `what_changes_during_a_copy_arrives`.
    WatermarkOfTheEnd,
    /// A poll claims to have seen what only a sweep sees: breaks `a_late_commit_arrives_with_the_sweep`.
    PollMovesTheHorizon,
    /// A table that is not there has no rows: breaks `an_absent_table_is_an_error`.
    EmptyForAbsent,
    /// Each connection is another source: breaks `a_source_knows_itself_and_its_tables`.
    ForgetsItself,
    /// A reader that is dropped stays open: breaks `a_dropped_reader_holds_nothing_back`.
    LeaksReaders,
    /// The bytes of a batch are not looked at: breaks `a_batch_ends_where_it_should`.
    ForgetsBytes,
    /// A poll passes over rows that are to be left out: breaks `a_condition_keeps_rows_out`.
    ForgetsLeavers,
    /// The last change is lost: breaks `transactions_come_whole_and_in_their_order`.
    LosesATransaction,
    /// Its `Debug` shows the password: breaks `secrets_never_appear`.
    ShowsSecrets,
}

impl Fault {
    /// Every fault with the one behaviour that it breaks.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::RepeatsARow, "every_row_arrives_once"),
        (Self::WatermarkAheadOfRows, "a_reader_resumes_after_any_watermark"),
        (Self::ForgetsTies, "rows_of_equal_cursor_are_not_lost"),
        (Self::SweepsNewRowsOnly, "a_silent_update_arrives_with_the_sweep"),
        (Self::SkipsEverySweep, "an_unchanged_table_is_not_swept"),
        (Self::SkipsEveryPoll, "a_poll_that_may_be_left_out_loses_nothing"),
        (Self::ForgetsAbsentKeys, "keys_and_rows_by_key_are_exact"),
        (Self::WatermarkOfTheEnd, "what_changes_during_a_copy_arrives"),
        (Self::PollMovesTheHorizon, "a_late_commit_arrives_with_the_sweep"),
        (Self::EmptyForAbsent, "an_absent_table_is_an_error"),
        (Self::ForgetsItself, "a_source_knows_itself_and_its_tables"),
        (Self::LeaksReaders, "a_dropped_reader_holds_nothing_back"),
        (Self::ForgetsBytes, "a_batch_ends_where_it_should"),
        (Self::ForgetsLeavers, "a_condition_keeps_rows_out"),
        (Self::LosesATransaction, "transactions_come_whole_and_in_their_order"),
        (Self::ShowsSecrets, "secrets_never_appear"),
    ];
}

/// A fixture whose sources have a fault.
#[derive(Debug)]
pub struct Broken<F> {
    fixture: F,
    fault: Fault,
    connections: AtomicUsize,
}

impl<F: SourceFixture> Broken<F> {
    /// Breaks the sources of a fixture.
    #[must_use]
    pub fn new(fixture: F, fault: Fault) -> Self {
        Self { fixture, fault, connections: AtomicUsize::new(0) }
    }
}

#[async_trait]
impl<F: SourceFixture> SourceFixture for Broken<F> {
    async fn connect(&self) -> Result<Box<dyn Source>> {
        let source = self.fixture.connect().await?.into();
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        let secrets = self.fixture.secrets();
        Ok(Box::new(BrokenSource {
            source,
            fault: self.fault,
            number,
            secrets,
            open: Arc::default(),
            seen: Arc::default(),
        }))
    }

    async fn create(&self, table: &str) -> Result<()> {
        self.fixture.create(table).await
    }

    async fn put(&self, table: &str, rows: &[TestRow]) -> Result<()> {
        self.fixture.put(table, rows).await
    }

    async fn begin(&self, table: &str, rows: &[TestRow]) -> Result<Option<Box<dyn OpenTransaction>>> {
        self.fixture.begin(table, rows).await
    }

    fn conditions(&self) -> Option<Conditions> {
        self.fixture.conditions()
    }

    fn secrets(&self) -> Vec<String> {
        self.fixture.secrets()
    }

    fn counts_within(&self) -> Duration {
        self.fixture.counts_within()
    }
}

struct BrokenSource {
    source: Arc<dyn Source>,
    fault: Fault,
    /// Which connection it is.
    number: usize,
    secrets: Vec<String>,
    /// Readers that were not read to their end.
    open: Arc<AtomicUsize>,
    seen: Arc<Mutex<Seen>>,
}

impl fmt::Debug for BrokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: &[String] = if self.fault == Fault::ShowsSecrets { &self.secrets } else { &[] };
        f.debug_struct("BrokenSource").field("fault", &self.fault).field("shown", &shown).finish_non_exhaustive()
    }
}

/// What was given with which watermark.
#[derive(Debug, Default)]
struct Seen {
    /// Watermarks in the middle of a copy.
    copying: HashSet<String>,
    /// The greatest stamp given up to a watermark.
    stamps: HashMap<String, OwnedValue>,
    /// The keys of all rows given.
    keys: BTreeSet<Vec<OwnedValue>>,
}

fn key_of(row: &Row<'_>) -> Vec<OwnedValue> {
    row.key().map(OwnedValue::from).collect()
}

#[async_trait]
impl Source for BrokenSource {
    fn capabilities(&self) -> Capabilities {
        self.source.capabilities()
    }

    async fn identity(&self) -> Result<SourceIdentity> {
        let identity = self.source.identity().await?;
        if self.fault != Fault::ForgetsItself {
            return Ok(identity);
        }
        Ok(SourceIdentity::new(format!("{}-{}", identity.id(), self.number), identity.description()))
    }

    async fn discover(&self) -> Result<Vec<TableSchema>> {
        self.source.discover().await
    }

    async fn pulse(&self) -> Result<Pulse> {
        self.source.pulse().await
    }

    async fn try_out(&self, table: &SourceTable) -> Result<()> {
        self.source.try_out(table).await
    }

    async fn committed(&self, stream: &StreamId, cursor: &Cursor) -> Result<()> {
        self.source.committed(stream, cursor).await
    }

    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let stamp = match &request.scope {
            Scope::Table(table) => table.timestamp,
            scope => return self.read_beside(scope.clone(), request).await,
        };
        match self.fault {
            Fault::WatermarkOfTheEnd if request.after.is_none() => self.ends_at_the_present(request).await,
            Fault::SkipsEveryPoll if request.quiet.is_some() => {
                Ok(Box::new(ReadyReader::new(Vec::new(), End::Complete)))
            }
            Fault::LeaksReaders => self.leaking(request).await,
            _ => self.read_table(request, stamp).await,
        }
    }
}

impl BrokenSource {
    async fn ends_at_the_present(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let reader = self.source.read(request.clone()).await?;
        Ok(Box::new(EndsAtThePresent { reader, source: Arc::clone(&self.source), request, next: None }))
    }

    async fn leaking(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        if self.open.load(Ordering::Relaxed) >= 8 {
            return Err(Error::unavailable("all connections are in use"));
        }
        let reader = self.source.read(request).await?;
        self.open.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Leaking { reader, open: Arc::clone(&self.open) }))
    }

    /// Copies or polls. Reads everything first: test tables are small.
    async fn read_table(&self, request: ReadRequest, stamp: Option<usize>) -> Result<Box<dyn Reader>> {
        let (after, limits) = (request.after.clone(), request.limits);
        let filtered = matches!(&request.scope, Scope::Table(table) if table.filter.is_some());
        let again = ReadRequest::new(request.scope.clone(), None);
        let read = match self.source.read(request).await {
            Err(_) if self.fault == Fault::EmptyForAbsent => Ok((Vec::new(), End::Complete)),
            reader => read_all(reader?).await,
        };
        let (mut batches, end) = read?;
        if self.fault == Fault::PollMovesTheHorizon
            && after.is_some()
            && let Some(last) = batches.last_mut()
        {
            let (copy, _) = read_all(self.source.read(again).await?).await?;
            last.watermark = copy.iter().rev().find_map(|batch| batch.watermark.clone());
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let copying = after.as_ref().is_none_or(|after| seen.copying.contains(after.token()));
        match self.fault {
            Fault::RepeatsARow if after.is_none() => repeat_last_row(&mut batches)?,
            // Where rows are counted too, others would notice.
            Fault::ForgetsBytes if limits.rows > 1000 => merge(&mut batches)?,
            Fault::ForgetsLeavers if filtered && after.is_some() => retain(&mut batches, |row| row.op() == Op::Upsert)?,
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

    /// Everything that is neither a copy nor a poll.
    async fn read_beside(&self, scope: Scope, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let is_skippable = request.activity.is_some();
        let (mut batches, mut end) = read_all(self.source.read(request).await?).await?;
        match (self.fault, scope) {
            // Without an activity: what a sweep under one finds is another promise's matter.
            (Fault::SweepsNewRowsOnly, Scope::Sweep(_)) if !is_skippable => {
                let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                retain(&mut batches, |row| !seen.keys.contains(&key_of(row)))?;
            }
            (Fault::SkipsEverySweep, Scope::Sweep(_)) if is_skippable => (batches, end) = (Vec::new(), End::Unchanged),
            (Fault::LosesATransaction, Scope::Changes(_)) => lose_last_rows(&mut batches),
            (Fault::ForgetsAbsentKeys, Scope::Rows(table, _)) if table.filter.is_none() => {
                retain(&mut batches, |row| row.op() == Op::Upsert)?
            }
            _ => {}
        }
        Ok(Box::new(ReadyReader::new(batches, end)))
    }
}

/// One batch of all.
fn merge(batches: &mut Vec<Batch>) -> Result<()> {
    let Some(first) = batches.first() else { return Ok(()) };
    let mut rows = RowBatch::new(Arc::clone(first.rows.schema()));
    for row in batches.iter().flat_map(|batch| batch.rows.rows()) {
        rows.push_row(row)?;
    }
    let watermark = batches.iter().rev().find_map(|batch| batch.watermark.clone());
    let mut merged = Batch::new(rows);
    merged.watermark = watermark;
    *batches = vec![merged];
    Ok(())
}

/// The last rows of a stream.
fn lose_last_rows(batches: &mut [Batch]) {
    if let Some(last) = batches.iter_mut().rev().find(|batch| !batch.rows.is_empty()) {
        last.rows.clear();
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
        self.keys.extend(batches.iter().flat_map(|batch| batch.rows.rows()).map(|row| key_of(&row)));
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
