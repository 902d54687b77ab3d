//! `GET /history`: the last hour, and the recent runs.

use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value as Json, json};
use sink_sqlite::SqliteReplica;
use sink_sqlite::rusqlite::Row;

use crate::clock::iso;
use crate::endpoints::Shared;
use crate::history::EVERY;
use crate::reply::Reply;

/// Runs that are told.
const RUNS: i64 = 50;

pub(crate) async fn history(State(shared): State<Arc<Shared>>) -> Reply {
    let path = shared.endpoints.replica.clone();
    let runs = shared.looks.run(move |_| runs(&path)).await.ok().flatten().unwrap_or_default();
    let tables = shared.history.copy();
    Reply::ok(&json!({ "every_seconds": EVERY.as_secs(), "tables": tables, "runs": runs }))
}

/// The newest first; nothing where the replica can't be read.
fn runs(path: &Path) -> Option<Vec<Json>> {
    let replica = SqliteReplica::open(path).ok()?;
    let mut select = replica
        .connection()
        .prepare(
            "SELECT table_name, started_ms, finished_ms, rows_read, rows_changed, rows_deleted, error FROM tmp_data_sync_log
             ORDER BY finished_ms DESC LIMIT ?1",
        )
        .ok()?;
    let runs = select.query_map([RUNS], run).ok()?;
    runs.collect::<Result<_, _>>().ok()
}

fn run(row: &Row<'_>) -> sink_sqlite::rusqlite::Result<Json> {
    let (started, finished): (i64, i64) = (row.get(1)?, row.get(2)?);
    Ok(json!({
        "replica": row.get::<_, String>(0)?,
        "finished": iso(finished),
        "seconds": finished.saturating_sub(started) as f64 / 1000.0,
        "rows_read": row.get::<_, i64>(3)?,
        "changed": row.get::<_, i64>(4)?,
        "deleted": row.get::<_, i64>(5)?,
        "error": row.get::<_, Option<String>>(6)?,
    }))
}
