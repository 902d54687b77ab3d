//! One table polled again and again by one engine.

use std::path::Path;
use std::time::Instant;

use serde_json::{Value as Json, json};
use sink_sqlite::{SqliteConfig, SqliteSink};
use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::{Engine, EngineSource, Error, Result, Wanted};

use crate::feed::processor_seconds;

const POLLS: u32 = 500;

/// Copies the table where that is still to be done, then polls it: each asks the server for its pulse and runs the table.
pub(crate) async fn poll(url: &str, table: &str, file: &Path) -> Result<Json> {
    let source = PostgresSource::new(&PostgresConfig::new(url))?;
    let wanted = Wanted::tables([table.parse()?]);
    let sink = SqliteSink::open(SqliteConfig::new(file))?;
    let engine = Engine::new(Box::new(sink), vec![EngineSource::new(Box::new(source), wanted)])?;
    let mut inventory = engine.inventory().await.pop().ok_or_else(|| Error::internal("no inventory"))??;
    let plan = inventory.plan.tables.pop().ok_or_else(|| Error::config("no such table"))?;
    engine.sync_one(0, &plan).await?;
    let mut walls = Vec::new();
    let used = processor_seconds();
    for _ in 0..POLLS {
        let start = Instant::now();
        let report = engine.sync_one(0, &plan).await?;
        if let Some(error) = report.error {
            return Err(error);
        }
        walls.push(start.elapsed().as_secs_f64());
    }
    walls.sort_by(f64::total_cmp);
    Ok(json!({ "wall": walls[walls.len() / 2], "client": (processor_seconds() - used) / f64::from(POLLS) }))
}
