//! `GET /events`: which tables moved, as it happens, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::json;
use sync_core::status::Status;
use tokio::sync::watch;

use crate::endpoints::Shared;
use crate::feed::News;

/// Proxies and clients close what is silent for long.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
/// A copy moves a table a thousand times a second; nobody has to know each.
const AT_MOST_EVERY: Duration = Duration::from_millis(250);

/// What one client has been told.
struct Client {
    shared: Arc<Shared>,
    status: watch::Receiver<Status>,
    told: Option<u64>,
}

pub(crate) async fn events(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = headers.get("last-event-id").and_then(|last| last.to_str().ok()?.trim().parse().ok());
    let mut status = shared.endpoints.status.clone();
    status.mark_changed();
    let client = Client { shared, status, told: last };
    Sse::new(unfold(client, next)).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE))
}

/// The first event tells where the client begins; then there is one for each change. It ends with the engine.
async fn next(mut client: Client) -> Option<(Result<Event, Infallible>, Client)> {
    let is_new = client.told.is_none();
    loop {
        client.status.changed().await.ok()?;
        let news = client.shared.feed.since(&client.status.borrow_and_update(), client.told);
        let first = client.told.is_none();
        client.told = Some(news.sequence);
        if first || !news.replicas.is_empty() {
            if !is_new {
                tokio::time::sleep(AT_MOST_EVERY).await;
            }
            return Some((Ok(event(&client, news)), client));
        }
    }
}

fn event(client: &Client, news: News) -> Event {
    let status = client.status.borrow();
    let of = |replica: &String| status.tables.iter().find(|table| table.replica == *replica);
    let tables = news.replicas.iter().filter_map(of).map(|table| {
        json!({
            "name": table.table.to_string(),
            "replica": table.replica,
            "phase": table.phase.as_str(),
            "rows_read": table.rows_read,
            "rows_changed": table.rows_changed,
        })
    });
    let data = json!({ "sequence": news.sequence, "tables": tables.collect::<Vec<_>>() });
    Event::default().event("tables").id(news.sequence.to_string()).data(data.to_string())
}
