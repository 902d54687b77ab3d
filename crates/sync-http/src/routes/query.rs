//! `POST /query`, `/query/raw` and `/test-query`: one statement that only reads.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query as Search, State};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use sink_sqlite::query::{Answer, JsonRows, Parameters, Query};
use sync_core::Result as CoreResult;

use super::object;
use crate::endpoints::{LastQuery, Shared};
use crate::freshness::Freshness;
use crate::guard::Role;
use crate::reply::{Refusal, Reply};

/// `{"result": [{column: value}]}`.
pub(crate) async fn query(
    State(shared): State<Arc<Shared>>,
    Extension(role): Extension<Role>,
    search: Settings,
    body: Body,
) -> Result<Reply, Refusal> {
    answer(shared, (role, search), body, |answer| Reply::ok(&Objects::of(answer))).await
}

/// `{"result": {"columns": […], "rows": [[…]], "meta": {…}}}`.
pub(crate) async fn query_raw(
    State(shared): State<Arc<Shared>>,
    Extension(role): Extension<Role>,
    search: Settings,
    body: Body,
) -> Result<Reply, Refusal> {
    answer(shared, (role, search), body, |answer| Reply::ok(&Raw::of(answer))).await
}

/// `{"success": true, "result": [{column: value}]}`.
pub(crate) async fn test_query(
    State(shared): State<Arc<Shared>>,
    Extension(role): Extension<Role>,
    search: Settings,
    body: Body,
) -> Reply {
    let successful = |answer: &Answer| Reply::ok(&Objects { success: Some(true), ..Objects::of(answer) });
    answer(shared, (role, search), body, successful).await.unwrap_or_else(Refusal::without_success)
}

#[derive(Serialize)]
struct Objects<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    success: Option<bool>,
    result: JsonRows<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<bool>,
}

#[derive(Serialize)]
struct Raw<'a> {
    result: RawResult<'a>,
}

#[derive(Serialize)]
struct RawResult<'a> {
    columns: &'a [String],
    rows: JsonRows<'a>,
    meta: Meta,
}

#[derive(Serialize)]
struct Meta {
    rows_read: usize,
    rows_written: usize,
    truncated: bool,
}

impl<'a> Objects<'a> {
    fn of(answer: &'a Answer) -> Self {
        Self { success: None, result: answer.objects(), truncated: answer.truncated.then_some(true) }
    }
}

impl<'a> Raw<'a> {
    fn of(answer: &'a Answer) -> Self {
        let meta = Meta { rows_read: answer.rows.len(), rows_written: 0, truncated: answer.truncated };
        Self { result: RawResult { columns: &answer.columns, rows: answer.arrays(), meta } }
    }
}

async fn answer(
    shared: Arc<Shared>,
    (role, search): (Role, Settings),
    body: Body,
    shape: impl FnOnce(&Answer) -> Reply + Send + 'static,
) -> Result<Reply, Refusal> {
    let limits = &shared.endpoints.limits;
    let freshness = demanded(search)?;
    let query = read(object(body, limits.body).await?)?;
    let sequence = freshness.reached(&shared, role).await?;
    let asked = Query::new(&query.sql).parameters(query.parameters).limits(limits.query);
    let asking = Arc::clone(&shared);
    let work = move |stop| {
        let started = Instant::now();
        let answer = ask(&asking, &asked.stopped_by(stop));
        asking.keep_last_query(LastQuery { sql: query.sql, result: summary(&answer, started) });
        // Written here, because a long answer takes a while to write.
        Ok(shape(&answer?).reaching(sequence))
    };
    shared.queries.run_within(limits.queue, work).await?
}

/// The search part of an address, or why it is none.
type Settings = Result<Search<Vec<(String, String)>>, QueryRejection>;

fn demanded(search: Settings) -> Result<Freshness, Refusal> {
    let Search(settings) = search.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let mut freshness = Freshness::default();
    for (name, value) in settings {
        if name == "table" {
            freshness.of_table(value);
        } else if !freshness.set(&name, &value)? {
            let known = "there are min_seq, max_staleness and table";
            return Err(Refusal::bad_request(format!("{name:?} can't be set in the address; {known}")));
        }
    }
    Ok(freshness)
}

struct Asked {
    sql: String,
    parameters: Parameters,
}

fn read(mut body: Map<String, Json>) -> Result<Asked, Refusal> {
    let sql = match body.remove("sql") {
        Some(Json::String(sql)) => sql,
        Some(_) => return Err(Refusal::bad_request("sql: it is no text")),
        None => return Err(Refusal::bad_request("sql: it is missing; send {\"sql\": \"SELECT …\", \"params\": […]}")),
    };
    let parameters = Parameters::from_json(&body.remove("params").unwrap_or_default())?;
    match body.keys().next() {
        None => Ok(Asked { sql, parameters }),
        Some(unknown) => Err(Refusal::bad_request(format!("{unknown:?} can't be set here; there are sql and params"))),
    }
}

fn ask(shared: &Shared, query: &Query) -> CoreResult<Answer> {
    let mut session = shared.sessions.open(&shared.endpoints.replica)?;
    let answer = session.ask(query)?;
    shared.sessions.keep(session);
    Ok(answer)
}

fn summary(answer: &CoreResult<Answer>, started: Instant) -> Json {
    let took = started.elapsed().as_secs_f64();
    match answer {
        Ok(answer) => json!({ "rows": answer.rows.len(), "truncated": answer.truncated, "seconds": took }),
        Err(error) => json!({ "error": error.to_string(), "seconds": took }),
    }
}
