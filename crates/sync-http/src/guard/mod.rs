//! What every request must pass before it is answered.

mod host;
mod origin;
mod token;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

pub(crate) use host::host;
pub(crate) use token::{Role, may_command, token};

use crate::endpoints::Shared;
use crate::reply::Refusal;

/// Ends a request that takes too long, and what is done for it.
pub(crate) async fn time(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let limit = shared.endpoints.limits.request;
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            Refusal::new(StatusCode::REQUEST_TIMEOUT, format!("the request took longer than {limit:?}")).into_response()
        }
    }
}

/// Lets through what only a program, or a page of our own, can send: JSON, and no foreign origin.
///
/// Browsers send forms and texts anywhere without asking, but ask before they send JSON, and nobody answers them.
pub(crate) async fn json_from_here(request: Request, next: Next) -> Result<Response, Refusal> {
    origin::check(request.headers())?;
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        let message = "the body must be JSON; send the header Content-Type: application/json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    Ok(next.run(request).await)
}
