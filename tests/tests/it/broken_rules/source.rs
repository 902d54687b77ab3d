//! A source that breaks a rule, and counts its reads.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sync_core::{
    Batch, Capabilities, Cursor, End, Error, Next, Op, Pulse, ReadRequest, Reader, Result, RowBatch, Scope, Source,
    SourceIdentity, SourceTable, StreamId, TableSchema, async_trait,
};

use super::gate::{Gate, Gated};
use super::given::{Given, all_of, id, ids, only};
use super::rule::Rule;
use crate::server::{Database, OwnServer};

/// How many reads of each kind began.
#[derive(Debug, Default)]
pub(super) struct Begun {
    pub(super) polls: AtomicU64,
    pub(super) sweeps: AtomicU64,
    /// Comparisons: of keys, and of whole rows where a source has no sweep.
    pub(super) keys: AtomicU64,
}

/// What a test may do to a source that an engine has.
#[derive(Debug, Default)]
pub(super) struct Levers {
    pub(super) begun: Begun,
    /// SQL to run when a sweep has read its rows, before it says so; once.
    pub(super) after_sweep: Mutex<Option<String>>,
    /// Where lists of keys wait.
    pub(super) gate: Arc<Gate>,
}

#[derive(Debug)]
pub(super) struct BrokenSource {
    source: Box<dyn Source>,
    rule: Rule,
    server: Arc<OwnServer>,
    database: String,
    levers: Arc<Levers>,
    /// The first list of keys that was read.
    old_keys: Mutex<Option<Vec<RowBatch>>>,
    /// Batches until the connection is cut.
    left: AtomicUsize,
    /// Whether the copy began: whoever reads all rows after that compares them.
    copied: AtomicBool,
}

impl BrokenSource {
    pub(super) fn new(server: &Arc<OwnServer>, database: &Database, rule: Rule) -> Self {
        Self {
            source: database.source(),
            rule,
            server: Arc::clone(server),
            database: database.name().to_owned(),
            levers: Arc::default(),
            old_keys: Mutex::default(),
            left: AtomicUsize::new(usize::MAX),
            copied: AtomicBool::new(false),
        }
    }

    pub(super) fn cut_after(self, batches: usize) -> Self {
        Self { left: AtomicUsize::new(batches), ..self }
    }

    pub(super) fn levers(&self) -> Arc<Levers> {
        Arc::clone(&self.levers)
    }

    /// The oldest transaction that a snapshot taken now does not show as ended.
    fn horizon(&self) -> u64 {
        let sql = "SELECT pg_snapshot_xmin(pg_current_snapshot())";
        self.server.query(&self.database, sql).trim().parse().unwrap()
    }

    async fn compare(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let number = self.levers.begun.keys.fetch_add(1, Ordering::SeqCst) + 1;
        if self.rule.has_old_keys() {
            return self.old_keys(request).await;
        }
        let (reader, gate) = (self.source.read(request).await?, Arc::clone(&self.levers.gate));
        Ok(Box::new(Gated { reader, gate, number, given: 0 }))
    }

    /// The keys of the first time that they were asked for; of whole rows those that are of these keys, as they are now.
    async fn old_keys(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let whole = matches!(request.scope, Scope::Table(_));
        let (batches, end) = all_of(self.source.read(request).await?).await?;
        let now = batches.into_iter().map(|batch| batch.rows).collect::<Vec<_>>();
        let old = self.old_keys.lock().unwrap().get_or_insert_with(|| now.clone()).clone();
        let known = ids(&old);
        let list = if whole { now.iter().map(|rows| only(rows, &known)).collect() } else { old };
        Ok(Box::new(Given { batches: list.into_iter().map(Batch::new).collect(), then: None, end }))
    }

    /// Deletes for all that the old list lacks; the truth of the rest.
    async fn unconfirmed(&self, table: &Arc<SourceTable>, asked: &RowBatch) -> Result<Box<dyn Reader>> {
        let known = ids(self.old_keys.lock().unwrap().iter().flatten());
        let [mut gone, mut there] = [(); 2].map(|()| RowBatch::new(Arc::clone(asked.schema())));
        for row in asked.rows() {
            if known.contains(&id(row)) {
                there.push_row(row)?;
            } else {
                row.values().for_each(|value| gone.push(value));
                gone.end_row(Op::Delete)?;
            }
        }
        let then = self.source.read(ReadRequest::new(Scope::Rows(Arc::clone(table), there), None)).await?;
        Ok(Box::new(Given { batches: [Batch::new(gone)].into(), then: Some(then), end: End::Complete }))
    }

    async fn writes(&self, table: &TableSchema) -> Result<String> {
        Ok(self.source.pulse().await?.tables[table.id()].writes.clone())
    }

