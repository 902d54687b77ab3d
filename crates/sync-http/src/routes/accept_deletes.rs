//! `POST /accept-deletes`: deletes that are held back for a table are carried out.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use serde_json::json;

use super::{object, table};
use crate::endpoints::Shared;
use crate::reply::{Refusal, Reply};

pub(crate) async fn accept_deletes(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    match accept(&shared, body).await {
        Ok(message) => Reply::ok(&json!({ "success": true, "message": message })),
        Err(refusal) => refusal.without_success(),
    }
}

async fn accept(shared: &Shared, body: Body) -> Result<String, Refusal> {
    let body = object(body, shared.endpoints.limits.body).await?;
    let (table, replica) = table::one(&body, &shared.status())?;
    shared.endpoints.control.accept_deletes(&replica);
    Ok(format!("{table} is compared now, and what is gone at its source is deleted, however much it is"))
}
