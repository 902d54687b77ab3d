//! What a statement selects, and how its fields become cells and positions.
//!
//! Its sibling in the other driver looks alike on purpose and shares no code: each reads the fields of its own library's rows, cell by
//! cell, and an interface between would be paid for with each of them.

use std::sync::Arc;

use mysql_async::{Column, Row, Value};
use sync_core::{Error, Op, Result, RowBatch, SourceTable, TableSchema};

use super::filter::operand;
use crate::catalog::{CatalogColumn, Relation};
use crate::cursor::Point;
use crate::decode::{Decoder, Malformed};
use crate::sql;
use crate::types::{Comparison, comparison, field, field_as};

/// A planned table together with what the catalog says about it now.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) table: Arc<SourceTable>,
    pub(super) relation: Arc<Relation>,
}

impl Target {
    /// Fails unless the catalog agrees with the plan.
    pub(super) fn new(table: Arc<SourceTable>, relation: Arc<Relation>) -> Result<Self> {
        relation.check(&table.schema)?;
        Ok(Self { table, relation })
    }

    pub(super) fn schema(&self) -> &Arc<TableSchema> {
        &self.table.schema
    }

    /// What stands behind FROM.
    pub(super) fn from(&self) -> String {
        sql::from(self.schema().id())
    }

    /// What the catalog says about a column of the plan.
    pub(super) fn column(&self, position: usize) -> Result<&CatalogColumn> {
        let name = self.schema().columns().get(position).map(|column| column.name.as_str());
        let found = self.relation.columns.iter().find(|column| Some(column.name.as_str()) == name);
        found.ok_or_else(|| Error::internal(format!("there is no column {position}")).at(self.place()))
    }

    pub(super) fn comparisons(&self, columns: &[usize]) -> Result<Vec<Comparison>> {
        let one = |position: &usize| self.column(*position).map(|column| comparison(&column.base, &column.name));
        columns.iter().map(one).collect()
    }

    pub(super) fn place(&self) -> String {
        format!("table {}", self.schema().id())
    }
}

/// A select list and what each of its fields is for.
#[derive(Clone, Debug)]
pub(super) struct Projection {
    pub(super) schema: Arc<TableSchema>,
    pub(super) op: Op,
    /// How each selected field is read; more fields may follow these.
    pub(super) decoders: Vec<Decoder>,
    /// For each column of the table its field, if it is selected.
    pub(super) cells: Vec<Option<usize>>,
    /// The fields that tell a row's place in the order of reading.
    pub(super) order: Order,
    /// The field that tells whether the row meets the table's condition, where it has one and rows are not chosen by it.
    keep: Option<usize>,
    expressions: Vec<String>,
}

/// Where the parts of a [`Point`] stand among the fields.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    pub(super) fields: Vec<usize>,
    /// The columns that these are of.
    columns: Vec<usize>,
    id: Option<usize>,
}

impl Projection {
    /// Selects `columns`, and what is needed to tell a row's place in the order of `order`.
    pub(super) fn new(target: &Target, columns: &[usize], order: &[usize], op: Op) -> Result<Self> {
        let schema = Arc::clone(target.schema());
        let cells = vec![None; schema.columns().len()];
        let mut projection = Self {
            schema,
            op,
            decoders: Vec::new(),
            cells,
            order: Order::default(),
            keep: None,
            expressions: Vec::new(),
        };
        for position in columns {
            let column = target.column(*position)?;
            let field = match projection.schema.columns()[*position].read_as {
                Some(form) => field_as(&column.base, &column.name, form),
                None => field(&column.base, &column.name),
            };
            projection.cells[*position] = Some(projection.add(field.expression, field.decoder));
        }
        for position in order {
            let column = target.column(*position)?;
            let index = match projection.cells[*position] {
                // In another form it would not be the exact position.
                Some(index) if projection.schema.columns()[*position].read_as.is_none() => index,
                _ => {
                    let own = field(&column.base, &column.name);
                    projection.add(own.expression, own.decoder)
                }
            };
            projection.order.fields.push(index);
            projection.order.columns.push(*position);
        }
        projection.order.id = target.table.id.and_then(|id| order.iter().position(|column| *column == id));
        Ok(projection)
    }

