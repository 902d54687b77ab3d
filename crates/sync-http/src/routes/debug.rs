//! `GET /debug`: the configuration and the last query.

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;

use crate::endpoints::Shared;
use crate::reply::Reply;

pub(crate) async fn debug(State(shared): State<Arc<Shared>>) -> Reply {
    let last = shared.last_query();
    Reply::ok(&json!({
        "plugin_name": "data-sync",
        "version": env!("CARGO_PKG_VERSION"),
        "is_registered": true,
        "last_query": last.as_ref().map(|last| &last.sql),
        "last_result": last.as_ref().map(|last| &last.result),
        "data_sync_config": shared.endpoints.debug,
    }))
}
