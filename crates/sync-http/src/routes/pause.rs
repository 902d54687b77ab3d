//! `POST /pause` and `POST /resume`: a table, or all of them, waits until somebody lets it go on.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use serde_json::json;

use super::{object, table};
use crate::endpoints::Shared;
use crate::reply::{Refusal, Reply};

pub(crate) async fn pause(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    answer(&shared, body, true).await
}

pub(crate) async fn resume(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    answer(&shared, body, false).await
}

async fn answer(shared: &Shared, body: Body, pause: bool) -> Reply {
    match command(shared, body, pause).await {
        Ok(message) => Reply::ok(&json!({ "success": true, "message": message })),
        Err(refusal) => refusal.without_success(),
    }
}

async fn command(shared: &Shared, body: Body, pause: bool) -> Result<String, Refusal> {
    let body = object(body, shared.endpoints.limits.body).await?;
    let named = table::named(&body, &shared.status())?;
    let (name, replica) =
        named.map_or_else(|| ("every table".to_owned(), None), |(name, replica)| (name, Some(replica)));
    let control = &shared.endpoints.control;
    if pause {
        control.pause(replica.as_deref());
        Ok(format!("{name} is paused; a run under way goes on to its end"))
    } else {
        control.resume(replica.as_deref());
        Ok(format!("{name} goes on"))
    }
}
