//! `data-sync status`: how far each table is, from the replica, and from its daemon where one runs.

mod interval;
mod json;
mod running;
mod text;

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use serde_json::json;
use sink_sqlite::{SqliteReplica, TableStatus};
use sync_core::{CopyState, Error};

use crate::config::Config;
use crate::console::Console;
use crate::daemon;
use crate::exit::Exit;
use crate::time::{milliseconds, moment, now_ms};
use interval::interval;
use running::{Running, Source};

/// The version of what `--json` prints: a key that is added leaves it, one that goes or changes raises it.
const VERSION: u32 = 1;

/// How often it is shown anew where it is watched.
const WATCH: Duration = Duration::from_secs(2);
/// Clears a terminal and begins at its top.
const CLEAR: &str = "\u{1b}[2J\u{1b}[H";

/// What is wished for.
pub(super) struct Wish {
    pub(super) json: bool,
    /// Count the rows of each table.
    pub(super) rows: bool,
    /// Show it again and again.
    pub(super) watch: bool,
}

pub(super) fn run(config: &Config, console: &Console, wish: &Wish) -> Exit {
    loop {
        let exit = show(config, console, wish);
        // A replica that is not there yet may come; a reader that went away does not.
        if !wish.watch || (exit != Exit::Replica && writeln!(io::stdout()).is_err()) {
            return exit;
        }
        std::thread::sleep(WATCH);
    }
}

fn show(config: &Config, console: &Console, wish: &Wish) -> Exit {
    match read(config, wish.rows) {
        Ok((tables, sources)) => {
            let now = now_ms();
            let written = if wish.json {
                let path = config.sink.path.display().to_string();
                let tables: Vec<_> = tables.iter().map(|table| json::of(table, now)).collect();
                let whole = json!({ "version": VERSION, "replica": path, "tables": tables, "sources": sources });
                writeln!(io::stdout(), "{whole:#}")
            } else {
                if wish.watch && io::stdout().is_terminal() {
                    console.line(CLEAR);
                }
                text::write(&tables, sources.as_deref().unwrap_or_default(), wish.rows, now)
            };
            console.written(written)
        }
        Err(error) => {
            console.error(&error);
            Exit::Replica
        }
    }
}

/// A table, how many rows it has if that was asked for, how often it is synced if that is configured, and what a daemon tells of it.
struct Table {
    status: TableStatus,
    rows: Option<u64>,
    interval: Option<Duration>,
    running: Option<Running>,
}

impl Table {
    /// How old the last success is.
    fn lag(&self, now_ms: i64) -> Option<Duration> {
        let ago = now_ms.saturating_sub(self.status.last_success_ms?);
        Some(Duration::from_millis(u64::try_from(ago).unwrap_or_default()))
    }

    /// When it is synced next, as its daemon says; without one, when one would: a failure is tried again sooner then.
    fn next_run(&self) -> Option<String> {
        if let Some(running) = &self.running {
            return running.next_run.clone();
        }
        let interval = i64::try_from(self.interval?.as_millis()).ok()?;
        Some(moment(self.status.last_success_ms?.saturating_add(interval)))
    }

    /// A part of what is promised of it, if a daemon tells.
    fn promised(&self, key: &str) -> Option<&str> {
        self.running.as_ref()?.guarantee[key].as_str()
    }

    fn is_paused(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.paused)
    }
}

/// Its tables, and the sources as far as a daemon tells of them.
fn read(config: &Config, count: bool) -> Result<(Vec<Table>, Option<Vec<Source>>), Error> {
    let replica = SqliteReplica::open(&config.sink.path)?;
    let daemon = daemon::sync_status(config);
    let tables = replica.tables()?.into_iter().map(|mut status| {
        let rows = if count && status.published { replica.count_rows(&status.name)? } else { None };
        let interval = interval(config, status.source_table.as_deref(), &status.name);
        let running = daemon.as_ref().and_then(|daemon| running::table(daemon, &status.name));
        if let Some(running) = &running {
            // Where the disk is full, no error can be stored, and that nothing was new is not stored each time: the daemon alone knows it.
            if running.error.is_some() || running.last_success.is_some() {
                status.last_error.clone_from(&running.error);
            }
            let success = running.last_success.as_deref().and_then(milliseconds);
            status.last_success_ms = success.max(status.last_success_ms);
        }
        Ok(Table { status, rows, interval, running })
    });
    Ok((tables.collect::<Result<_, Error>>()?, daemon.as_ref().map(running::sources)))
}

fn state(status: &TableStatus) -> &'static str {
    match (status.state, status.published) {
        (Some(CopyState::Live), _) => "live",
        (Some(_), true) => "copying anew",
        (Some(_), false) => "copying",
        (None, true) => "to be copied anew",
        (None, false) => "not copied",
    }
}
