//! Which tables moved, in an order that all clients share.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sync_core::status::{Phase, Status, TableStatus};

/// The last movement of each table.
#[derive(Debug, Default)]
pub(crate) struct Feed(Mutex<Moves>);

#[derive(Debug, Default)]
struct Moves {
    sequence: u64,
    tables: HashMap<String, (Mark, u64)>,
}

/// A table moved when this is another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    rows_changed: u64,
    runs: u64,
    phase: Phase,
    paused: bool,
}

/// Tables that moved after a number, by their replicas, and the number to ask after next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct News {
    pub(crate) sequence: u64,
    pub(crate) replicas: Vec<String>,
}

impl Feed {
    /// What moved since; `None` is for a client that begins, and is told of what comes alone.
    pub(crate) fn since(&self, status: &Status, after: Option<u64>) -> News {
        let mut moves = self.moves();
        moves.take(status);
        // A number of an earlier process may be larger than any of this one: then all is news.
        let after = match after {
            None => moves.sequence,
            Some(after) if after > moves.sequence => 0,
            Some(after) => after,
        };
        let moved = moves.tables.iter().filter(|(_, (_, sequence))| *sequence > after);
        let mut replicas: Vec<_> = moved.map(|(replica, _)| replica.clone()).collect();
        replicas.sort();
        News { sequence: moves.sequence, replicas }
    }

    /// A panic elsewhere leaves whole entries.
    fn moves(&self) -> MutexGuard<'_, Moves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Moves {
    fn take(&mut self, status: &Status) {
        for table in &status.tables {
            let mark = Mark::of(table);
            if self.tables.get(&table.replica).is_none_or(|(known, _)| *known != mark) {
                self.sequence += 1;
                self.tables.insert(table.replica.clone(), (mark, self.sequence));
            }
        }
        self.tables.retain(|replica, _| status.tables.iter().any(|table| table.replica == *replica));
    }
}

impl Mark {
    fn of(table: &TableStatus) -> Self {
        let runs = table.totals.durations.runs();
        Self { rows_changed: table.rows_changed, runs, phase: table.phase, paused: table.paused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::status;

    #[test]
    fn each_client_is_told_of_what_it_has_not_seen() {
        let feed = Feed::default();
        let mut status = status(&["users", "audit.logs"]);
        let news = |status: &Status, after| feed.since(status, after).replicas;
        assert_eq!(news(&status, None), [""; 0]);
        assert_eq!(news(&status, Some(0)), ["tmp_audit_logs", "tmp_users"]);
        status.tables[0].paused = true;
        let moved = feed.since(&status, Some(2));
        assert_eq!(moved, News { sequence: 3, replicas: vec![status.tables[0].replica.clone()] });
        assert_eq!(news(&status, Some(3)), [""; 0]);
        assert_eq!(news(&status, Some(99)).len(), 2, "of another process");
    }
}
