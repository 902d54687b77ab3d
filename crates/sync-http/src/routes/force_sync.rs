//! `POST /force-sync`: a table, or all of them, now.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use sync_core::status::Status;

use super::object;
use crate::endpoints::Shared;
use crate::reply::{Refusal, Reply};
use crate::tables::meant;

pub(crate) async fn force_sync(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    match force(&shared, body).await {
        Ok(message) => Reply::ok(&json!({ "success": true, "message": message })),
        Err(refusal) => refusal.without_success(),
    }
}

async fn force(shared: &Shared, body: Body) -> Result<String, Refusal> {
    let body = object(body, shared.endpoints.limits.body).await?;
    if let Some(unknown) = body.keys().find(|key| *key != "table") {
        return Err(Refusal::bad_request(format!("{unknown:?} can't be set here; there is table")));
    }
    let status = shared.status();
    let control = &shared.endpoints.control;
    match body.get("table") {
        None | Some(Json::Null) => {
            control.sync_now(None);
            Ok(format!("all tables are synced now: {}", status.tables.len()))
        }
        Some(Json::String(name)) => {
            let (table, replica) = only(&status, name)?;
            control.sync_now(Some(&replica));
            Ok(format!("{table} is synced now"))
        }
        Some(_) => Err(Refusal::bad_request("table: it is no text")),
    }
}

/// The one table of this name, and its replica.
fn only(status: &Status, name: &str) -> Result<(String, String), Refusal> {
    match meant(status, name).as_slice() {
        [table] => Ok((table.table.to_string(), table.replica.clone())),
        [] => Err(Refusal::new(StatusCode::NOT_FOUND, format!("table: no table {name:?} is synced"))),
        several => {
            let replicas: Vec<_> = several.iter().map(|table| table.replica.as_str()).collect();
            let message = format!("table: {name:?} could be {}; name one of them", replicas.join(" or "));
            Err(Refusal::bad_request(message))
        }
    }
}
