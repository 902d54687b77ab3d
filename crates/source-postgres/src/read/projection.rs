//! What a statement selects, and how its fields become cells and positions.
//!
//! Its sibling in the other driver looks alike on purpose and shares no code: each reads the fields of its own library's rows, cell by
//! cell, and an interface between would be paid for with each of them.

use std::sync::Arc;

use sync_core::{Error, Op, Result, RowBatch, SourceTable, TableSchema};

use super::filter::operand;
use crate::catalog::{CatalogColumn, Relation};
use crate::cursor::Point;
use crate::decode::{Decoder, Malformed};
use crate::sql;
use crate::types::{Comparison, as_text, comparison, field, field_as};

/// A planned table together with what the catalog says about it now.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) table: Arc<SourceTable>,
    pub(super) relation: Arc<Relation>,
}

impl Target {
    /// Fails unless the catalog agrees with the plan.
    pub(super) fn new(table: Arc<SourceTable>, relation: Arc<Relation>) -> Result<Self> {
        relation.check(&table)?;
        Ok(Self { table, relation })
    }

    pub(super) fn schema(&self) -> &Arc<TableSchema> {
        &self.table.schema
    }

    /// What stands behind FROM.
    pub(super) fn from(&self) -> String {
        sql::from(&self.table)
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

/// The fields of one row, in the binary form.
pub(super) trait Fields {
    /// All of them, one behind the other; `None` for NULL.
    fn all(&self) -> impl Iterator<Item = Option<&[u8]>>;

    /// A field; `None` for NULL, and for one that is not there.
    fn field(&self, index: usize) -> Option<&[u8]> {
        self.all().nth(index)?
    }

    /// Bytes that they came in.
    fn size(&self) -> usize;
}

/// A select list and what each of its fields is for.
#[derive(Clone, Debug)]
pub(super) struct Projection {
    pub(super) schema: Arc<TableSchema>,
    pub(super) op: Op,
    /// How each selected field is read; more fields may follow these.
    pub(super) decoders: Vec<Decoder>,
    /// For each column of the table its field, if it is selected, and how that is read. The fields come in the order of the columns.
    pub(super) cells: Vec<Option<(usize, Decoder)>>,
    /// The fields that tell a row's place in the order of reading.
    pub(super) order: Order,
    /// The field that tells whether the row meets the table's condition, where it has one and rows are not chosen by it.
    keep: Option<usize>,
    /// Whether the server's settings shape some field, so that they must be set before.
    pub(super) styled: bool,
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
            schema: Arc::clone(&schema),
            op,
            decoders: Vec::new(),
            cells,
            order: Order::default(),
            keep: None,
            styled: false,
            expressions: Vec::new(),
        };
        let mut columns = columns.to_vec();
        columns.sort_unstable();
        for position in columns {
            let column = target.column(position)?;
            let field = match schema.columns()[position].read_as {
                Some(form) => field_as(&column.base, &column.name, form),
                None => field(&column.base, &column.name),
            };
            projection.styled |= field.styled;
            projection.cells[position] = Some((projection.add(field.expression, field.decoder), field.decoder));
        }
        for position in order {
            let column = target.column(*position)?;
            let own = field(&column.base, &column.name);
            projection.styled |= own.styled || !own.castable;
            let index = match projection.cells[*position] {
                // In another form it would not be the exact position.
                Some((index, _)) if own.castable && schema.columns()[*position].read_as.is_none() => index,
                _ if own.castable => projection.add(own.expression, own.decoder),
                _ => projection.add(as_text(&sql::column(&column.name)), Decoder::Text),
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
            projection.keep = Some(projection.add(format!("({} IS TRUE)", operand(filter)), Decoder::Bool));
            // What it means may depend on a zone, a style, and where names are looked for.
            projection.styled = true;
        }
        Ok(projection)
    }

    /// Whether a row meets the table's condition.
    #[inline]
    pub(super) fn keeps(&self, fields: &impl Fields) -> bool {
        self.keep.is_none_or(|index| fields.field(index) == Some(&[1]))
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

    pub(super) fn list(&self) -> String {
        self.expressions.join(", ")
    }

    /// The key of a row, as the one delete row of a batch; `None` where a cell of it can't be read.
    pub(super) fn key_of(&self, fields: &impl Fields) -> Option<RowBatch> {
        let mut key = RowBatch::new(Arc::clone(&self.schema));
        for (column, field) in self.cells.iter().enumerate() {
            match field.and_then(|(index, decoder)| Some((decoder, fields.field(index)?))) {
                Some((decoder, raw)) if self.schema.key().contains(&column) => decoder.push(raw, &mut key).ok()?,
                _ => key.push_null(),
            }
        }
        key.end_row(Op::Delete).ok()?;
        Some(key)
    }

    /// The place of a row whose order fields are `raw`.
    pub(super) fn point<R: AsRef<[u8]>>(&self, raw: &[R]) -> Result<Point> {
        let text = |((index, column), raw): ((&usize, &usize), &R)| {
            let mut text = String::new();
            let written = self.decoders[*index].write(raw.as_ref(), &mut text);
            written.map(|()| text).map_err(|error| self.no_position(*column, &error))
        };
        let values: Vec<_> =
            self.order.fields.iter().zip(&self.order.columns).zip(raw).map(text).collect::<Result<_>>()?;
        let first = self.order.fields.first().zip(raw.first());
        let ms = first.and_then(|(index, raw)| self.decoders[*index].milliseconds(raw.as_ref()));
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
