//! The one table that a command is for.

use serde_json::{Map, Value as Json};

use axum::http::StatusCode;
use sync_core::status::Status;

use crate::reply::Refusal;
use crate::tables::meant;

/// The table that a body names and its replica; nothing where it names none. A body can say nothing else.
pub(super) fn named(body: &Map<String, Json>, status: &Status) -> Result<Option<(String, String)>, Refusal> {
    if let Some(unknown) = body.keys().find(|key| *key != "table") {
        return Err(Refusal::bad_request(format!("{unknown:?} can't be set here; there is table")));
    }
    match body.get("table") {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(name)) => only(status, name).map(Some),
        Some(_) => Err(Refusal::bad_request("table: it is no text")),
    }
}

/// Likewise, of a body that must name one.
pub(super) fn one(body: &Map<String, Json>, status: &Status) -> Result<(String, String), Refusal> {
    named(body, status)?.ok_or_else(|| Refusal::bad_request("table: it is missing; send {\"table\": \"…\"}"))
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
