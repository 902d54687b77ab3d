//! `data-sync status`: how far each table is, from the replica alone.

use std::io::{self, Write as _};

use serde_json::{Value as Json, json};
use sink_sqlite::{SqliteReplica, TableStatus};
use sync_core::{CopyState, Error};

use crate::config::Config;
use crate::console::{Console, one_line};
use crate::exit::Exit;
use crate::text_table::{Cell, TextTable};
use crate::time::moment;

pub(super) fn run(config: &Config, console: &Console, json: bool, count: bool) -> Exit {
    match read(config, count) {
        Ok(tables) => {
            let written = if json {
                let path = config.sink.path.display().to_string();
                let tables: Vec<_> = tables.iter().map(to_json).collect();
                writeln!(io::stdout(), "{:#}", json!({ "replica": path, "tables": tables }))
            } else {
                to_text(&tables, count)
            };
            console.written(written)
        }
        Err(error) => {
            console.error(&error);
            Exit::Replica
        }
    }
}

/// A table, and how many rows it has if that was asked for.
struct Table {
    status: TableStatus,
    rows: Option<u64>,
}

fn read(config: &Config, count: bool) -> Result<Vec<Table>, Error> {
    let replica = SqliteReplica::open(&config.sink.path)?;
    let tables = replica.tables()?.into_iter().map(|status| {
        let rows = if count && status.published { replica.count_rows(&status.name)? } else { None };
        Ok(Table { status, rows })
    });
    tables.collect()
}

fn to_text(tables: &[Table], count: bool) -> io::Result<()> {
    let mut header = vec!["table", "replica", "state", "last success", "failed rows", "last error"];
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

fn state(status: &TableStatus) -> &'static str {
    match (status.state, status.published) {
        (Some(CopyState::Live), _) => "live",
        (Some(_), true) => "copying anew",
        (Some(_), false) => "copying",
        (None, true) => "to be copied anew",
        (None, false) => "not copied",
    }
}

fn to_json(table: &Table) -> Json {
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
        "last_error": status.last_error,
        "failed_rows": status.failed_rows,
        "last_run": last_run,
    });
    if let Some(rows) = table.rows {
        shown["rows"] = Json::from(rows);
    }
    shown
}
