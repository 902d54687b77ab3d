//! `POST /reload`: the configuration is read again, as by SIGHUP.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::object;
use crate::endpoints::Shared;
use crate::reply::{Refusal, Reply};

pub(crate) async fn reload(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    match command(&shared, body).await {
        Ok(()) => {
            let message = "the configuration is read again; the log tells what comes of it";
            Reply::ok(&json!({ "success": true, "message": message }))
        }
        Err(refusal) => refusal.without_success(),
    }
}

async fn command(shared: &Shared, body: Body) -> Result<(), Refusal> {
    if let Some(unknown) = object(body, shared.endpoints.limits.body).await?.keys().next() {
        return Err(Refusal::bad_request(format!("{unknown:?} can't be set here; there is nothing to set")));
    }
    match &shared.endpoints.reload {
        Some(reload) => reload.notify_one(),
        None => return Err(Refusal::new(StatusCode::NOT_FOUND, "this program has no configuration to read again")),
    }
    Ok(())
}
