//! What several commands say in the same words.

use std::fmt::Display;

use sync_core::HeldDeletes;

use crate::time::moment;

/// What is held back of a table, and what can be done about it.
pub(crate) fn held_deletes(table: impl Display, held: &HeldDeletes) -> String {
    let HeldDeletes { deletes, rows, since_ms, .. } = held;
    format!(
        "table {table}: {deletes} of {rows} rows are gone at the source, and kept since {} as these are so many; the next \
         comparison of keys that finds the same deletes them, or `data-sync accept-deletes {table}` now",
        moment(*since_ms)
    )
}
