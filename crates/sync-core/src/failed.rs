//! [`FailedRow`]: a row that is kept aside until it can be stored.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::{Op, OwnedValue, Row, RowBatch, TableSchema, Value, ValueKind};

/// A row that can't be represented or stored: kept aside with its reason, never dropped.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRow {
    /// The key's values as a JSON array of texts, by which the row is read again. Bytes are written as `\x00ff`.
    pub key: String,
    /// Why it failed, in one line.
    pub error: String,
    /// What could be read of it, as JSON; for people.
    pub row: String,
}

impl FailedRow {
    /// A failed row.
    #[must_use]
    pub fn new(key: impl Into<String>, error: impl Into<String>, row: impl Into<String>) -> Self {
        Self { key: key.into(), error: error.into(), row: row.into() }
    }

    /// A row of a batch that could be read, but not stored.
    #[must_use]
    pub fn of(row: Row<'_>, schema: &TableSchema, error: impl Into<String>) -> Self {
        let cells = schema.columns().iter().zip(row.values()).map(|(column, value)| {
            let value = match json(value) {
                Json::String(text) => Json::from(shortened(text)),
                other => other,
            };
            (column.name.clone(), value)
        });
        let cells: serde_json::Map<_, _> = cells.collect();
        Self::new(Self::key_of(row), error, Json::from(cells).to_string())
    }

    /// The key of a row as [`FailedRow::key`] holds it.
    #[must_use]
    pub fn key_of(row: Row<'_>) -> String {
        let key: Vec<Json> = row.key().map(json).collect();
        Json::from(key).to_string()
    }

    /// The key as a delete row, by which the row can be asked for again. `None` when it is not a key of this table: its columns are
    /// others now, or it was itself what could not be read.
    #[must_use]
    pub fn key_row(&self, schema: &Arc<TableSchema>) -> Option<RowBatch> {
        let texts: Vec<String> = serde_json::from_str(&self.key).ok()?;
        if texts.is_empty() || texts.len() != schema.key().len() {
            return None;
        }
        let mut cells = vec![OwnedValue::Null; schema.columns().len()];
        for (column, text) in schema.key().iter().zip(texts) {
            cells[*column] = parsed(text, schema.columns()[*column].data_type.value_kind())?;
        }
        let mut row = RowBatch::new(Arc::clone(schema));
        for cell in &cells {
            row.push(cell.as_value());
        }
        row.end_row(Op::Delete).ok()?;
        Some(row)
    }
}

/// Characters of a value that people get to see.
const SHOWN: usize = 200;

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn json(value: Value<'_>) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Integer(value) => Json::from(value.to_string()),
        Value::Real(value) => Json::from(value.to_string()),
        Value::Text(value) => Json::from(value),
        Value::Bytes(value) => {
            let digits: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
            Json::from(format!("\\x{digits}"))
        }
    }
}

fn parsed(text: String, kind: ValueKind) -> Option<OwnedValue> {
    match kind {
        ValueKind::Integer => text.parse().ok().map(OwnedValue::Integer),
        // What is no number travels as text (`NaN`).
        ValueKind::Real => match text.parse::<f64>() {
            Ok(number) if !number.is_nan() => Some(OwnedValue::Real(number)),
            _ => Some(OwnedValue::Text(text)),
        },
        ValueKind::Text => Some(OwnedValue::Text(text)),
        ValueKind::Bytes => {
            let digits = text.strip_prefix("\\x")?;
            let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
            (0..digits.len()).step_by(2).map(byte).collect::<Option<_>>().map(OwnedValue::Bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, DataType, TableId};

    fn schema() -> Arc<TableSchema> {
        let schema = TableSchema::builder(TableId::unqualified("t"))
            .column(Column::new("bytes", DataType::Bytes))
            .column(Column::new("note", DataType::Text))
            .column(Column::new("number", DataType::Integer))
            .column(Column::new("real", DataType::Real))
            .key(["number", "bytes", "real"])
            .build();
        Arc::new(schema.unwrap())
    }

    #[test]
    fn a_key_survives_its_text() {
        let schema = schema();
        let mut rows = RowBatch::new(Arc::clone(&schema));
        rows.push_bytes(&[0, 255]);
        rows.push_text(&"é".repeat(300));
        rows.push_integer(-7);
        rows.push_real(0.1);
        rows.end_row(Op::Upsert).unwrap();
        let failed = FailedRow::of(rows.row(0), &schema, "no");
        assert_eq!(failed.key, r#"["-7","\\x00ff","0.1"]"#);
        assert!(failed.row.contains("…") && failed.row.len() < 800, "{}", failed.row);
        let key = failed.key_row(&schema).unwrap();
        assert!(key.row(0).key().eq(rows.row(0).key()));
        assert_eq!((key.row(0).op(), key.row(0).get(1)), (Op::Delete, Value::Null));
    }

    #[test]
    fn what_is_no_key_of_the_table_is_none() {
        for key in ["", "[]", "[1]", r#"["1"]"#, r#"["x","\\x","1"]"#, r#"["1","00","1"]"#, r#"["1",null,"1"]"#] {
            assert!(FailedRow::new(key, "", "").key_row(&schema()).is_none(), "{key}");
        }
    }
}
