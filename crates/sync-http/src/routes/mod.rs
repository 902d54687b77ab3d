//! What is answered; a file for each path.

mod accept_deletes;
mod debug;
mod events;
mod force_sync;
mod healthz;
mod history;
mod metrics;
mod openapi;
mod page;
mod pause;
mod query;
mod readyz;
mod reload;
mod resync;
mod sync_data;
mod sync_status;
mod table;

pub(crate) use accept_deletes::accept_deletes;
pub(crate) use debug::debug;
pub(crate) use events::events;
pub(crate) use force_sync::force_sync;
pub(crate) use healthz::healthz;
pub(crate) use history::history;
pub(crate) use metrics::metrics;
pub(crate) use openapi::openapi;
pub(crate) use page::{page, script, style};
pub(crate) use pause::{pause, resume};
pub(crate) use query::{query, query_raw, test_query};
pub(crate) use readyz::readyz;
pub(crate) use reload::reload;
pub(crate) use resync::resync;
pub(crate) use sync_data::sync_data;
pub(crate) use sync_status::sync_status;

use axum::body::Body;
use axum::http::StatusCode;
use futures_util::StreamExt as _;
use serde_json::{Map, Value as Json};

use crate::reply::Refusal;

/// A body that is too long is read up to so many times the limit: a client that is still sending would not see the answer.
const READ_ON: usize = 8;

/// The JSON object in a body of at most so many bytes; an empty body is an empty object.
async fn object(body: Body, limit: usize) -> Result<Map<String, Json>, Refusal> {
    let bytes = read(body, limit).await?;
    if bytes.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&bytes) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err(Refusal::bad_request("the body must be a JSON object")),
        Err(error) => Err(Refusal::bad_request(format!("the body is no JSON: {error}"))),
    }
}

async fn read(body: Body, limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut seen = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refusal::bad_request("the body broke off"))?;
        seen = seen.saturating_add(chunk.len());
        if seen <= limit {
            bytes.extend_from_slice(&chunk);
        } else if seen > limit.saturating_mul(READ_ON) {
            break;
        }
    }
    if seen <= limit {
        return Ok(bytes);
    }
    Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {limit} bytes")))
}
