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
    routes_over(Arc::new(Shared::new(endpoints)))
}

pub(crate) fn routes_over(shared: Arc<Shared>) -> Router {
    // A page of somebody else must not be able to send these.
    let ask = |route: MethodRouter<Arc<Shared>>| route.route_layer(from_fn(guard::json_from_here));
    let command = |route: MethodRouter<Arc<Shared>>| ask(route).route_layer(from_fn(guard::may_command));
    Router::new()
        .route("/metrics", get(routes::metrics))
        .route("/history", get(routes::history))
        .route("/events", get(routes::events))
        .route("/pause", command(post(routes::pause)))
        .route("/resume", command(post(routes::resume)))
        .route("/reload", command(post(routes::reload)))
        .route("/sync-status", get(routes::sync_status))
        .route("/sync-data", get(routes::sync_data))
        .route("/debug", get(routes::debug))
        .route("/force-sync", command(post(routes::force_sync)))
        .route("/accept-deletes", command(post(routes::accept_deletes)))
        .route("/resync", command(post(routes::resync)))
        .route("/test-query", ask(post(routes::test_query)))
        .route("/query", ask(post(routes::query)))
        .route("/query/raw", ask(post(routes::query_raw)))
        .method_not_allowed_fallback(not_allowed)
        .fallback(not_found)
        .layer(from_fn_with_state(Arc::clone(&shared), guard::token))
        .merge(open())
        .layer(from_fn_with_state(Arc::clone(&shared), guard::host))
        .layer(from_fn_with_state(Arc::clone(&shared), guard::time))
        .with_state(shared)
}

/// Those that ask for them have no token: probes, and a browser that shows the page, which holds no data.
fn open() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(routes::page))
        .route("/page.js", get(routes::script))
        .route("/page.css", get(routes::style))
        .route("/openapi.json", get(routes::openapi))
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
