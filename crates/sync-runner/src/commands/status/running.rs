//! What a daemon tells, beyond what is in its replica: `GET /sync-status` in the words of docs/http.md.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A table as it is kept.
#[derive(Deserialize)]
pub(super) struct Running {
    pub(super) guarantee: Json,
    pub(super) paused: bool,
    pub(super) next_run: Option<String>,
    pub(super) last_success: Option<String>,
    pub(super) error: Option<String>,
}

/// A source, why it does not answer, and the wanted tables that can't be synced.
#[derive(Deserialize, Serialize)]
pub(super) struct Source {
    pub(super) name: Option<String>,
    pub(super) server: Option<String>,
    pub(super) error: Option<String>,
    pub(super) problems: Vec<Problem>,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Problem {
    pub(super) table: String,
    pub(super) kind: String,
    pub(super) problem: String,
}

/// The table of this replica, if it is one of the daemon's.
pub(super) fn table(daemon: &Json, replica: &str) -> Option<Running> {
    let table = daemon["tables"].as_array()?.iter().find(|table| table["replica"] == replica)?;
    Running::deserialize(table).ok()
}

pub(super) fn sources(daemon: &Json) -> Vec<Source> {
    let sources = daemon["sources"].as_array();
    sources.into_iter().flatten().filter_map(|source| Source::deserialize(source).ok()).collect()
}
