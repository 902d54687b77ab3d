//! The status as text: a line a table, and what to do where something is the matter.

use std::io::{self, Write as _};

use super::{Source, Table, state};
use crate::console::one_line;
use crate::text_table::{Cell, TextTable};
use crate::time::{moment, span};
use crate::wording::held_deletes;

/// Writes it; with the numbers of rows if they were counted.
pub(super) fn write(tables: &[Table], sources: &[Source], count: bool, now_ms: i64) -> io::Result<()> {
    lines(tables, count, now_ms)?;
    remarks(tables)?;
    troubles(sources)
}

fn lines(tables: &[Table], count: bool, now_ms: i64) -> io::Result<()> {
    let mut header = vec![
        "table",
        "replica",
        "state",
        "guarantee",
        "last success",
        "lag",
        "next run",
        "last sweep",
        "last reconcile",
        "failed rows",
        "last error",
    ];
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
            Cell::text(table.promised("kind").unwrap_or_default()),
            Cell::text(status.last_success_ms.map_or_else(|| "never".to_owned(), moment)),
            Cell::number(table.lag(now_ms).map(span).unwrap_or_default()),
            Cell::text(next_run(table, now_ms)),
            Cell::text(status.upkeep.swept_ms.map(moment).unwrap_or_default()),
            Cell::text(status.upkeep.reconciled_ms.map(moment).unwrap_or_default()),
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

/// Those of one moment have one form, by which they can be compared as texts.
fn next_run(table: &Table, now_ms: i64) -> String {
    match table.next_run() {
        _ if table.is_paused() => "paused".to_owned(),
        Some(next) if next <= moment(now_ms) => "due".to_owned(),
        next => next.unwrap_or_default(),
    }
}

/// What has to be known beyond a table's line, and what can be done about it.
fn remarks(tables: &[Table]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for table in tables {
        let status = &table.status;
        let name = status.source_table.as_deref().unwrap_or(&status.name);
        if let (Some(reason), Some(remedy)) = (table.promised("reason"), table.promised("remedy")) {
            let within = table.running.as_ref().and_then(|running| running.guarantee["within_seconds"].as_f64());
            let bound = within.map_or_else(|| "nothing".to_owned(), |within| format!("{within} s"));
            writeln!(out, "table {name}: bounded by {bound}: {reason}; {remedy}")?;
        }
        if let Some(held) = &status.upkeep.held {
            writeln!(out, "{}", held_deletes(name, held))?;
        }
        if status.failed_rows > 0 {
            let rows = status.failed_rows;
            writeln!(out, "table {name}: {rows} rows can't be stored; `data-sync failed {name}` lists them")?;
        }
    }
    Ok(())
}

/// What no table's line can tell: that a source does not answer, and what is wanted and not there.
fn troubles(sources: &[Source]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for source in sources {
        let name = source.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        if let Some(error) = &source.error {
            writeln!(out, "source{name}: {}", one_line(error))?;
        }
        for problem in &source.problems {
            writeln!(out, "{}", one_line(&problem.problem))?;
        }
    }
    Ok(())
}
