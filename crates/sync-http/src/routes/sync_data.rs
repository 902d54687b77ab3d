//! `GET /sync-data`: the first rows of each table.

use std::path::Path;
use std::sync::Arc;

use axum::extract::{Query as Search, State};
use axum::http::StatusCode;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use sink_sqlite::query::{Answer, PublishedTable, Query, QueryLimits, QuerySession, StopFlag};

use crate::endpoints::Shared;
use crate::reply::{Refusal, Reply};

/// Rows of each table, unless `limit` says otherwise.
const ROWS: usize = 100;

pub(crate) async fn sync_data(
    State(shared): State<Arc<Shared>>,
    search: Result<Search<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>,
) -> Result<Reply, Refusal> {
    let Search(settings) = search.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let wanted = Wanted::read(settings, shared.endpoints.limits.query)?;
    let path = shared.endpoints.replica.clone();
    shared.queries.try_run(move |stop| wanted.rows(&path, stop).map(|data| Reply::ok(&data))).await?
}

struct Wanted {
    table: Option<String>,
    rows: usize,
    limits: QueryLimits,
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
        let mut wanted = Self { table: None, rows: ROWS.min(limits.rows), limits };
        for (name, value) in settings {
            match name.as_str() {
                "table" => wanted.table = Some(value),
                "limit" => {
                    let rows = value.parse().ok().filter(|rows| (1..=limits.rows).contains(rows));
                    wanted.rows = rows.ok_or_else(|| {
                        Refusal::bad_request(format!("limit: {value:?} is no number from 1 to {}", limits.rows))
                    })?;
                }
                _ => {
                    let message = format!("{name:?} can't be set here; there are table and limit");
                    return Err(Refusal::bad_request(message));
                }
            }
        }
        Ok(wanted)
    }

    fn rows(&self, path: &Path, stop: StopFlag) -> Result<Data, Refusal> {
        let mut session = QuerySession::open(path)?;
        let tables: Vec<PublishedTable> = session.tables().iter().filter(|table| self.means(table)).cloned().collect();
        if let (Some(name), true) = (&self.table, tables.is_empty()) {
            return Err(Refusal::new(StatusCode::NOT_FOUND, format!("there is no table {name:?} in the replica")));
        }
        let mut data = Vec::with_capacity(tables.len());
        let mut bytes = 0;
        for table in tables {
            let sql = format!("SELECT * FROM main.\"{}\" LIMIT {}", table.replica.replace('"', "\"\""), self.rows);
            let answer = session.ask(&Query::new(sql).limits(self.limits).stopped_by(stop.clone()))?;
            bytes += answer.bytes;
            if answer.truncated || bytes > self.limits.bytes {
                return Err(self.too_much());
            }
            data.push((table.query_name, answer));
        }
        Ok(Data(data))
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
