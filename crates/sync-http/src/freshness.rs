//! How fresh an answer has to be.

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use sync_core::status::{Status, TableStatus};
use tokio::time;

use crate::clock::now_ms;
use crate::endpoints::Shared;
use crate::guard::Role;
use crate::reply::Refusal;
use crate::tables::one;

/// A hundred years: more can't be meant.
const LONGEST: f64 = 3.2e9;

/// What a reader demands, in the search part of the address.
#[derive(Debug, Default)]
pub(crate) struct Freshness {
    /// The number of `/events` that must have come.
    least: Option<u64>,
    /// How long ago the last successful run of a table may have begun.
    staleness: Option<Duration>,
    /// By any of their names; all tables where there is none.
    tables: Vec<String>,
}

impl Freshness {
    /// Takes a setting over if it is one about freshness.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<bool, Refusal> {
        match name {
            "min_seq" => {
                let number = value.parse().map_err(|_| wrong(name, value, "a number as x-sync-seq tells it"))?;
                self.least = Some(number);
            }
            "max_staleness" => {
                let seconds = value.parse::<f64>().ok().filter(|seconds| (0.0..=LONGEST).contains(seconds));
                let seconds = seconds.ok_or_else(|| wrong(name, value, "a number of seconds"))?;
                self.staleness = Some(Duration::from_secs_f64(seconds));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Means this table alone, or one more.
    pub(crate) fn of_table(&mut self, name: String) {
        self.tables.push(name);
    }

    /// Waits until the replica is as fresh as that. Stale tables are synced for whoever may command; others wait for the next run. Answers
    /// the number that whoever reads now is sure to see.
    pub(crate) async fn reached(&self, shared: &Shared, asked_by: Role) -> Result<u64, Refusal> {
        if let Some(staleness) = self.staleness {
            self.all_fresh(shared, staleness, asked_by).await?;
        }
        let mut status = shared.endpoints.status.clone();
        let sequence = |status: &Status| shared.feed.since(status, None).sequence;
        let Some(least) = self.least else { return Ok(sequence(&status.borrow())) };
        let reached =
            time::timeout(shared.endpoints.limits.freshness, status.wait_for(|status| sequence(status) >= least)).await;
        match reached {
            Ok(Ok(status)) => Ok(sequence(&status)),
            Ok(Err(_)) | Err(_) => {
                let is = sequence(&shared.endpoints.status.borrow());
                let message =
                    format!("min_seq: {least} is not reached yet, it is {is}; numbers begin anew with each daemon");
                Err(later(message))
            }
        }
    }

    async fn all_fresh(&self, shared: &Shared, staleness: Duration, asked_by: Role) -> Result<(), Refusal> {
        let began_ms = now_ms().saturating_sub(i64::try_from(staleness.as_millis()).unwrap_or(i64::MAX));
        let stale: Vec<(String, String)> = {
            let status = shared.endpoints.status.borrow();
            let meant = self.meant(&status)?;
            if meant.is_empty() {
                return Err(later("max_staleness: no source has said yet which tables it has".to_owned()));
            }
            let stale = meant.into_iter().filter(|table| !is_fresh(table, began_ms));
            stale.map(|table| (table.table.to_string(), table.replica.clone())).collect()
        };
        if asked_by == Role::Commands {
            stale.iter().for_each(|(_, replica)| shared.endpoints.control.sync_now(Some(replica)));
        }
        let left = |status: &Status| {
            let is_stale = |replica: &String| {
                status.tables.iter().any(|table| table.replica == *replica && !is_fresh(table, began_ms))
            };
            stale.iter().filter(|(_, replica)| is_stale(replica)).map(|(table, _)| table.clone()).collect::<Vec<_>>()
        };
        let mut status = shared.endpoints.status.clone();
        let all_fresh =
            time::timeout(shared.endpoints.limits.freshness, status.wait_for(|status| left(status).is_empty())).await;
        if matches!(all_fresh, Ok(Ok(_))) {
            return Ok(());
        }
        let left = left(&shared.endpoints.status.borrow()).join(", ");
        Err(later(format!("max_staleness: no run of {left} has succeeded in time; see /sync-status")))
    }

    fn meant<'a>(&self, status: &'a Status) -> Result<Vec<&'a TableStatus>, Refusal> {
        if self.tables.is_empty() {
            return Ok(status.tables.iter().collect());
        }
        self.tables.iter().map(|name| one(status, name)).collect()
    }
}

fn is_fresh(table: &TableStatus, began_ms: i64) -> bool {
    table.last_success_began_ms.is_some_and(|began| began >= began_ms)
}

fn wrong(name: &str, value: &str, expected: &str) -> Refusal {
    Refusal::bad_request(format!("{name}: {value:?} is not {expected}"))
}

fn later(message: String) -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message).with(RETRY_AFTER, "1")
}
