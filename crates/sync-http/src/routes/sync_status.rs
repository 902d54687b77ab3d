//! `GET /sync-status`: where every table stands.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use serde::Serialize;
use serde_json::Value as Json;
use sync_core::status::{SourceStatus, Status, TableStatus};

use crate::clock::iso;
use crate::endpoints::Shared;
use crate::guarantee::{guarantee, held_deletes};
use crate::reply::Reply;
use crate::stored::Stored;

pub(crate) async fn sync_status(State(shared): State<Arc<Shared>>) -> Reply {
    let stored = shared.stored().await;
    Reply::ok(&SyncStatus::of(&shared.endpoints.status.borrow(), &stored))
}

#[derive(Serialize)]
struct SyncStatus<'a> {
    status: &'static str,
    replica_file: Option<&'a str>,
    tables: Vec<Table<'a>>,
    last_sync: Option<String>,
    sources: Vec<Source<'a>>,
}

#[derive(Serialize)]
struct Table<'a> {
    name: String,
    source: Option<&'a str>,
    replica: &'a str,
    phase: &'static str,
    paused: bool,
    rows_read: u64,
    rows_changed: u64,
    estimated_rows: Option<u64>,
    sync_interval: Option<f64>,
    last_success: Option<String>,
    next_run: Option<String>,
    failures: u32,
    error: Option<&'a str>,
    guarantee: Json,
    last_sweep: Option<String>,
    last_reconcile: Option<String>,
    held_deletes: Option<Json>,
    failed_rows: Option<u64>,
}

#[derive(Serialize)]
struct Source<'a> {
    name: Option<&'a str>,
    server: Option<&'a str>,
    error: Option<&'a str>,
    problems: Vec<Problem<'a>>,
}

#[derive(Serialize)]
struct Problem<'a> {
    table: &'a str,
    kind: &'static str,
    problem: &'a str,
}

impl<'a> SyncStatus<'a> {
    fn of(status: &'a Status, stored: &'a Stored) -> Self {
        let all_paused = !status.tables.is_empty() && status.tables.iter().all(|table| table.paused);
        Self {
            status: if all_paused { "paused" } else { "running" },
            replica_file: stored.file.as_deref(),
            tables: status.tables.iter().map(|table| Table::of(table, status, stored)).collect(),
            last_sync: status.tables.iter().filter_map(|table| table.last_success_ms).max().map(iso),
            sources: status.sources.iter().map(Source::of).collect(),
        }
    }
}

impl<'a> Table<'a> {
    fn of(table: &'a TableStatus, status: &'a Status, stored: &Stored) -> Self {
        let stored = stored.tables.get(&table.replica);
        let upkeep = stored.map(|stored| &stored.upkeep);
        Self {
            name: table.table.to_string(),
            source: status.sources.get(table.source).and_then(|source| source.name.as_deref()),
            replica: &table.replica,
            phase: table.phase.as_str(),
            paused: table.paused,
            rows_read: table.rows_read,
            rows_changed: table.rows_changed,
            estimated_rows: table.estimated_rows,
            sync_interval: table.interval.as_ref().map(Duration::as_secs_f64),
            last_success: table.last_success_ms.map(iso),
            next_run: table.next_run_ms.map(iso),
            failures: table.failures,
            error: table.error.as_deref(),
            guarantee: guarantee(&table.guarantee),
            last_sweep: upkeep.and_then(|upkeep| upkeep.swept_ms).map(iso),
            last_reconcile: upkeep.and_then(|upkeep| upkeep.reconciled_ms).map(iso),
            held_deletes: table.held.as_ref().or(upkeep.and_then(|upkeep| upkeep.held.as_ref())).map(held_deletes),
            failed_rows: stored.map(|stored| stored.failed_rows),
        }
    }
}

impl<'a> Source<'a> {
    fn of(source: &'a SourceStatus) -> Self {
        let problems = source.problems.iter();
        Self {
            name: source.name.as_deref(),
            server: source.identity.as_ref().map(|identity| identity.description()),
            error: source.error.as_deref(),
            problems: problems
                .map(|known| Problem { table: &known.table, kind: known.kind.as_str(), problem: &known.message })
                .collect(),
        }
    }
}
