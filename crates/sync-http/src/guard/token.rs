//! The tokens that clients must send, where they are set: one for all there is, one for reading alone.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use subtle::ConstantTimeEq as _;
use sync_core::settings::Secret;

use crate::endpoints::{Endpoints, Shared};
use crate::reply::Refusal;

/// What a client may do, by its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Commands,
    Reads,
}

/// Refuses requests without a token, where one is set.
pub(crate) async fn token(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let Endpoints { token, read_token, .. } = &shared.endpoints;
    let role = match token {
        Some(token) => role(request.headers(), token, read_token.as_ref())?,
        None => Role::Commands,
    };
    request.extensions_mut().insert(role);
    Ok(next.run(request).await)
}

/// Refuses commands of those that may only read.
pub(crate) async fn may_command(request: Request, next: Next) -> Result<Response, Refusal> {
    if request.extensions().get() == Some(&Role::Commands) {
        return Ok(next.run(request).await);
    }
    Err(Refusal::new(StatusCode::FORBIDDEN, "this token is for reading; a command takes the other one"))
}

fn role(headers: &HeaderMap, token: &Secret, read_token: Option<&Secret>) -> Result<Role, Refusal> {
    let refusal = |message| Refusal::new(StatusCode::UNAUTHORIZED, message).with(WWW_AUTHENTICATE, "Bearer");
    let given = headers.get(AUTHORIZATION).and_then(|header| header.as_bytes().split_at_checked(BEARER.len()));
    let Some((_, given)) = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case(BEARER)) else {
        return Err(refusal("a token is needed; send the header Authorization: Bearer TOKEN"));
    };
    // How long a comparison takes must not tell how much of a guess was right, so both are made.
    let is = |token: &Secret| given.ct_eq(token.expose().as_bytes());
    let (commands, reads) = (bool::from(is(token)), read_token.is_some_and(|token| bool::from(is(token))));
    match (commands, reads) {
        (true, _) => Ok(Role::Commands),
        (false, true) => Ok(Role::Reads),
        (false, false) => Err(refusal("the token is not the right one")),
    }
}

const BEARER: &[u8] = b"Bearer ";
