//! `GET /debug`: the configuration, what it comes to, and the last query.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value as Json, json};

use crate::endpoints::Shared;
use crate::guarantee::guarantee;
use crate::reply::Reply;

pub(crate) async fn debug(State(shared): State<Arc<Shared>>) -> Reply {
    let last = shared.last_query();
    let tables = shared.status().tables;
    let guarantees = tables.iter().map(|table| (table.replica.clone(), guarantee(&table.guarantee)));
    let guarantees: serde_json::Map<String, Json> = guarantees.collect();
    Reply::ok(&json!({
        "plugin_name": "data-sync",
        "version": env!("CARGO_PKG_VERSION"),
        "is_registered": true,
        "last_query": last.as_ref().map(|last| &last.sql),
        "last_result": last.as_ref().map(|last| &last.result),
        "guarantees": guarantees,
        "data_sync_config": shared.endpoints.debug,
    }))
}
