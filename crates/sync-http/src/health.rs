//! Whether syncing goes on: a pure function of the status and the time.

use std::time::Duration;

use serde::Serialize;
use sync_core::status::{Phase, SourceStatus, Status, TableStatus};

/// Intervals that may pass without a success.
const INTERVALS: u32 = 3;
/// Short intervals are given at least this long.
const AT_LEAST: Duration = Duration::from_secs(30);

/// What keeps tables from being up to date. Healthy where nothing does.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Tables that don't go on by themselves, or have not for too long.
    pub problems: Vec<HealthProblem>,
    /// Sources that don't answer. Only they can cure that, so it is no fault of this program.
    pub waiting_for: Vec<HealthProblem>,
}

impl Health {
    /// Whether nothing has to be done about this program.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.problems.is_empty()
    }
}

/// What is wrong, and with what.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HealthProblem {
    /// The source's name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The table at the source; `None` where it is about the whole source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Why, in one line.
    pub problem: String,
}

/// What is wrong at a time, in milliseconds since 1970.
///
/// A table is a problem when it can't be synced as it is, or when no run of it has succeeded for three of its intervals, and 30
/// seconds at least, though its source answers. A copy may take longer than that, and so may a table that is paused or is synced on
/// demand only.
#[must_use]
pub fn health(status: &Status, now_ms: i64) -> Health {
    let mut health = Health::default();
    for (index, source) in status.sources.iter().enumerate() {
        let problem = |table: Option<String>, problem| HealthProblem { source: source.name.clone(), table, problem };
        if let Some(error) = &source.error {
            health.waiting_for.push(problem(None, error.clone()));
        }
        let impossible = source.problems.iter();
        health.problems.extend(impossible.map(|known| problem(Some(known.table.clone()), known.message.clone())));
        let tables = status.tables.iter().filter(|table| table.source == index);
        let stuck = tables.filter_map(|table| Some((table, why_stuck(source, table, now_ms)?)));
        health.problems.extend(stuck.map(|(table, why)| problem(Some(table.table.to_string()), why)));
    }
    health
}

fn why_stuck(source: &SourceStatus, table: &TableStatus, now_ms: i64) -> Option<String> {
    let interval = table.interval.filter(|_| !table.paused && source.error.is_none())?;
    let patience = (interval * INTERVALS).max(AT_LEAST);
    if let Some(error) = &table.error
        && table.last_success_ms.is_none()
        && table.failures >= INTERVALS
    {
        return Some(format!("it failed {} times and never succeeded: {error}", table.failures));
    }
    // A copy has no success to show until it ends.
    if table.phase == Phase::Copying {
        return None;
    }
    let patience_ms = i64::try_from(patience.as_millis()).unwrap_or(i64::MAX);
    let is_over = |since: i64| now_ms.saturating_sub(since) > patience_ms;
    let why = match (&table.error, table.last_success_ms) {
        (Some(error), Some(success)) if is_over(success) => error.clone(),
        (None, Some(success)) if is_over(success) => "its run has not ended, or none was started".to_owned(),
        (_, None) if table.next_run_ms.is_some_and(is_over) => {
            return Some("its first run was due and did not end".to_owned());
        }
        _ => return None,
    };
    Some(format!("no success for {} s: {why}", now_ms.saturating_sub(table.last_success_ms?) / 1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::status;

    const NOW: i64 = 1_700_000_000_000;

    fn problems(change: impl FnOnce(&mut SourceStatus, &mut TableStatus)) -> Vec<String> {
        let mut status = status(&["users"]);
        let table = &mut status.tables[0];
        table.interval = Some(Duration::from_secs(60));
        table.phase = Phase::Done;
        table.last_success_ms = Some(NOW - 1000);
        change(&mut status.sources[0], table);
        let health = health(&status, NOW);
        assert_eq!(health.is_healthy(), health.problems.is_empty());
        health.problems.into_iter().map(|problem| format!("{}: {}", problem.table.unwrap(), problem.problem)).collect()
    }

    #[test]
    fn three_intervals_without_success_are_too_many() {
        assert!(problems(|_, table| table.last_success_ms = Some(NOW - 180_000)).is_empty());
        assert_eq!(
            problems(|_, table| table.last_success_ms = Some(NOW - 181_000)),
            ["public.users: no success for 181 s: its run has not ended, or none was started"]
        );
        let failing = problems(|_, table| {
            table.last_success_ms = Some(NOW - 181_000);
            table.error = Some("no answer".to_owned());
        });
        assert_eq!(failing, ["public.users: no success for 181 s: no answer"]);
        let short = |ago| {
            problems(|_, table| {
                table.interval = Some(Duration::from_millis(100));
                table.last_success_ms = Some(NOW - ago);
            })
        };
        assert_eq!((short(30_000).len(), short(30_001).len()), (0, 1));
    }

    #[test]
    fn a_table_that_never_succeeded_is_a_problem_after_three_failures_or_when_it_is_late() {
        let failed = |failures| {
            problems(|_, table| {
                table.last_success_ms = None;
                table.phase = Phase::Failed;
                table.error = Some("denied".to_owned());
                table.failures = failures;
            })
        };
        assert!(failed(2).is_empty());
        assert_eq!(failed(3), ["public.users: it failed 3 times and never succeeded: denied"]);
        let late = |by| {
            problems(|_, table| {
                table.last_success_ms = None;
                table.phase = Phase::Waiting;
                table.next_run_ms = Some(NOW - by);
            })
        };
        assert!(late(180_000).is_empty());
        assert_eq!(late(180_001), ["public.users: its first run was due and did not end"]);
    }

    #[test]
    fn what_nobody_here_can_help_is_no_problem() {
        let old = Some(NOW - 999_000);
        assert!(
            problems(|source, table| {
                source.error = Some("connection refused".to_owned());
                table.last_success_ms = old;
            })
            .is_empty()
        );
        for change in [
            |table: &mut TableStatus| table.paused = true,
            |table: &mut TableStatus| table.interval = None,
            |table: &mut TableStatus| table.phase = Phase::Copying,
        ] {
            let found = problems(|_, table| {
                table.last_success_ms = old;
                change(table);
            });
            assert_eq!(found, [""; 0]);
        }
    }

    #[test]
    fn a_table_that_can_not_be_synced_is_a_problem_at_once() {
        let health = health(&status(&["users", "absent"]), NOW);
        assert!(!health.is_healthy());
        assert_eq!(health.problems[0].table.as_deref(), Some("absent"));
        assert!(health.problems[0].problem.starts_with("table absent: "), "{health:?}");
    }

    #[test]
    fn a_source_that_is_away_is_named() {
        let mut status = status(&[]);
        status.sources[0].error = Some("connection refused".to_owned());
        let health = health(&status, NOW);
        assert_eq!((health.is_healthy(), health.waiting_for.len()), (true, 1));
        assert_eq!(health.waiting_for[0].problem, "connection refused");
    }
}
