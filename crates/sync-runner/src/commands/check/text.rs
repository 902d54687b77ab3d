//! What was found, as text.

use std::io;

use sink_sqlite::file::FileFacts;
use sync_core::engine::Inventory;
use sync_core::{LeftOutIndex, Renewal, Survey, TablePlan};

use super::{CheckedReplica, CheckedSource};
use crate::config::Config;
use crate::console::Console;
use crate::cursor::{found_by, index_hint, is_indexed};
use crate::exit::Exit;
use crate::text_table::{Cell, TextTable};

pub(super) fn head(config: &Config, replica: &CheckedReplica, console: &Console) {
    if let Some(file) = &config.file {
        console.line(format_args!("config   {file}"));
    }
    console.line(format_args!("replica  {}", config.sink.path.display()));
    for line in file(&replica.facts) {
        console.line(format_args!("         {line}"));
    }
    if replica.damages.as_ref().is_some_and(Vec::is_empty) {
        console.line("         it was read through and is sound");
    }
}

fn file(facts: &FileFacts) -> Vec<String> {
    let mut lines = Vec::new();
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let free = facts.free_bytes.map(|free| format!("; {} free", mib(free))).unwrap_or_default();
    if facts.exists {
        lines.push(format!("{}, and {} of log{free}", mib(facts.bytes), mib(facts.log_bytes)));
    } else if facts.free_bytes.is_some() {
        lines.push(format!("not there yet{free}"));
    }
    if let (Some(mode), Some(readers)) = (facts.mode, facts.readable_by()) {
        lines.push(format!("can be read by {readers} (mode {mode:04o})"));
    }
    if facts.is_being_synced {
        let who = facts.writer.map_or_else(|| "another process".to_owned(), |process| format!("process {process}"));
        lines.push(format!("{who} is syncing into it"));
    }
    lines
}

pub(super) fn source(found: &CheckedSource<'_>, console: &Console) -> Exit {
    let name = found.config.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    console.line(format_args!("source   {name}{}", found.inventory.identity.description()));
    for line in connection(&found.survey) {
        console.line(format_args!("         {line}"));
    }
    let shown = if found.config.names_tables() {
        let tables = &found.inventory.plan.tables;
        planned(found).map(|()| {
            for (table, hint) in tables.iter().filter_map(|table| Some((table, index_hint(table)?))) {
                console.line(format_args!("table {}: {hint}", table.id()));
            }
            for (table, index) in tables.iter().flat_map(left_out_indexes) {
                console.line(format_args!("no index   {} of {}: {}", index.name, table.id(), index.reason));
            }
            for left_out in &found.inventory.plan.left_out {
                let (table, owner) = (&left_out.table, &left_out.belongs_to);
                console.line(format_args!("not taken  {table}: it belongs to {owner}; name it to have it"));
            }
        })
    } else {
        existing(&found.inventory)
    };
    console.written(shown)
}

/// What an index of the source has in the way of being copied.
fn left_out_indexes(table: &TablePlan) -> impl Iterator<Item = (&TablePlan, &LeftOutIndex)> {
    table.replica.schema.left_out_indexes().iter().map(move |index| (table, index))
}

/// How the server is reached, and in which zone it writes times that have none.
fn connection(survey: &Survey) -> Vec<String> {
    let encrypted =
        survey.encrypted.map(|is| if is { "the connection is encrypted" } else { "the connection is not encrypted" });
    let time_zone = survey.time_zone.as_ref().map(|zone| format!("the server's time zone is {zone}"));
    encrypted.map(str::to_owned).into_iter().chain(time_zone).collect()
}

/// What gives a cursor column a new value when its row is updated.
fn renewed_by(renewal: &Renewal) -> String {
    match renewal {
        Renewal::Definition => "its definition".to_owned(),
        Renewal::Trigger(name) => format!("trigger {name}"),
        _ => "unknown".to_owned(),
    }
}

fn planned(source: &CheckedSource<'_>) -> io::Result<()> {
    if source.inventory.plan.tables.is_empty() {
        return Ok(());
    }
    let header = ["table", "replica", "changes are found by", "renewed by", "index", "rows", "guarantee"];
    let mut shown = TextTable::new(io::stdout(), header);
    for (table, renewal) in source.tables() {
        let rows = table.source.schema.estimated_rows().map(|rows| format!("~{rows}")).unwrap_or_default();
        let found = found_by(table);
        shown.row(vec![
            Cell::text(table.id().to_string()),
            Cell::text(&table.replica.name),
            Cell::text(if found.columns.is_empty() { found.reason } else { &found.columns }),
            Cell::text(renewal.map(renewed_by).unwrap_or_default()),
            Cell::text(is_indexed(table).map_or("", |is| if is { "yes" } else { "no" })),
            Cell::number(rows),
            // Last, as the reason of an exception may be long.
            Cell::text(table.guarantee.to_string()),
        ])?;
    }
    shown.finish()
}

fn existing(inventory: &Inventory) -> io::Result<()> {
    let mut shown = TextTable::new(io::stdout(), ["table", "key", "rows", "remark"]);
    for table in &inventory.tables {
        let key: Vec<_> = table.key().iter().map(|at| table.columns()[*at].name.as_str()).collect();
        let remark = match (table.unreadable(), table.belongs_to()) {
            (Some(reason), _) => reason.to_owned(),
            (None, Some(owner)) => format!("it belongs to {owner}"),
            (None, None) if key.is_empty() => "it has no key".to_owned(),
            (None, None) => String::new(),
        };
        shown.row(vec![
            Cell::text(table.id().to_string()),
            Cell::text(key.join(", ")),
            Cell::number(table.estimated_rows().map(|rows| format!("~{rows}")).unwrap_or_default()),
            Cell::text(remark),
        ])?;
    }
    shown.finish()
}
