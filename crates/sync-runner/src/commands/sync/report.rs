//! What a sync did, as text and as JSON.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::time::Duration;

use serde_json::{Value as Json, json};
use sync_core::engine::{SyncReport, TableReport, Work};
use sync_core::{Error, WriteStats};

use crate::config::SourceConfig;
use crate::console::Console;
use crate::exit::Exit;
use crate::text_table::{Cell, TextTable};
use crate::time;
use crate::wording::held_deletes;

/// What a sync did, and how many rows of each replica are kept aside now.
pub(super) struct Shown<'a> {
    pub(super) report: &'a SyncReport,
    pub(super) failed_rows: HashMap<String, u64>,
}

impl Shown<'_> {
    fn failed_rows(&self, table: &TableReport) -> u64 {
        self.failed_rows.get(&table.replica).copied().unwrap_or_default()
    }
}

/// Prints the report: results to standard output, errors to standard error.
pub(super) fn show(shown: &Shown<'_>, configs: &[&SourceConfig], console: &Console, json: bool) -> Exit {
    let report = shown.report;
    let written = if json {
        writeln!(io::stdout(), "{:#}", to_json(shown))
    } else {
        to_text(report).and_then(|()| writeln!(io::stdout(), "{}", summary(report)))
    };
    let exit = console.written(written);
    report.tables.iter().for_each(log);
    show_problems(shown, configs, console);
    let sources = report.sources.iter().map(|failure| Exit::from(&failure.error)).max();
    let failed = if report.is_success() { Exit::Success } else { Exit::Failed };
    exit.or(failed).or(sources.unwrap_or(Exit::Success))
}

fn log(table: &TableReport) {
    let WriteStats { changed, deleted, unchanged, .. } = table.written;
    tracing::info!(
        table = %table.table,
        replica = %table.replica,
        result = result(table),
        rows_read = table.rows_read,
        changed,
        deleted,
        unchanged,
        seconds = seconds(table.took),
        "a table was synced"
    );
}

fn show_problems(shown: &Shown<'_>, configs: &[&SourceConfig], console: &Console) {
    let report = shown.report;
    for failure in &report.sources {
        let config = configs.iter().find(|config| config.name == failure.source);
        console.error(&config.map_or_else(|| failure.error.clone(), |config| config.label(&failure.error)));
    }
    for problem in &report.problems {
        console.error(&Error::new(problem.kind, problem.message.as_str()));
    }
    for table in &report.tables {
        if let Some(error) = &table.error {
            console.error(error);
        }
        let name = &table.table;
        let rows = shown.failed_rows(table);
        if rows > 0 {
            let remedy = format!("they are kept aside and tried again; `data-sync failed {name}` tells why");
            console.warning(format_args!("table {name}: {rows} rows can't be stored as they are; {remedy}"));
        }
        if let Some(held) = &table.held {
            console.warning(held_deletes(name, held));
        }
    }
}

fn to_text(report: &SyncReport) -> io::Result<()> {
    if report.tables.is_empty() {
        return Ok(());
    }
    let header = ["table", "replica", "result", "rows read", "changed", "deleted", "unchanged", "time"];
    let mut shown = TextTable::new(io::stdout(), header);
    for table in &report.tables {
        shown.row(vec![
            Cell::text(table.table.to_string()),
            Cell::text(&table.replica),
            Cell::text(result(table)),
            Cell::number(table.rows_read),
            Cell::number(table.written.changed),
            Cell::number(table.written.deleted),
            Cell::number(table.written.unchanged),
            Cell::number(time::span(table.took)),
        ])?;
    }
    shown.finish()
}

fn summary(report: &SyncReport) -> String {
    let failed = report.tables.iter().filter(|table| table.error.is_some()).count() + report.problems.len();
    let synced = report.tables.iter().filter(|table| table.error.is_none()).count();
    let mut parts = vec![format!("{} up to date", counted(synced, "table"))];
    if failed > 0 {
        parts.push(format!("{} in the way", counted(failed, "problem")));
    }
    if !report.sources.is_empty() {
        parts.push(format!("{} not reached", counted(report.sources.len(), "source")));
    }
    parts.join(", ")
}

fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn result(table: &TableReport) -> &'static str {
    if table.error.is_some() { "failed" } else { table.work.map_or("followed", done) }
}

fn done(work: Work) -> &'static str {
    match work {
        Work::Copied => "copied",
        Work::Resumed => "resumed",
        Work::Repaired => "repaired",
        _ => "followed",
    }
}

fn to_json(shown: &Shown<'_>) -> Json {
    let report = shown.report;
    let tables = report.tables.iter().map(|table| table_to_json(table, shown.failed_rows(table)));
    let problems = report
        .problems
        .iter()
        .map(|problem| json!({ "table": problem.table, "kind": problem.kind.as_str(), "error": problem.message }));
    let sources = report.sources.iter().map(|failure| {
        json!({ "source": failure.source, "kind": failure.error.kind().as_str(), "error": failure.error.to_string() })
    });
    json!({
        "success": report.is_success(),
        "tables": tables.collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(),
        "sources": sources.collect::<Vec<_>>(),
    })
}

fn table_to_json(table: &TableReport, failed_rows: u64) -> Json {
    let WriteStats { changed, deleted, unchanged, .. } = table.written;
    json!({
        "table": table.table.to_string(),
        "replica": table.replica,
        "work": table.work.map(done),
        "rows_read": table.rows_read,
        "changed": changed,
        "deleted": deleted,
        "unchanged": unchanged,
        "rows_failed": failed_rows,
        "held_deletes": table.held.as_ref().map(|held| json!({ "deletes": held.deletes, "rows": held.rows })),
        "seconds": seconds(table.took),
        "error": table.error.as_ref().map(ToString::to_string),
    })
}

fn seconds(span: Duration) -> f64 {
    (span.as_secs_f64() * 1000.0).round() / 1000.0
}
