//! How far verifying is: the rows that a source gave are counted on their way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sync_core::{
    Capabilities, Cursor, EngineSource, Next, Pulse, ReadRequest, Reader, Result, Scope, Source, SourceIdentity,
    SourceTable, StreamId, Survey, TableId, TablePlan, TableSchema, async_trait,
};

use crate::console::Console;
use crate::progress::{BETWEEN_LINES, bar};

/// How often a bar moves.
const TICK: Duration = Duration::from_millis(200);

/// Rows that the pass under way over one side has had.
#[derive(Clone, Debug, Default)]
pub(super) struct Passed(Arc<AtomicU64>);

/// A source of which every row that is compared is counted.
#[derive(Debug)]
struct Counted {
    source: Box<dyn Source>,
    passed: Passed,
}

struct CountedReader {
    reader: Box<dyn Reader>,
    passed: Passed,
}

impl Passed {
    /// The same sources, counted here.
    pub(super) fn count(&self, sources: Vec<EngineSource>) -> Vec<EngineSource> {
        let count = |mut source: EngineSource| {
            source.source = Box::new(Counted { source: source.source, passed: self.clone() });
            source
        };
        sources.into_iter().map(count).collect()
    }

    /// Shows how far this table is, for as long as the work goes on.
    pub(super) async fn show_during<T>(&self, plan: &TablePlan, console: &Console, work: impl Future<Output = T>) -> T {
        self.0.store(0, Ordering::Relaxed);
        tokio::select! {
            biased;
            done = work => done,
            never = self.show(plan, console) => match never {},
        }
    }

    async fn show(&self, plan: &TablePlan, console: &Console) -> std::convert::Infallible {
        let (replica, estimate) = (&plan.replica.name, plan.source.schema.estimated_rows());
        let shown = Shown(console.bars().add(bar(estimate).with_prefix(replica.clone()).with_message("comparing")));
        let mut told = Instant::now();
        loop {
            tokio::time::sleep(TICK).await;
            let rows = self.0.load(Ordering::Relaxed);
            // An estimate that proves too small is none.
            if shown.0.length().is_some_and(|length| rows > length) {
                shown.0.set_length(rows);
            }
            shown.0.set_position(rows);
            if console.bars().is_hidden() && told.elapsed() >= BETWEEN_LINES {
                told = Instant::now();
                console.note(line(replica, rows, estimate));
            }
        }
    }
}

/// A bar that goes when the work is done, or given up.
struct Shown(indicatif::ProgressBar);

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn line(replica: &str, rows: u64, estimate: Option<u64>) -> String {
    match estimate {
        Some(all) if rows < all => format!("{replica}: comparing, {rows} of about {all} rows"),
        _ => format!("{replica}: comparing, {rows} rows"),
    }
}

#[async_trait]
impl Source for Counted {
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

    async fn try_out(&self, table: &SourceTable) -> Result<()> {
        self.source.try_out(table).await
    }

    async fn clock(&self) -> Result<Option<i64>> {
        self.source.clock().await
    }

    async fn survey(&self, columns: &[(TableId, String)]) -> Result<Survey> {
        self.source.survey(columns).await
    }

    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        // Rows that are looked at once more belong to no pass.
        let is_pass = matches!(request.scope, Scope::Table(_) | Scope::Keys(_)) && request.after.is_none();
        let reader = self.source.read(request).await?;
        if !is_pass {
            return Ok(reader);
        }
        self.passed.0.store(0, Ordering::Relaxed);
        Ok(Box::new(CountedReader { reader, passed: self.passed.clone() }))
    }

    async fn committed(&self, stream: &StreamId, cursor: &Cursor) -> Result<()> {
        self.source.committed(stream, cursor).await
    }
}

#[async_trait]
impl Reader for CountedReader {
    async fn next(&mut self) -> Result<Next> {
        let next = self.reader.next().await?;
        if let Next::Batch(batch) = &next {
            self.passed.0.fetch_add(batch.rows.len() as u64, Ordering::Relaxed);
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use sync_core::engine::inventory;
    use sync_core::memory::{Change, MemorySource};
    use sync_core::{Column, DataType, Wanted};

    use super::*;

    #[test]
    fn a_line_tells_how_much_there_is_to_come() {
        assert_eq!(line("tmp_t", 5, Some(20)), "tmp_t: comparing, 5 of about 20 rows");
        assert_eq!(line("tmp_t", 21, Some(20)), "tmp_t: comparing, 21 rows");
        assert_eq!(line("tmp_t", 0, None), "tmp_t: comparing, 0 rows");
    }

    #[tokio::test]
    async fn the_rows_of_each_pass_are_counted() {
        let (source, id) = (MemorySource::new(), TableId::new("public", "t"));
        let table = TableSchema::builder(id.clone()).column(Column::new("id", DataType::Integer).not_null());
        source.create(table.key(["id"]).build().unwrap());
        source.commit((1..=7).map(|n: i64| Change::upsert(id.clone(), vec![n.into()])).collect()).unwrap();
        let passed = Passed::default();
        let wanted = Wanted::tables(["t".parse().unwrap()]);
        let sources = passed.count(vec![EngineSource::new(Box::new(source), wanted)]);
        let planned = inventory(&sources).await.remove(0).unwrap().plan;
        for _ in 0..2 {
            let request = ReadRequest::new(Scope::Table(Arc::clone(&planned.tables[0].source)), None);
            let mut reader = sources[0].source.read(request).await.unwrap();
            while let Next::Batch(_) = reader.next().await.unwrap() {}
            assert_eq!(passed.0.load(Ordering::Relaxed), 7);
        }
    }
}
