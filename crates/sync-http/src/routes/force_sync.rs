//! `POST /force-sync`: a table, or all of them, now.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use serde_json::json;

use super::{object, table};
use crate::endpoints::Shared;
use crate::reply::{Refusal, Reply};

pub(crate) async fn force_sync(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    match force(&shared, body).await {
        Ok(message) => Reply::ok(&json!({ "success": true, "message": message })),
        Err(refusal) => refusal.without_success(),
    }
}

async fn force(shared: &Shared, body: Body) -> Result<String, Refusal> {
    let body = object(body, shared.endpoints.limits.body).await?;
    let status = shared.status();
    let control = &shared.endpoints.control;
    match table::named(&body, &status)? {
        None => {
            control.sync_now(None);
            Ok(format!("all tables are synced now: {}", status.tables.len()))
        }
        Some((table, replica)) => {
            control.sync_now(Some(&replica));
            Ok(format!("{table} is synced now"))
        }
    }
}
