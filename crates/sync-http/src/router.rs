//! Which request goes where, and what every request must pass first.

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};

use crate::endpoints::{Endpoints, Shared};
use crate::reply::Refusal;
use crate::{guard, routes};

/// The endpoints as a router. It does nothing until it is served, which [`start`](crate::start) does with timeouts and bounds.
pub fn router(endpoints: Endpoints) -> Router {
    let shared = Arc::new(Shared::new(endpoints));
    // A page of somebody else must not be able to send these.
    let command = |route: MethodRouter<Arc<Shared>>| route.route_layer(from_fn(guard::json_from_here));
    Router::new()
        .route("/sync-status", get(routes::sync_status))
        .route("/sync-data", get(routes::sync_data))
        .route("/debug", get(routes::debug))
        .route("/force-sync", command(post(routes::force_sync)))
        .route("/accept-deletes", command(post(routes::accept_deletes)))
        .route("/test-query", command(post(routes::test_query)))
        .route("/query", command(post(routes::query)))
        .route("/query/raw", command(post(routes::query_raw)))
        .method_not_allowed_fallback(not_allowed)
        .fallback(not_found)
        .layer(from_fn_with_state(Arc::clone(&shared), guard::token))
        .merge(probes())
        .layer(from_fn_with_state(Arc::clone(&shared), guard::host))
        .layer(from_fn_with_state(Arc::clone(&shared), guard::time))
        .with_state(shared)
}

/// Those that ask them have no token.
fn probes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/healthz", get(routes::healthz))
        .route("/readyz", get(routes::readyz))
        .method_not_allowed_fallback(not_allowed)
}

async fn not_found(uri: Uri) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, format!("there is no {}", uri.path()))
}

async fn not_allowed(method: Method, uri: Uri) -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, format!("{} does not answer {method}", uri.path()))
}
