//! `data-sync failed`: rows that could not be stored, from the replica alone.

use std::collections::HashMap;
use std::io::{self, Write as _};

use serde_json::{Value as Json, json};
use sink_sqlite::{FailedRowStatus, SqliteReplica, TableStatus};
use sync_core::Result;

use crate::config::Config;
use crate::console::{Console, one_line};
use crate::exit::Exit;
use crate::named::named;
use crate::text_table::{Cell, TextTable};
use crate::time::moment;

/// The version of what `--json` prints, as that of `status`.
const VERSION: u32 = 1;

pub(super) fn run(config: &Config, console: &Console, table: Option<&str>, json: bool, limit: usize) -> Exit {
    let (replica, tables) = match open(config) {
        Ok(opened) => opened,
        Err(error) => {
            console.error(&error);
            return Exit::Replica;
        }
    };
    let meant = match table.map(|name| named(config, &tables, name)).transpose() {
        Ok(meant) => meant.map(|table| table.name.as_str()),
        Err(error) => {
            console.error(&error);
            return Exit::Failed;
        }
    };
    let rows = match replica.failed_rows(meant, limit) {
        Ok(rows) => rows,
        Err(error) => {
            console.error(&error);
            return Exit::Replica;
        }
    };
    let total = tables.iter().filter(|table| meant.is_none_or(|meant| meant == table.name));
    let total = total.map(|table| table.failed_rows).sum();
    let sources = tables.iter().filter_map(|table| Some((table.name.as_str(), table.source_table.as_deref()?)));
    let failed = Failed { rows, total, sources: sources.collect() };
    let exit = console.written(if json { failed.to_json(config) } else { failed.to_text(console) });
    failed.tell_what_is_left_out(console);
    exit
}

fn open(config: &Config) -> Result<(SqliteReplica, Vec<TableStatus>)> {
    let replica = SqliteReplica::open(&config.sink.path)?;
    let tables = replica.tables()?;
    Ok((replica, tables))
}

struct Failed<'a> {
    rows: Vec<FailedRowStatus>,
    total: u64,
    /// The table at the source of each replica.
    sources: HashMap<&'a str, &'a str>,
}

impl Failed<'_> {
    fn to_text(&self, console: &Console) -> io::Result<()> {
        if self.rows.is_empty() {
            console.line("no failed rows");
            return Ok(());
        }
        let header = ["table", "key", "attempts", "first failure", "last failure", "error"];
        let mut shown = TextTable::new(io::stdout(), header);
        for row in &self.rows {
            shown.row(vec![
                Cell::text(self.source(row).unwrap_or(&row.table)),
                Cell::text(&row.key),
                Cell::number(row.attempts),
                Cell::text(moment(row.first_ms)),
                Cell::text(moment(row.last_ms)),
                Cell::text(one_line(&row.error)),
            ])?;
        }
        shown.finish()
    }

    fn to_json(&self, config: &Config) -> io::Result<()> {
        let rows = self.rows.iter().map(|row| {
            json!({
                "table": self.source(row),
                "replica": row.table,
                "key": parsed(&row.key),
                "error": row.error,
                "row": parsed(&row.row),
                "attempts": row.attempts,
                "first": moment(row.first_ms),
                "last": moment(row.last_ms),
            })
        });
        let (path, rows) = (config.sink.path.display().to_string(), rows.collect::<Vec<_>>());
        let shown = json!({ "version": VERSION, "replica": path, "total": self.total, "failed_rows": rows });
        writeln!(io::stdout(), "{shown:#}")
    }

    fn source(&self, row: &FailedRowStatus) -> Option<&str> {
        self.sources.get(row.table.as_str()).copied()
    }

    fn tell_what_is_left_out(&self, console: &Console) {
        let shown = self.rows.len() as u64;
        if self.total > shown {
            console.note(format_args!("{shown} of {} are shown; --limit {} shows all", self.total, self.total));
        }
    }
}

/// What is JSON, as JSON; else as a text.
fn parsed(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| Json::from(text))
}
