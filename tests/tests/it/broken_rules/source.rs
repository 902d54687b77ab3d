//! A PostgreSQL source that breaks a rule, and counts its reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::{
    Batch, Capabilities, Cursor, End, Error, Next, Pulse, ReadRequest, Reader, Result, RowBatch, Scope, Source,
    SourceIdentity, StreamId, TableSchema, async_trait,
};
use test_servers::Postgres;

use super::rule::Rule;

/// How many reads of each kind began.
#[derive(Debug, Default)]
pub(super) struct Begun {
    pub(super) polls: AtomicU64,
    pub(super) sweeps: AtomicU64,
}

#[derive(Debug)]
pub(super) struct BrokenSource {
    source: PostgresSource,
    rule: Rule,
    server: Arc<Postgres>,
    database: String,
    begun: Arc<Begun>,
    /// Batches until the connection is cut.
    left: AtomicUsize,
}

impl BrokenSource {
    pub(super) fn new(server: &Arc<Postgres>, database: &str, rule: Rule) -> Self {
        Self {
            source: PostgresSource::new(&PostgresConfig::new(server.url(database))).unwrap(),
            rule,
            server: Arc::clone(server),
            database: database.to_owned(),
            begun: Arc::default(),
            left: AtomicUsize::new(usize::MAX),
        }
    }

    pub(super) fn cut_after(self, batches: usize) -> Self {
        Self { left: AtomicUsize::new(batches), ..self }
    }

    pub(super) fn begun(&self) -> Arc<Begun> {
        Arc::clone(&self.begun)
    }

    /// The oldest transaction that a snapshot taken now does not show as ended.
    fn horizon(&self) -> u64 {
        let sql = "SELECT pg_snapshot_xmin(pg_current_snapshot())";
        self.server.query(&self.database, sql).unwrap().parse().unwrap()
    }
}

#[async_trait]
impl Source for BrokenSource {
    fn capabilities(&self) -> Capabilities {
        match self.rule {
            Rule::PollOnly => Capabilities::new().default_schema("public"),
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
                self.begun.polls.fetch_add(1, Ordering::SeqCst);
                moved = (self.rule == Rule::PollMovesHorizon).then(|| self.horizon());
            }
            Scope::Table(_) => {
                moved = (self.rule == Rule::ResumeMovesHorizon && copies).then(|| self.horizon());
            }
            Scope::Sweep(_) => {
                self.begun.sweeps.fetch_add(1, Ordering::SeqCst);
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
        let Some(horizon) = self.moved else { return cursor.clone() };
        let mut token: serde_json::Value = serde_json::from_str(cursor.token()).unwrap();
        assert!(token["horizon"].is_u64(), "the horizon has moved to another place: {token}");
        token["horizon"] = horizon.into();
        Cursor::new(token.to_string()).at_timestamp(cursor.timestamp_ms()).at_id(cursor.id().map(str::to_owned))
    }
}
