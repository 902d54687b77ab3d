//! Values that are not to be seen are replaced as soon as they leave the source.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::plan::Mask;
use crate::{
    Batch, Error, ErrorKind, FailedRow, Next, Op, ReadRequest, Reader, Result, RowBatch, Source, TablePlan, Value,
};

/// Reads a source for a table, with its masks.
pub(super) async fn read(source: &dyn Source, plan: &TablePlan, request: ReadRequest) -> Result<Box<dyn Reader>> {
    let hides_values = plan.hides_values && plan.source.filter.is_some();
    let reader = source.read(request.limits(plan.limits)).await.map_err(|error| unquoted(error, hides_values))?;
    if plan.masks.is_empty() && !hides_values {
        return Ok(reader);
    }
    Ok(Box::new(Masked { reader, masks: plan.masks.clone(), hides_values }))
}

struct Masked {
    reader: Box<dyn Reader>,
    masks: Vec<(usize, Mask)>,
    /// Whether a condition may look into values that nobody may see.
    hides_values: bool,
}

/// Of a condition that fails on a row, the source may quote what it looked at.
fn unquoted(error: Error, hides_values: bool) -> Error {
    if !hides_values || error.kind() != ErrorKind::Unsupported {
        return error;
    }
    let place = error.place().map(str::to_owned);
    let said = Error::unsupported(
        "`where` fails on a row, or the table can't be read; what the source says of it is not shown, as it may quote values that are \
         masked or left out",
    );
    let said = said.hint("write `where` so that it fits all rows, or look into the source's own log");
    place.into_iter().fold(said, Error::at)
}

#[async_trait]
impl Reader for Masked {
    async fn next(&mut self) -> Result<Next> {
        Ok(match self.reader.next().await.map_err(|error| unquoted(error, self.hides_values))? {
            Next::Batch(batch) if self.masks.is_empty() => Next::Batch(batch),
            Next::Batch(batch) => Next::Batch(self.masked(batch)?),
            next => next,
        })
    }
}

impl Masked {
    fn masked(&self, batch: Batch) -> Result<Batch> {
        let mut rows = RowBatch::new(Arc::clone(batch.rows.schema()));
        for row in batch.rows.rows() {
            for (column, value) in row.values().enumerate() {
                match self.masks.iter().find(|(masked, _)| *masked == column) {
                    Some((_, mask)) if row.op() == Op::Upsert => replace(value, *mask, &mut rows),
                    _ => rows.push(value),
                }
            }
            rows.end_row(row.op())?;
        }
        let names = self.masks.iter().map(|(column, _)| batch.rows.schema().columns()[*column].name.as_str());
        let names: Vec<&str> = names.collect();
        let failed = batch.failed.into_iter().map(|row| hide(row, &names)).collect();
        Ok(Batch { rows, failed, watermark: batch.watermark })
    }
}

fn replace(value: Value<'_>, mask: Mask, rows: &mut RowBatch) {
    let digest = match (mask, value) {
        (Mask::Null, _) | (_, Value::Null) => return rows.push_null(),
        (Mask::Hash, Value::Integer(value)) => Sha256::digest(value.to_string()),
        (Mask::Hash, Value::Real(value)) => Sha256::digest(value.to_string()),
        (Mask::Hash, Value::Text(value)) => Sha256::digest(value),
        (Mask::Hash, Value::Bytes(value)) => Sha256::digest(value),
    };
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    rows.push_text(&digits);
}

/// What people see of a failed row shows nothing either. Its error could quote the value.
fn hide(row: FailedRow, names: &[&str]) -> FailedRow {
    let shown = match serde_json::from_str::<Json>(&row.row) {
        Ok(Json::Object(mut cells)) => {
            cells
                .iter_mut()
                .filter(|(name, _)| names.contains(&name.as_str()))
                .for_each(|(_, cell)| *cell = Json::Null);
            Json::from(cells).to_string()
        }
        _ => "{}".to_owned(),
    };
    let quoted = names.iter().any(|name| row.error.contains(name));
    let error = if quoted { "a masked column can't be read".to_owned() } else { row.error };
    FailedRow::new(row.key, error, shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, DataType, TableId, TableSchema};

    #[test]
    fn what_a_condition_failed_on_is_not_quoted_where_values_are_hidden() {
        let error = || Error::unsupported("\"hunter2\" is no number").at("table t").caused_by("\"hunter2\"");
        assert_eq!(
            unquoted(error(), true).to_string(),
            "table t: `where` fails on a row, or the table can't be read; what the source says of it is not shown, as it may quote \
             values that are masked or left out; write `where` so that it fits all rows, or look into the source's own log"
        );
        assert!(!format!("{:?}", unquoted(error(), true)).contains("hunter2"));
        assert_eq!(unquoted(error(), false).message(), "\"hunter2\" is no number");
        assert_eq!(unquoted(Error::unavailable("away"), true).message(), "away");
    }

    #[test]
    fn nothing_of_a_masked_value_is_left() {
        let schema = TableSchema::builder(TableId::unqualified("t"))
            .column(Column::new("id", DataType::Integer))
            .column(Column::new("email", DataType::Text))
            .column(Column::new("secret", DataType::Text))
            .key(["id"]);
        let mut rows = RowBatch::new(Arc::new(schema.build().unwrap()));
        for (id, email) in [(1, Value::Text("a@b.c")), (2, Value::Null)] {
            rows.push_integer(id);
            rows.push(email);
            rows.push_text("hunter2");
            rows.end_row(Op::Upsert).unwrap();
        }
        let failed =
            FailedRow::new("[\"3\"]", "column \"secret\": \"hunter2\" is bad", r#"{"id":"3","secret":"hunter2"}"#);
        let masked = Masked {
            reader: Box::new(crate::memory::ReadyReader::new(Vec::new(), crate::End::Complete)),
            masks: vec![(1, Mask::Hash), (2, Mask::Null)],
            hides_values: true,
        };
        let batch = masked.masked(Batch::new(rows).with_failed(vec![failed])).unwrap();
        // printf 'a@b.c' | sha256sum
        let hash = "d648b243a3e817eaa3309e00e183483f2867baadf522099f0c2121770536b25a";
        assert!(batch.rows.row(0).values().eq([Value::Integer(1), Value::Text(hash), Value::Null]));
        assert_eq!(batch.rows.row(1).get(1), Value::Null);
        assert_eq!(batch.failed[0].row, r#"{"id":"3","secret":null}"#);
        assert_eq!(batch.failed[0].error, "a masked column can't be read");
    }
}
