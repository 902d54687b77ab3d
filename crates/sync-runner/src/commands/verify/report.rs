//! What verifying found, as text and as JSON.

use std::io::{self, Write as _};

use serde_json::{Value as Json, json};
use sync_core::engine::Differences;

use super::Verified;
use crate::config::Config;
use crate::console::Console;
use crate::exit::Exit;
use crate::text_table::{Cell, TextTable};

/// The version of what `--json` prints, as that of `status`.
const VERSION: u32 = 1;

/// Prints it: results to standard output, errors to standard error.
pub(super) fn show(verified: &[Verified], config: &Config, console: &Console, json: bool) -> Exit {
    let written = if json { to_json(verified, config) } else { to_text(verified) };
    let mut exit = console.written(written);
    for table in verified {
        if let Some(error) = &table.error {
            console.error(error);
            exit = exit.or(Exit::Failed);
        } else if !table.is_equal() {
            exit = exit.or(Exit::Differs);
        }
    }
    exit
}

fn result(table: &Verified) -> &'static str {
    match (&table.error, table.is_equal(), &table.repaired) {
        (Some(_), ..) => "failed",
        (None, true, Some(_)) => "repaired",
        (None, true, None) => "equal",
        (None, false, _) => "differs",
    }
}

/// The three ways in which rows differ.
fn ways(table: &Verified) -> Vec<(&'static str, &Differences)> {
    let report = table.report.iter();
    report
        .flat_map(|found| [("missing", &found.missing), ("extra", &found.extra), ("different", &found.different)])
        .collect()
}

fn to_text(verified: &[Verified]) -> io::Result<()> {
    let header = ["table", "replica", "result", "rows at source", "rows in replica", "missing", "extra", "different"];
    let mut shown = TextTable::new(io::stdout(), header);
    for table in verified {
        let mut row = vec![Cell::text(&table.table), Cell::text(&table.replica), Cell::text(result(table))];
        if let Some(report) = &table.report {
            row.extend([report.source_rows, report.replica_rows].map(Cell::number));
        }
        row.extend(ways(table).into_iter().map(|(_, found)| Cell::number(found.count)));
        shown.row(row)?;
    }
    shown.finish()?;
    let mut out = io::stdout().lock();
    for table in verified {
        for (way, found) in ways(table).into_iter().filter(|(_, found)| !found.examples.is_empty()) {
            let more = if found.count > found.examples.len() as u64 { ", …" } else { "" };
            writeln!(out, "{}: {way}: {}{more}", table.table, found.examples.join(", "))?;
        }
    }
    Ok(())
}

fn to_json(verified: &[Verified], config: &Config) -> io::Result<()> {
    let tables: Vec<_> = verified.iter().map(table_to_json).collect();
    let equal = verified.iter().all(|table| table.error.is_none() && table.is_equal());
    let path = config.sink.path.display().to_string();
    let shown = json!({ "version": VERSION, "replica": path, "equal": equal, "tables": tables });
    writeln!(io::stdout(), "{shown:#}")
}

fn table_to_json(table: &Verified) -> Json {
    let report = table.report.as_ref();
    let mut shown = json!({
        "table": table.table,
        "replica": table.replica,
        "result": result(table),
        "source_rows": report.map(|report| report.source_rows),
        "replica_rows": report.map(|report| report.replica_rows),
        "rows_checked": report.map(|report| report.rows_checked),
        "repaired": table.repaired.map(|written| json!({ "changed": written.changed, "deleted": written.deleted })),
        "error": table.error.as_ref().map(ToString::to_string),
    });
    for (way, found) in ways(table) {
        let keys =
            found.examples.iter().map(|key| serde_json::from_str(key).unwrap_or_else(|_| Json::from(key.as_str())));
        shown[way] = json!({ "count": found.count, "examples": keys.collect::<Vec<_>>() });
    }
    shown
}
