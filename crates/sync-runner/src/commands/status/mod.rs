//! `data-sync status`: how far each table is, from the replica alone.

mod interval;

use std::io::{self, Write as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};
use sink_sqlite::{SqliteReplica, TableStatus};
use sync_core::{CopyState, Error};

use crate::config::Config;
use crate::console::{Console, one_line};
use crate::exit::Exit;
use crate::text_table::{Cell, TextTable};
use crate::time::{moment, span};
use interval::interval;

/// The version of what `--json` prints: a key that is added leaves it, one that goes or changes raises it.
const VERSION: u32 = 1;

pub(super) fn run(config: &Config, console: &Console, json: bool, count: bool) -> Exit {
    match read(config, count) {
        Ok(tables) => {
            let now = now_ms();
            let written = if json {
                let path = config.sink.path.display().to_string();
                let tables: Vec<_> = tables.iter().map(|table| to_json(table, now)).collect();
                writeln!(io::stdout(), "{:#}", json!({ "version": VERSION, "replica": path, "tables": tables }))
            } else {
                to_text(&tables, count, now)
            };
            console.written(written)
        }
        Err(error) => {
            console.error(&error);
            Exit::Replica
        }
    }
}

/// A table, how many rows it has if that was asked for, and how often it is synced if that is configured.
struct Table {
    status: TableStatus,
    rows: Option<u64>,
    interval: Option<Duration>,
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
    let tables = replica.tables()?.into_iter().map(|status| {
        let rows = if count && status.published { replica.count_rows(&status.name)? } else { None };
        let interval = interval(config, status.source_table.as_deref(), &status.name);
        Ok(Table { status, rows, interval })
    });
    tables.collect()
}

fn to_text(tables: &[Table], count: bool, now_ms: i64) -> io::Result<()> {
    let mut header = vec!["table", "replica", "state", "last success", "lag", "next run", "failed rows", "last error"];
    if count {
        header.insert(3, "rows");
    }
    let mut shown = TextTable::new(io::stdout(), header);
    for table in tables {
        let status = &table.status;
        let mut row = vec![
            Cell::text(status.source_table.as_deref().unwrap_or_default()),
            Cell::text(&status.name),
            Cell::text(state(status)),
            Cell::text(status.last_success_ms.map_or_else(|| "never".to_owned(), moment)),
            Cell::number(table.lag(now_ms).map(span).unwrap_or_default()),
            Cell::text(match table.next_run_ms() {
                Some(next) if next <= now_ms => "due".to_owned(),
                next => next.map(moment).unwrap_or_default(),
            }),
            Cell::number(status.failed_rows),
            Cell::text(status.last_error.as_deref().map(one_line).unwrap_or_default()),
        ];
        if count {
            row.insert(3, table.rows.map_or_else(|| Cell::text(""), Cell::number));
        }
        shown.row(row)?;
    }
    shown.finish()
}

/// Milliseconds since 1970.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
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

fn to_json(table: &Table, now_ms: i64) -> Json {
    let status = &table.status;
    let last_run = status.last_run.map(|run| {
        json!({
            "started": moment(run.started_ms),
            "finished": moment(run.finished_ms),
            "rows_read": run.rows_read,
            "changed": run.written.changed,
            "deleted": run.written.deleted,
            "unchanged": run.written.unchanged,
        })
    });
    let mut shown = json!({
        "table": status.source_table,
        "replica": status.name,
        "state": state(status),
        "last_sync_timestamp": status.last_sync_timestamp_ms,
        "last_sync_id": status.last_sync_id,
        "last_success": status.last_success_ms.map(moment),
        "lag_seconds": table.lag(now_ms).map(|lag| lag.as_secs_f64()),
        "interval_seconds": table.interval.map(|interval| interval.as_secs_f64()),
        "next_run": table.next_run_ms().map(moment),
        "last_error": status.last_error,
        "failed_rows": status.failed_rows,
        "last_run": last_run,
    });
    if let Some(rows) = table.rows {
        shown["rows"] = Json::from(rows);
    }
    shown
}
