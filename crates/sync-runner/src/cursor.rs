//! By what the changes of a table are found, and why by that.

use sync_core::TablePlan;
use sync_core::plan::Mode;

/// The columns, and what they are good for.
pub(crate) struct Finding {
    /// `updated_at, id`; empty where no column tells.
    pub(crate) columns: String,
    /// Half a sentence.
    pub(crate) reason: &'static str,
}

/// What the plan of a table says about it.
pub(crate) fn found_by(table: &TablePlan) -> Finding {
    let schema = &table.source.schema;
    if table.mode == Mode::Full {
        return Finding { columns: String::new(), reason: "a full read" };
    }
    let names = table.source.keyset().iter().map(|at| schema.columns()[*at].name.as_str()).collect::<Vec<_>>();
    let timestamp = table.source.timestamp.map(|at| schema.columns()[at].name.as_str());
    let reason = match timestamp {
        Some(name) if name.contains("creat") || name.contains("insert") => {
            "it tells new rows; what is updated is found by sweeps"
        }
        Some(_) => "it tells what was written last; what leaves it alone is found by sweeps",
        None if names.is_empty() => "a sweep",
        None => "it tells new rows; what is updated is found by sweeps",
    };
    Finding { columns: names.join(", "), reason }
}

/// Whether an index begins with the column by which a poll reads; `None` where it reads by none.
pub(crate) fn is_indexed(table: &TablePlan) -> Option<bool> {
    let schema = &table.source.schema;
    let first = (table.mode == Mode::Follow).then(|| table.source.keyset().first().copied())??;
    let name = &schema.columns()[first].name;
    let by_index = schema.indexes().iter().any(|index| index.begins_with(name));
    Some(by_index || schema.key().first() == Some(&first))
}

/// What to do where each poll has to read the whole table.
pub(crate) fn index_hint(table: &TablePlan) -> Option<String> {
    if is_indexed(table)? {
        return None;
    }
    // In words: each server has its own for it.
    let schema = &table.source.schema;
    let columns: Vec<_> = table.source.keyset().iter().map(|at| schema.columns()[*at].name.as_str()).collect();
    Some(format!(
        "no index serves that, so each poll reads the whole table; an index on ({}) lifts it",
        columns.join(", ")
    ))
}
