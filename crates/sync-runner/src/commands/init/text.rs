//! The configuration as text, with the reasons as comments.

use std::fmt::Write as _;

use sync_core::TablePlan;
use sync_core::engine::Inventory;

use crate::console::one_line;
use crate::cursor::{Finding, found_by, index_hint};
use crate::suggest::{table_name, toml_text};

/// What is written down.
pub(super) struct Found<'a> {
    /// Without a password.
    pub(super) url: &'a str,
    pub(super) password_env: Option<&'a str>,
    pub(super) default_schema: Option<String>,
    pub(super) inventory: &'a Inventory,
}

pub(super) fn config(found: &Found<'_>) -> String {
    let mut text = String::new();
    // Writing to a text can't fail.
    let _ = write_config(&mut text, found);
    text
}

fn write_config(out: &mut String, found: &Found<'_>) -> std::fmt::Result {
    let server = one_line(found.inventory.identity.description());
    writeln!(out, "# What `data-sync init` found in {server}.")?;
    writeln!(out, "# It runs as it is. Every other setting has a default: see `data-sync print-config`.\n")?;
    writeln!(out, "# How often each table is looked at, in seconds, or as \"500ms\", \"5m\".")?;
    writeln!(out, "sync_interval = 300\n")?;
    writeln!(out, "# Take away the lines of tables that are not wanted.")?;
    writeln!(out, "tables = [")?;
    for table in &found.inventory.plan.tables {
        write_table(out, table, found.default_schema.as_deref())?;
    }
    for problem in &found.inventory.plan.problems {
        writeln!(out, "    # Not possible: {}", one_line(&problem.message))?;
    }
    writeln!(out, "]\n\n[source]")?;
    writeln!(out, "url = {}", toml_text(found.url))?;
    if let Some(variable) = found.password_env {
        writeln!(out, "# The environment variable that holds the password.\npassword_env = {}", toml_text(variable))?;
    }
    writeln!(out, "\n[sink]\n# The SQLite file.\npath = \"replica.db\"\n")?;
    writeln!(out, "[http]\n# The page, the endpoints and the metrics of `data-sync run`.\nlisten = \"127.0.0.1:8787\"")
}

fn write_table(out: &mut String, table: &TablePlan, default_schema: Option<&str>) -> std::fmt::Result {
    let rows = table.source.schema.estimated_rows();
    let rows = rows.map(|rows| format!("about {rows} rows; ")).unwrap_or_default();
    let Finding { columns, reason } = found_by(table);
    let by = if columns.is_empty() { reason.to_owned() } else { format!("{columns} ({reason})") };
    writeln!(out, "    # {rows}changes are found by {}; {}", one_line(&by), one_line(&table.guarantee.to_string()))?;
    if let Some(hint) = index_hint(table) {
        writeln!(out, "    # {}", one_line(&hint))?;
    }
    writeln!(out, "    {},", toml_text(&table_name(table.id(), default_schema)))
}