    /// All columns of the table, and whether the row is one to keep: one that is not any more must vanish from the replica.
    pub(super) fn of_changes(target: &Target, order: &[usize]) -> Result<Self> {
        let mut projection = Self::of_rows(target, order)?;
        if let Some(filter) = &target.table.filter {
            projection.keep = Some(projection.expressions.len());
            projection.expressions.push(format!("({} IS TRUE)", operand(filter)));
        }
        Ok(projection)
    }

    /// All columns of the table.
    pub(super) fn of_rows(target: &Target, order: &[usize]) -> Result<Self> {
        let columns: Vec<_> = (0..target.schema().columns().len()).collect();
        Self::new(target, &columns, order, Op::Upsert)
    }

    fn add(&mut self, expression: String, decoder: Decoder) -> usize {
        self.expressions.push(expression);
        self.decoders.push(decoder);
        self.decoders.len() - 1
    }

    /// What stands behind SELECT; other fields may follow, from [`Projection::width`] on.
    pub(super) fn list(&self) -> String {
        self.expressions.join(", ")
    }

    /// How many fields are selected.
    pub(super) fn width(&self) -> usize {
        self.expressions.len()
    }

    /// Fails when the server sends a column in another form than expected: its type may have changed since it was asked for.
    pub(super) fn accept(&self, columns: &[Column]) -> Result<()> {
        for (column, decoder) in columns.iter().zip(&self.decoders) {
            if !decoder.accepts(column.column_type()) {
                let (name, native) = (column.name_str(), column.column_type());
                return Err(Error::schema(format!("column {name:?} comes as {native:?} now")).hint("plan it again"));
            }
        }
        Ok(())
    }

    /// Whether a row meets the table's condition.
    pub(super) fn keeps(&self, row: &Row) -> bool {
        self.keep.is_none_or(|index| matches!(row.as_ref(index), Some(Value::Int(1) | Value::UInt(1))))
    }

    /// The key of a row, as the one delete row of a batch; `None` where a cell of it can't be read.
    pub(super) fn key_of(&self, row: &Row) -> Option<RowBatch> {
        let mut key = RowBatch::new(Arc::clone(&self.schema));
        for (column, field) in self.cells.iter().enumerate() {
            match field.and_then(|index| Some((self.decoders[index], row.as_ref(index)?))) {
                Some((decoder, value)) if self.schema.key().contains(&column) && *value != Value::NULL => {
                    decoder.push(value, &mut key).ok()?;
                }
                _ => key.push_null(),
            }
        }
        key.end_row(Op::Delete).ok()?;
        Some(key)
    }

    /// The place of a row.
    pub(super) fn point(&self, row: &Row) -> Result<Point> {
        let text = |(index, column): (&usize, &usize)| {
            let mut text = String::new();
            let value = row.as_ref(*index).unwrap_or(&Value::NULL);
            let written = self.decoders[*index].write(value, &mut text);
            written.map(|()| text).map_err(|error| self.no_position(*column, &error))
        };
        let values: Vec<_> = self.order.fields.iter().zip(&self.order.columns).map(text).collect::<Result<_>>()?;
        let first = self.order.fields.first().and_then(|index| Some((self.decoders[*index], row.as_ref(*index)?)));
        let ms = first.and_then(|(decoder, value)| decoder.milliseconds(value));
        let id = self.order.id.and_then(|place| values.get(place).cloned());
        Ok(Point { values, ms, id })
    }

    #[cold]
    fn no_position(&self, column: usize, error: &Malformed) -> Error {
        let name = &self.schema.columns()[column].name;
        let message = format!("a row has no position, as its column {name:?} can't be read: {error}");
        Error::internal(message).at(format!("table {}", self.schema.id()))
    }
}
