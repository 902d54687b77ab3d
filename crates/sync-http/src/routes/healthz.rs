//! `GET /healthz`: whether syncing goes on.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::clock::now_ms;
use crate::endpoints::Shared;
use crate::health::health;
use crate::reply::Reply;

pub(crate) async fn healthz(State(shared): State<Arc<Shared>>) -> Reply {
    let health = health(&shared.endpoints.status.borrow(), now_ms());
    let (status, word) =
        if health.is_healthy() { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "failing") };
    Reply::new(status, &json!({ "status": word, "problems": health.problems, "waiting_for": health.waiting_for }))
}
