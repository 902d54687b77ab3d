//! `data-sync check`: all that could keep a sync from working, without changing anything.

use std::path::Path;

use std::io;

use sync_core::engine::{Inventory, inventory};
use sync_core::plan::Mode;
use sync_core::{Error, Registry, TablePlan};

use crate::config::{Config, SourceConfig};
use crate::connect::connect;
use crate::console::Console;
use crate::exit::Exit;
use crate::interrupt;
use crate::suggest::no_tables;
use crate::text_table::{Cell, TextTable};

pub(super) async fn run(config: &Config, registry: &Registry, console: &Console) -> Exit {
    tokio::select! {
        biased;
        exit = interrupt::signal() => exit,
        exit = check(config, registry, console) => exit,
    }
}

async fn check(config: &Config, registry: &Registry, console: &Console) -> Exit {
    if let Some(file) = &config.file {
        console.line(format_args!("config   {file}"));
    }
    console.line(format_args!("replica  {}", config.sink.path.display()));
    let mut exit = check_replica(&config.sink.path, console);
    let connected = connect(config, registry, console).await;
    exit = exit.or(connected.exit);
    let answers = inventory(&connected.sources).await;
    for ((source, answer), config) in connected.sources.iter().zip(answers).zip(connected.configs) {
        let default_schema = source.source.capabilities().default_schema;
        exit = exit.or(match answer {
            Ok(inventory) => show(&inventory, config, default_schema.as_deref(), console),
            Err(error) => {
                console.error(&config.label(&error));
                Exit::from(&error)
            }
        });
    }
    exit
}

/// The file itself may be missing: the first sync makes it.
fn check_replica(path: &Path, console: &Console) -> Exit {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let error = if !folder.is_dir() {
        Error::config(format!("the folder {} does not exist", folder.display())).hint("create it, or set sink.path")
    } else if path.is_dir() {
        Error::config("it is a folder").hint("set sink.path to a file in it")
    } else {
        return Exit::Success;
    };
    console.error(&error.at(format!("replica {}", path.display())));
    Exit::Replica
}

fn show(inventory: &Inventory, config: &SourceConfig, default_schema: Option<&str>, console: &Console) -> Exit {
    let name = config.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    console.line(format_args!("source   {name}{}", inventory.identity.description()));
    if !config.names_tables() {
        let shown = console.written(show_existing(inventory));
        console.error(&no_tables(config, Some(&inventory.tables), default_schema));
        return shown.or(Exit::Config);
    }
    let shown = console.written(show_planned(&inventory.plan.tables));
    for left_out in &inventory.plan.left_out {
        console.line(format_args!(
            "not taken  {}: it belongs to {}; name it to have it",
            left_out.table, left_out.belongs_to
        ));
    }
    for problem in &inventory.plan.problems {
        console.error(&config.label(&Error::new(problem.kind, problem.message.as_str())));
    }
    if inventory.plan.problems.is_empty() { shown } else { shown.or(Exit::Failed) }
}

fn show_planned(tables: &[TablePlan]) -> io::Result<()> {
    if tables.is_empty() {
        return Ok(());
    }
    let mut shown = TextTable::new(io::stdout(), ["table", "replica", "changes are found by", "rows", "guarantee"]);
    for table in tables {
        let schema = &table.source.schema;
        let keyset: Vec<_> = table.source.keyset().iter().map(|at| schema.columns()[*at].name.as_str()).collect();
        let rows = schema.estimated_rows().map(|rows| format!("~{rows}")).unwrap_or_default();
        shown.row(vec![
            Cell::text(schema.id().to_string()),
            Cell::text(&table.replica.name),
            Cell::text(match table.mode {
                Mode::Full => "a full read".to_owned(),
                _ if keyset.is_empty() => "sweep".to_owned(),
                _ => keyset.join(", "),
            }),
            Cell::number(rows),
            // Last, as the reason of an exception may be long.
            Cell::text(table.guarantee.to_string()),
        ])?;
    }
    shown.finish()
}

fn show_existing(inventory: &Inventory) -> io::Result<()> {
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