    /// A sweep during whose end something is written.
    async fn sweep_with_a_change(&self, request: ReadRequest, table: &TableSchema) -> Result<Box<dyn Reader>> {
        let before = self.writes(table).await?;
        let (mut batches, end) = all_of(self.source.read(request).await?).await?;
        if end != End::Unchanged {
            if let Some(sql) = self.levers.after_sweep.lock().unwrap().take() {
                self.server.query(&self.database, &sql);
            }
            if self.rule == Rule::CountersAfter {
                let after = self.writes(table).await?;
                let newer = |noted: &str| noted.replace(&before, &after);
                let last = batches.back_mut().unwrap();
                last.watermark = last.watermark.take().map(|cursor| rewritten(&cursor, "writes", newer));
            }
        }
        Ok(Box::new(Given { batches, then: None, end }))
    }
}

/// The cursor with one part of it changed, which it must have.
fn rewritten(cursor: &Cursor, part: &str, change: impl Fn(&str) -> String) -> Cursor {
    let mut token: serde_json::Value = serde_json::from_str(cursor.token()).unwrap();
    let changed = match &token[part] {
        serde_json::Value::String(text) => change(text).into(),
        serde_json::Value::Number(number) => change(&number.to_string()).parse::<u64>().unwrap().into(),
        other => panic!("{part} has moved to another place: {other} in {token}"),
    };
    token[part] = changed;
    Cursor::new(token.to_string()).at_timestamp(cursor.timestamp_ms()).at_id(cursor.id().map(str::to_owned))
}

#[async_trait]
impl Source for BrokenSource {
    fn capabilities(&self) -> Capabilities {
        match self.rule {
            Rule::PollOnly => {
                let schema = self.source.capabilities().default_schema;
                Capabilities::new().default_schema(schema.unwrap_or_default())
            }
            _ => self.source.capabilities(),
        }
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

    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let after = request.after.clone();
        let copies = after.as_ref().is_some_and(|cursor| cursor.token().contains(r#""phase":"copy""#));
        let mut moved = None;
        match &request.scope {
            Scope::Table(_) if after.is_some() && !copies => {
                self.levers.begun.polls.fetch_add(1, Ordering::SeqCst);
                moved = (self.rule == Rule::PollMovesHorizon).then(|| self.horizon());
            }
            Scope::Table(_) if after.is_none() && self.copied.swap(true, Ordering::SeqCst) => {
                return self.compare(request).await;
            }
            Scope::Table(_) => {
                moved = (self.rule == Rule::ResumeMovesHorizon && copies).then(|| self.horizon());
            }
            Scope::Sweep(table) => {
                self.levers.begun.sweeps.fetch_add(1, Ordering::SeqCst);
                if self.rule.looks_at_counters() {
                    let schema = Arc::clone(&table.schema);
                    return self.sweep_with_a_change(request, &schema).await;
                }
            }
            Scope::Keys(_) => return self.compare(request).await,
            Scope::Rows(table, asked) if self.rule == Rule::OldKeysUnconfirmed => {
                return self.unconfirmed(table, asked).await;
            }
            _ => {}
        }
        let table = match &request.scope {
            Scope::Table(table) | Scope::Sweep(table) => Some(Arc::clone(&table.schema)),
            _ => None,
        };
        let left = self.left.swap(usize::MAX, Ordering::SeqCst);
        let reader = self.source.read(request).await?;
        let Some(schema) = table else { return Ok(reader) };
        Ok(Box::new(BrokenReader { reader, schema, moved, last: after, ended: None, left }))
    }

    async fn committed(&self, stream: &StreamId, cursor: &Cursor) -> Result<()> {
        self.source.committed(stream, cursor).await
    }
}

struct BrokenReader {
    reader: Box<dyn Reader>,
    schema: Arc<TableSchema>,
    /// The horizon that each watermark is to claim.
    moved: Option<u64>,
    last: Option<Cursor>,
    ended: Option<End>,
    left: usize,
}

#[async_trait]
impl Reader for BrokenReader {
    async fn next(&mut self) -> Result<Next> {
        self.left = self.left.checked_sub(1).ok_or_else(|| Error::unavailable("the connection was cut"))?;
        if let Some(end) = self.ended {
            return Ok(Next::End(end));
        }
        match self.reader.next().await? {
            Next::Batch(mut batch) => {
                if let Some(cursor) = batch.watermark.take() {
                    batch.watermark = Some(self.claimed(&cursor));
                    self.last = Some(cursor);
                }
                Ok(Next::Batch(batch))
            }
            // A read without rows gives no watermark of its own.
            Next::End(end) if self.moved.is_some() => {
                self.ended = Some(end);
                let empty = Batch::new(RowBatch::new(Arc::clone(&self.schema)));
                Ok(Next::Batch(match &self.last {
                    Some(cursor) => empty.up_to(self.claimed(cursor)),
                    None => empty,
                }))
            }
            next => Ok(next),
        }
    }
}

impl BrokenReader {
    fn claimed(&self, cursor: &Cursor) -> Cursor {
        match self.moved {
            Some(horizon) => rewritten(cursor, "horizon", |_| horizon.to_string()),
            None => cursor.clone(),
        }
    }
}
