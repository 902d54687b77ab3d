//! What was found, as JSON: docs/operations.md tells its keys.

use std::io::{self, Write as _};

use serde_json::{Value as Json, json};
use sync_core::plan::Mode;
use sync_core::{Guarantee, Renewal, TablePlan};

use super::{CheckedReplica, CheckedSource};
use crate::config::Config;
use crate::console::Console;
use crate::cursor::is_indexed;
use crate::exit::Exit;

/// A key that is added leaves it, one that goes or changes raises it.
const VERSION: u32 = 1;

pub(super) fn write(
    config: &Config,
    replica: &CheckedReplica,
    sources: &[CheckedSource<'_>],
    exit: Exit,
    console: &Console,
) -> Exit {
    let told = console.told();
    let whole = json!({
        "version": VERSION,
        "ok": exit == Exit::Success,
        "config": config.file,
        "replica": of_replica(config, replica),
        "sources": sources.iter().map(of_source).collect::<Vec<_>>(),
        "errors": told.errors,
        "warnings": told.warnings,
    });
    console.written(writeln!(io::stdout(), "{whole:#}"))
}

fn of_replica(config: &Config, CheckedReplica { facts, damages }: &CheckedReplica) -> Json {
    json!({
        "path": config.sink.path.display().to_string(),
        "exists": facts.exists,
        "bytes": facts.bytes,
        "log_bytes": facts.log_bytes,
        "free_bytes": facts.free_bytes,
        "mode": facts.mode.map(|mode| format!("{mode:04o}")),
        "readable_by": facts.readable_by(),
        "is_being_synced": facts.is_being_synced,
        "writer_process": facts.writer,
        "damages": damages,
    })
}

fn of_source(source: &CheckedSource<'_>) -> Json {
    let problems = source.inventory.plan.problems.iter();
    let problems =
        problems.map(|found| json!({ "table": found.table, "kind": found.kind.as_str(), "problem": found.message }));
    let left_out = source.inventory.plan.left_out.iter();
    let left_out =
        left_out.map(|found| json!({ "table": found.table.to_string(), "belongs_to": found.belongs_to.to_string() }));
    json!({
        "name": source.config.name,
        "server": source.inventory.identity.description(),
        "clock_ahead_seconds": source.clock_ahead_ms.map(|ahead| ahead as f64 / 1000.0),
        "encrypted": source.survey.encrypted,
        "time_zone": source.survey.time_zone,
        "tables": source.tables().map(|(table, renewal)| of_table(table, renewal)).collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(),
        "left_out": left_out.collect::<Vec<_>>(),
    })
}

fn of_table(table: &TablePlan, renewal: Option<&Renewal>) -> Json {
    let schema = &table.source.schema;
    // What is read whole each time is read by none.
    let keyset = if table.mode == Mode::Full { Vec::new() } else { table.source.keyset() };
    let columns: Vec<_> = keyset.iter().map(|at| schema.columns()[*at].name.as_str()).collect();
    json!({
        "table": table.id().to_string(),
        "replica": table.replica.name,
        "mode": if table.mode == Mode::Full { "full" } else { "follow" },
        "cursor_columns": columns,
        "cursor_is_indexed": is_indexed(table),
        "cursor_renewed_by": renewal.map(of_renewal),
        "left_out_indexes": left_out_indexes(table),
        "estimated_rows": schema.estimated_rows(),
        "sync_interval_seconds": table.sync_interval.as_secs_f64(),
        "guarantee": of_guarantee(&table.guarantee),
    })
}

fn of_renewal(renewal: &Renewal) -> Json {
    match renewal {
        Renewal::Definition => json!({ "kind": "definition" }),
        Renewal::Trigger(name) => json!({ "kind": "trigger", "trigger": name }),
        _ => json!({ "kind": "unknown" }),
    }
}

fn left_out_indexes(table: &TablePlan) -> Vec<Json> {
    let left_out = table.replica.schema.left_out_indexes().iter();
    left_out.map(|index| json!({ "index": index.name, "reason": index.reason })).collect()
}

fn of_guarantee(guarantee: &Guarantee) -> Json {
    match guarantee {
        Guarantee::Bounded { within, reason, remedy } => json!({
            "kind": guarantee.as_str(),
            "within_seconds": within.map(|within| within.as_secs_f64()),
            "reason": reason,
            "remedy": remedy,
        }),
        _ => json!({ "kind": guarantee.as_str() }),
    }
}
