//! `POST /resync`: a table is copied anew.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use serde_json::json;
use tokio::time::timeout;

use super::{object, table};
use crate::endpoints::Shared;
use crate::reply::{Refusal, Reply};

/// How long to wait until it is stored: a writer is seldom busy for longer.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) async fn resync(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    match copy_anew(&shared, body).await {
        Ok(message) => Reply::ok(&json!({ "success": true, "message": message })),
        Err(refusal) => refusal.without_success(),
    }
}

/// One table only: all of them at once would keep a source busy for a mistyped body.
async fn copy_anew(shared: &Shared, body: Body) -> Result<String, Refusal> {
    let body = object(body, shared.endpoints.limits.body).await?;
    let (table, replica) = table::one(&body, &shared.status())?;
    // It counts whether or not it is stored by then.
    let _ = timeout(PATIENCE, shared.endpoints.control.resync(&replica)).await;
    Ok(format!("{table} is copied anew; readers keep the present rows until the copy is complete"))
}
