//! `GET /sync-data`: the first rows of each table.

use std::sync::Arc;

use axum::extract::{Query as Search, State};
use axum::http::StatusCode;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value as Json;
use sink_sqlite::query::{Answer, Parameters, PublishedTable, Query, QueryLimits, QuerySession, StopFlag};

use crate::endpoints::Shared;
use crate::freshness::Freshness;
use crate::guard::Role;
use crate::reply::{Refusal, Reply};

/// Rows of each table, unless `limit` says otherwise.
const ROWS: usize = 100;

pub(crate) async fn sync_data(
    State(shared): State<Arc<Shared>>,
    search: Result<Search<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>,
) -> Result<Reply, Refusal> {
    let Search(settings) = search.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let wanted = Wanted::read(settings, shared.endpoints.limits.query)?;
    // A page of somebody else can send this request too, and must not command.
    let sequence = wanted.freshness.reached(&shared, Role::Reads).await?;
    let asking = Arc::clone(&shared);
    let work = move |stop| {
        let mut session = asking.sessions.open(&asking.endpoints.replica)?;
        let data = wanted.rows(&mut session, &stop)?;
        asking.sessions.keep(session);
        Ok(Reply::ok(&data).reaching(sequence))
    };
    shared.queries.run_within(shared.endpoints.limits.queue, work).await?
}

struct Wanted {
    table: Option<String>,
    rows: usize,
    /// Rows with a larger key than this alone.
    after: Option<Vec<Json>>,
    limits: QueryLimits,
    freshness: Freshness,
}

/// The tables with their rows, in order.
struct Data(Vec<(String, Answer)>);

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tables = serializer.serialize_map(Some(self.0.len()))?;
        for (name, answer) in &self.0 {
            tables.serialize_entry(name, &answer.objects())?;
        }
        tables.end()
    }
}

impl Wanted {
    fn read(settings: Vec<(String, String)>, limits: QueryLimits) -> Result<Self, Refusal> {
        let mut wanted =
            Self { table: None, rows: ROWS.min(limits.rows), after: None, limits, freshness: Freshness::default() };
        for (name, value) in settings {
            match name.as_str() {
                "table" => {
                    wanted.freshness.of_table(value.clone());
                    wanted.table = Some(value);
                }
                "after" => wanted.after = Some(key_of(&value)),
                "limit" => {
                    let rows = value.parse().ok().filter(|rows| (1..=limits.rows).contains(rows));
                    wanted.rows = rows.ok_or_else(|| {
                        Refusal::bad_request(format!("limit: {value:?} is no number from 1 to {}", limits.rows))
                    })?;
                }
                _ if wanted.freshness.set(&name, &value)? => {}
                _ => {
                    let known = "there are table, limit, after, min_seq and max_staleness";
                    let message = format!("{name:?} can't be set here; {known}");
                    return Err(Refusal::bad_request(message));
                }
            }
        }
        if wanted.after.is_some() && wanted.table.is_none() {
            return Err(Refusal::bad_request("after: it goes on in one table; name it with ?table=NAME"));
        }
        Ok(wanted)
    }

    fn rows(&self, session: &mut QuerySession, stop: &StopFlag) -> Result<Data, Refusal> {
        session.refresh()?;
        let tables: Vec<PublishedTable> = session.tables().iter().filter(|table| self.means(table)).cloned().collect();
        if let (Some(name), true) = (&self.table, tables.is_empty()) {
            return Err(Refusal::new(StatusCode::NOT_FOUND, format!("there is no table {name:?} in the replica")));
        }
        let mut data = Vec::with_capacity(tables.len());
        let mut bytes = 0;
        for table in tables {
            let key = session.replica().key_columns(&table.replica)?;
            let (sql, parameters) = self.page_of(&table, &key)?;
            let query = Query::new(sql).parameters(parameters).limits(self.limits).stopped_by(stop.clone());
            let answer = session.ask(&query)?;
            bytes += answer.bytes;
            if answer.truncated || bytes > self.limits.bytes {
                return Err(self.too_much());
            }
            data.push((table.query_name, answer));
        }
        Ok(Data(data))
    }

    /// The rows in the order of their key, so that the last of them tells where to go on.
    fn page_of(&self, table: &PublishedTable, key: &[String]) -> Result<(String, Parameters), Refusal> {
        let columns = key.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        let order = if key.is_empty() { String::new() } else { format!(" ORDER BY {columns}") };
        let (after, parameters) = match &self.after {
            None => (String::new(), Parameters::from_json(&Json::Null)?),
            Some(_) if key.is_empty() => {
                return Err(Refusal::bad_request("after: the table has no key; ask for its rows with POST /query"));
            }
            Some(after) if after.len() != key.len() => {
                let message = format!("after: the key is {}; send its values as a JSON array", key.join(", "));
                return Err(Refusal::bad_request(message));
            }
            Some(after) => {
                let places = vec!["?"; after.len()].join(", ");
                (format!(" WHERE ({columns}) > ({places})"), Parameters::from_json(&Json::from(after.clone()))?)
            }
        };
        let (name, rows) = (quoted(&table.replica), self.rows);
        Ok((format!("SELECT * FROM main.{name}{after}{order} LIMIT {rows}"), parameters))
    }

    /// By any of its names.
    fn means(&self, table: &PublishedTable) -> bool {
        self.table.as_ref().is_none_or(|name| {
            [&table.replica, &table.source, &table.query_name].iter().any(|known| known.eq_ignore_ascii_case(name))
        })
    }

    fn too_much(&self) -> Refusal {
        let hint = "ask for one table with ?table=NAME, or for fewer rows with ?limit=N";
        Refusal::bad_request(format!("these rows take more than {} bytes; {hint}", self.limits.bytes))
    }
}

/// `7`, `"a"` or `[7, "a"]`; what is no JSON is a text.
fn key_of(value: &str) -> Vec<Json> {
    match serde_json::from_str(value) {
        Ok(Json::Array(values)) => values,
        Ok(value @ (Json::Number(_) | Json::String(_))) => vec![value],
        _ => vec![Json::from(value)],
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
