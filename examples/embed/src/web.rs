//! What the application answers: from the replica's file, while the engine writes to it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;

use crate::Replica;

/// `GET /ready` says whether all tables are there and fresh, `GET /tables/{table}/count` how many rows one has.
pub fn routes(replica: Arc<Replica>) -> Router {
    Router::new().route("/ready", get(ready)).route("/tables/{table}/count", get(count)).with_state(replica)
}

async fn ready(State(replica): State<Arc<Replica>>) -> StatusCode {
    if replica.is_fresh() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn count(State(replica): State<Arc<Replica>>, Path(table): Path<String>) -> (StatusCode, String) {
    let status = replica.status().borrow().clone();
    let name = status.tables.into_iter().find(|known| known.table.name() == table).map(|known| known.replica);
    let Some(name) = name else { return (StatusCode::NOT_FOUND, format!("{table} is not kept here\n")) };
    // SQLite reads from the disk, so not on a thread that others wait for.
    let counted = tokio::task::spawn_blocking(move || {
        let sql = format!("SELECT count(*) FROM \"{}\"", name.replace('"', "\"\""));
        replica.open()?.query_row(&sql, [], |row| row.get::<_, i64>(0))
    });
    match counted.await {
        Ok(Ok(rows)) => (StatusCode::OK, format!("{rows}\n")),
        // A table appears when its first copy is complete.
        Ok(Err(reason)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{table} can't be read yet: {reason}\n")),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
    }
}
