//! Rows that the source has no more, and that are to stay.

use sync_core::{OwnedValue, ReplicaTable, TableSchema};

use super::table::{Rows, Stored};

/// Adds to another copy what it lacks of the `former` one, which was of the table `made`.
pub(super) fn take_over(rows: &mut Rows, table: &ReplicaTable, former: Rows, made: &ReplicaTable) {
    let Some(kept) = &table.kept_of_gone else { return };
    let key = key_of(&table.schema);
    if key.is_empty() || key != key_of(&made.schema) {
        return;
    }
    // Where the cells of each column were; nothing for those that are new, or not to be kept.
    let places = table.schema.columns().iter().map(|column| {
        let is_kept = kept.contains(&column.name);
        made.schema.columns().iter().position(|former| is_kept && former.name == column.name)
    });
    let places: Vec<Option<usize>> = places.collect();
    for (key, row) in former {
        let cell = |place: &Option<usize>| place.map_or(OwnedValue::Null, |place| row.cells[place].clone());
        let mark = table.deleted_column.as_ref().map(|_| true);
        rows.entry(key).or_insert_with(|| Stored { cells: places.iter().map(cell).collect(), mark });
    }
}

fn key_of(schema: &TableSchema) -> Vec<&str> {
    schema.key().iter().map(|position| schema.columns()[*position].name.as_str()).collect()
}
