//! What a sync is doing, while it does it: bars on a terminal, else lines.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};
use sync_core::status::{Phase, Status, TableStatus};
use tokio::sync::watch;

use crate::console::Console;

/// Without a terminal, a table that is being read is mentioned so often.
pub(crate) const BETWEEN_LINES: Duration = Duration::from_secs(10);
/// What is copied in a moment is not worth a line, with hundreds of tables.
const FIRST_LINE: Duration = Duration::from_secs(2);

/// Shows the status as it changes, for as long as it is polled.
pub(crate) async fn follow(mut status: watch::Receiver<Status>, console: &Console) {
    let mut view = View::new(console);
    while status.changed().await.is_ok() {
        view.show(&status.borrow_and_update());
    }
    // Nothing will change any more; whoever waits for the sync sees its end.
    std::future::pending().await
}

struct View<'a> {
    console: &'a Console,
    terminal: bool,
    bars: BTreeMap<String, ProgressBar>,
    lines: Lines,
}

impl<'a> View<'a> {
    fn new(console: &'a Console) -> Self {
        let terminal = !console.bars().is_hidden();
        Self { console, terminal, bars: BTreeMap::new(), lines: Lines::default() }
    }

    fn show(&mut self, status: &Status) {
        for table in &status.tables {
            if self.terminal { self.show_bar(table) } else { self.show_line(table) }
        }
    }

    /// Only tables at work have a bar, so that hundreds of tables fit a screen.
    fn show_bar(&mut self, table: &TableStatus) {
        if !is_at_work(table.phase) {
            if let Some(bar) = self.bars.remove(&table.replica) {
                bar.finish_and_clear();
            }
            return;
        }
        let bar = self.bars.entry(table.replica.clone()).or_insert_with(|| {
            let estimate = table.estimated_rows.filter(|_| table.phase == Phase::Copying);
            let bar = bar(estimate).with_prefix(table.replica.clone()).with_message(verb(table.phase));
            self.console.bars().add(bar)
        });
        bar.set_message(verb(table.phase));
        // An estimate that proves too small is none.
        if bar.length().is_some_and(|length| table.rows_read > length) {
            bar.set_length(table.rows_read);
        }
        bar.set_position(table.rows_read);
    }

    fn show_line(&mut self, table: &TableStatus) {
        if !is_at_work(table.phase) || !self.lines.is_due(&table.replica, table.phase, Instant::now()) {
            return;
        }
        let rows = match (table.rows_read, table.estimated_rows) {
            (0, _) => String::new(),
            (rows, Some(all)) if rows < all && table.phase == Phase::Copying => format!(", {rows} of about {all} rows"),
            (rows, _) => format!(", {rows} rows"),
        };
        self.console.note(format_args!("{}: {}{rows}", table.replica, verb(table.phase)));
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        for bar in self.bars.values() {
            bar.finish_and_clear();
        }
    }
}

/// When each table is mentioned next, by what it does.
#[derive(Default)]
struct Lines(HashMap<String, (Phase, Instant)>);

impl Lines {
    fn is_due(&mut self, replica: &str, phase: Phase, now: Instant) -> bool {
        let next = self.0.get(replica).filter(|(known, _)| *known == phase).map(|(_, next)| *next);
        let (is_due, wait) = match next {
            Some(next) if now < next => return false,
            Some(_) => (true, BETWEEN_LINES),
            None => (false, if phase == Phase::Copying { FIRST_LINE } else { BETWEEN_LINES }),
        };
        self.0.insert(replica.to_owned(), (phase, now + wait));
        is_due
    }
}

fn is_at_work(phase: Phase) -> bool {
    matches!(phase, Phase::Copying | Phase::Following | Phase::Reconciling)
}

fn verb(phase: Phase) -> &'static str {
    match phase {
        Phase::Copying => "copying",
        Phase::Reconciling => "comparing keys",
        _ => "following",
    }
}

/// A bar towards so many rows, with the rate and the time to go; without an estimate, how many there were.
pub(crate) fn bar(estimate: Option<u64>) -> ProgressBar {
    let (bar, template) = match estimate.filter(|rows| *rows > 0) {
        Some(rows) => {
            (ProgressBar::new(rows), "{prefix:24!} {msg:14} {bar:24} {human_pos:>12} of ~{human_len} {rate} eta {eta}")
        }
        None => (ProgressBar::new_spinner(), "{prefix:24!} {msg:14} {spinner} {human_pos:>12} rows {rate}"),
    };
    // A template that can't be read would fall back to a plainer bar.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style.with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
        // It is the bar that fails then, not the sync.
        let _ = write!(out, "{}/s", HumanCount(state.per_sec() as u64));
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_takes_its_time_is_mentioned() {
        let (mut lines, start) = (Lines::default(), Instant::now());
        let mut at = |seconds, phase| lines.is_due("tmp_t", phase, start + Duration::from_secs(seconds));
        assert!(!at(0, Phase::Copying) && !at(1, Phase::Copying), "it may be done in a moment");
        assert!(at(2, Phase::Copying) && !at(11, Phase::Copying) && at(12, Phase::Copying));
        assert!(!at(13, Phase::Reconciling) && !at(20, Phase::Reconciling) && at(23, Phase::Reconciling));
    }
}
