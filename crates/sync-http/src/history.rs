//! The last hour, minute by minute, for the charts of the page.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use sync_core::status::{Status, TableStatus};

/// Between two looks.
pub(crate) const EVERY: Duration = Duration::from_secs(60);
/// Looks that are kept.
const KEPT: usize = 60;

/// What each minute brought; bounded, whatever runs.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<HashMap<String, Track>>);

/// One table. The newest value stands last.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Track {
    /// Rows inserted, changed or deleted in each minute.
    changed: VecDeque<u64>,
    /// Runs that failed in each.
    failures: VecDeque<u64>,
    /// Seconds since the last success, at the end of each.
    lag: VecDeque<Option<i64>>,
    #[serde(skip)]
    before: (u64, u64),
}

impl History {
    /// Notes where things stand now. Tables that are gone are forgotten.
    pub(crate) fn note(&self, status: &Status, now_ms: i64) {
        let mut tracks = self.tracks();
        tracks.retain(|replica, _| status.tables.iter().any(|table| table.replica == *replica));
        for table in &status.tables {
            tracks.entry(table.replica.clone()).or_default().note(table, now_ms);
        }
    }

    pub(crate) fn copy(&self) -> HashMap<String, Track> {
        self.tracks().clone()
    }

    /// A panic elsewhere leaves whole minutes.
    fn tracks(&self) -> MutexGuard<'_, HashMap<String, Track>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Track {
    fn note(&mut self, table: &TableStatus, now_ms: i64) {
        let failures: u64 = table.totals.failures.values().sum();
        let now = (table.totals.rows_changed, failures);
        push(&mut self.changed, now.0.saturating_sub(self.before.0));
        push(&mut self.failures, now.1.saturating_sub(self.before.1));
        push(&mut self.lag, table.last_success_ms.map(|success| now_ms.saturating_sub(success) / 1000));
        self.before = now;
    }
}

fn push<T>(values: &mut VecDeque<T>, value: T) {
    if values.len() == KEPT {
        values.pop_front();
    }
    values.push_back(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::status;

    #[test]
    fn an_hour_is_kept_of_tables_that_are_there() {
        let history = History::default();
        let mut status = status(&["users"]);
        for minute in 0..70 {
            status.tables[0].totals.rows_changed += minute;
            history.note(&status, status.tables[0].last_success_ms.unwrap() + 5000);
        }
        let kept = history.copy();
        let track = &kept["tmp_users"];
        assert_eq!((track.changed.len(), track.changed.front(), track.changed.back()), (60, Some(&10), Some(&69)));
        assert_eq!((track.failures.back(), track.lag.back()), (Some(&0), Some(&Some(5))));
        status.tables.clear();
        history.note(&status, 0);
        assert!(history.copy().is_empty());
    }
}
