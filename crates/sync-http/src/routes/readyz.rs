//! `GET /readyz`: whether every planned table can be read.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;
use sink_sqlite::SqliteReplica;
use sync_core::Result;
use sync_core::status::{Status, TableStatus};

use crate::endpoints::Shared;
use crate::reply::{Refusal, Reply};

pub(crate) async fn readyz(State(shared): State<Arc<Shared>>) -> Result<Reply, Refusal> {
    let status = shared.status();
    let unplanned: Vec<_> = status.sources.iter().filter(|source| source.identity.is_none()).collect();
    if status.sources.is_empty() || !unplanned.is_empty() {
        let names: Vec<_> = unplanned.iter().map(|source| source.name.as_deref().unwrap_or("the source")).collect();
        let body = json!({ "ready": false, "missing": [], "waiting_for": names });
        return Ok(Reply::new(StatusCode::SERVICE_UNAVAILABLE, &body));
    }
    let missing = missing(&shared, &status).await?;
    let code = if missing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let missing: Vec<_> = missing.iter().map(|table| table.table.to_string()).collect();
    Ok(Reply::new(code, &json!({ "ready": missing.is_empty(), "missing": missing, "waiting_for": [] })))
}

/// Tables that no reader has seen yet.
async fn missing<'a>(shared: &Shared, status: &'a Status) -> Result<Vec<&'a TableStatus>, Refusal> {
    // What succeeded since the start is there, once the file is in its place; for the others the replica knows of earlier times.
    let in_place = shared.endpoints.replica.exists();
    let unsure: Vec<_> = status.tables.iter().filter(|table| !in_place || table.last_success_ms.is_none()).collect();
    if unsure.is_empty() {
        return Ok(unsure);
    }
    let path = shared.endpoints.replica.clone();
    let published = shared.looks.run(move |_| published(&path)).await??;
    Ok(unsure.into_iter().filter(|table| !published.contains(&table.replica)).collect())
}

fn published(path: &Path) -> Result<HashSet<String>> {
    let tables = SqliteReplica::open(path)?.tables()?;
    Ok(tables.into_iter().filter(|table| table.published).map(|table| table.name).collect())
}
