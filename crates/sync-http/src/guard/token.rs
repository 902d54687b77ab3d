//! The token that clients must send, where one is set.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use subtle::ConstantTimeEq as _;

use crate::endpoints::Shared;
use crate::reply::Refusal;

/// Refuses requests without the token.
pub(crate) async fn token(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    if let Some(token) = &shared.endpoints.token {
        check(request.headers(), token.expose())?;
    }
    Ok(next.run(request).await)
}

fn check(headers: &HeaderMap, token: &str) -> Result<(), Refusal> {
    let refusal = |message| Refusal::new(StatusCode::UNAUTHORIZED, message).with(WWW_AUTHENTICATE, "Bearer");
    let given = headers.get(AUTHORIZATION).and_then(|header| header.as_bytes().split_at_checked(BEARER.len()));
    let Some((_, given)) = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case(BEARER)) else {
        return Err(refusal("a token is needed; send the header Authorization: Bearer TOKEN"));
    };
    // How long a comparison takes must not tell how much of a guess was right.
    if bool::from(given.ct_eq(token.as_bytes())) { Ok(()) } else { Err(refusal("the token is not the right one")) }
}

const BEARER: &[u8] = b"Bearer ";
