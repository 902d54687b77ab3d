//! `data-sync status`: how far each table is, from the replica alone.

mod interval;
mod json;
mod text;

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use serde_json::{Value as Json, json};
use sink_sqlite::{SqliteReplica, TableStatus};
use sync_core::{CopyState, Error};

use crate::config::Config;
use crate::console::Console;
use crate::daemon;
use crate::exit::Exit;
use crate::time::now_ms;
use interval::interval;

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
        Ok(tables) => {
            let now = now_ms();
            let written = if wish.json {
                let path = config.sink.path.display().to_string();
                let tables: Vec<_> = tables.iter().map(|table| json::of(table, now)).collect();
                writeln!(io::stdout(), "{:#}", json!({ "version": VERSION, "replica": path, "tables": tables }))
            } else {
                if wish.watch && io::stdout().is_terminal() {
                    console.line(CLEAR);
                }
                text::write(&tables, wish.rows, now)
            };
            console.written(written)
        }
        Err(error) => {
            console.error(&error);
            Exit::Replica
        }
    }
}

/// A table, how many rows it has if that was asked for, how often it is synced if that is configured, and what is promised of it if a
/// daemon tells.
struct Table {
    status: TableStatus,
    rows: Option<u64>,
    interval: Option<Duration>,
    guarantee: Option<Json>,
}

impl Table {
    /// How old the last success is.
    fn lag(&self, now_ms: i64) -> Option<Duration> {
        let ago = now_ms.saturating_sub(self.status.last_success_ms?);
        Some(Duration::from_millis(u64::try_from(ago).unwrap_or_default()))
    }

    /// When a daemon would sync it next. A failure is tried again sooner.
    fn next_run_ms(&self) -> Option<i64> {
        let interval = i64::try_from(self.interval?.as_millis()).ok()?;
        Some(self.status.last_success_ms?.saturating_add(interval))
    }
}

fn read(config: &Config, count: bool) -> Result<Vec<Table>, Error> {
    let replica = SqliteReplica::open(&config.sink.path)?;
    let daemon = daemon::sync_status(config);
    let tables = replica.tables()?.into_iter().map(|mut status| {
        let rows = if count && status.published { replica.count_rows(&status.name)? } else { None };
        let interval = interval(config, status.source_table.as_deref(), &status.name);
        let running = daemon.as_ref().and_then(|daemon| running(daemon, &status.name));
        let guarantee = running.map(|table| table["guarantee"].clone());
        // Where the disk is full, no error can be stored: the daemon alone knows it.
        if let Some(error) = running.and_then(|table| table["error"].as_str()) {
            status.last_error = Some(error.to_owned());
        }
        Ok(Table { status, rows, interval, guarantee })
    });
    tables.collect()
}

/// What a daemon tells of this replica.
fn running<'a>(daemon: &'a Json, replica: &str) -> Option<&'a Json> {
    daemon["tables"].as_array()?.iter().find(|table| table["replica"] == replica)
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
