//! The `Origin` of a request: which page a browser sends it for.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};

use crate::reply::Refusal;

/// Programs send none. A browser's must be the host that it talks to.
pub(super) fn check(headers: &HeaderMap) -> Result<(), Refusal> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_ours = |origin: &str| {
        let of_origin = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        !host.is_empty() && of_origin.is_some_and(|of_origin| of_origin.eq_ignore_ascii_case(host))
    };
    if headers.get_all(ORIGIN).iter().all(|origin| origin.to_str().is_ok_and(is_ours)) {
        return Ok(());
    }
    let message = "pages of other origins can't send this; the header Origin is not that of this address";
    Err(Refusal::new(StatusCode::FORBIDDEN, message))
}
