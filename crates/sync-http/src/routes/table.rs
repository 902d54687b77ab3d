//! The one table that a command is for.

use serde_json::{Map, Value as Json};
use sync_core::status::Status;

use crate::reply::Refusal;
use crate::tables::one as one_of;

/// The table that a body names and its replica; nothing where it names none. A body can say nothing else.
pub(super) fn named(body: &Map<String, Json>, status: &Status) -> Result<Option<(String, String)>, Refusal> {
    if let Some(unknown) = body.keys().find(|key| *key != "table") {
        return Err(Refusal::bad_request(format!("{unknown:?} can't be set here; there is table")));
    }
    match body.get("table") {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(name)) => {
            one_of(status, name).map(|table| Some((table.table.to_string(), table.replica.clone())))
        }
        Some(_) => Err(Refusal::bad_request("table: it is no text")),
    }
}

/// Likewise, of a body that must name one.
pub(super) fn one(body: &Map<String, Json>, status: &Status) -> Result<(String, String), Refusal> {
    named(body, status)?.ok_or_else(|| Refusal::bad_request("table: it is missing; send {\"table\": \"…\"}"))
}
