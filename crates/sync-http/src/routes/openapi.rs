//! `GET /openapi.json`: what the endpoints take and answer, for programs.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

/// It says nothing of this very daemon, so everybody may have it.
pub(crate) async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], include_str!("../openapi.json"))
}
