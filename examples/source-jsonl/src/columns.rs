//! Which columns a file has: the keys of its objects, each with the narrowest type that holds all its values.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;
use sync_core::{Column, DataType, Result, TableId, TableSchema};

use crate::read::Lines;

/// The table of a file; nothing while it has no complete line.
pub(crate) fn discover(id: TableId, path: &Path) -> Result<Option<TableSchema>> {
    let mut columns: BTreeMap<String, Option<DataType>> = BTreeMap::new();
    let mut lines = Lines::open(path, 0)?;
    let mut keyed = true;
    while let Some(object) = lines.next()? {
        keyed &= object.contains_key("id");
        for (name, value) in object {
            let seen = columns.entry(name).or_default();
            *seen = wider(*seen, data_type(&value));
        }
    }
    if columns.is_empty() {
        return Ok(None);
    }
    let mut table = TableSchema::builder(id);
    for (name, data_type) in &columns {
        table = table.column(Column::new(name, data_type.unwrap_or(DataType::Text)));
    }
    // Without an `id` in every line there is no key, and the plan says so.
    if keyed {
        table = table.key(["id"]);
    }
    table.build().map(Some)
}

fn data_type(value: &Json) -> Option<DataType> {
    match value {
        Json::Null => None,
        Json::Bool(_) => Some(DataType::Boolean),
        Json::Number(number) if number.is_i64() => Some(DataType::Integer),
        Json::Number(number) if number.is_u64() => Some(DataType::UnsignedInteger),
        Json::Number(_) => Some(DataType::Real),
        Json::String(_) => Some(DataType::Text),
        Json::Array(_) | Json::Object(_) => Some(DataType::Json),
    }
}

/// One type stays; whatever is mixed is kept as JSON.
fn wider(seen: Option<DataType>, new: Option<DataType>) -> Option<DataType> {
    match (seen, new) {
        (Some(seen), Some(new)) if seen != new => Some(DataType::Json),
        (seen, new) => seen.or(new),
    }
}
