//! Which columns of a table are kept, in which form, and under which name.

use std::sync::Arc;

use super::indexes::carried_over;
use super::{ColumnSettings, Mask, Numeric, OnSchemaChange, ReadAs, TableSettings};
use crate::fingerprint::fingerprint;
use crate::{Checkpoint, Column, DataType, Error, ReplicaTable, SourceTable, TablePlan, TableSchema};

/// The columns of one table as they are wanted.
#[derive(Debug)]
pub(super) struct PlannedColumns {
    /// What is read of the source.
    pub(super) read: TableSchema,
    /// What the replica holds, column by column.
    pub(super) kept: TableSchema,
    /// Columns, as positions, whose values are not to be seen.
    pub(super) masks: Vec<(usize, Mask)>,
}

/// Holds the settings against the columns; all problems at once.
pub(super) fn plan_columns(schema: &TableSchema, settings: &TableSettings) -> Result<PlannedColumns, Vec<Error>> {
    let mut problems = unknown(schema, settings);
    let (mut read, mut kept, mut masks) = (Vec::new(), Vec::new(), Vec::new());
    for (position, column) in schema.columns().iter().enumerate() {
        let wish = settings.columns.get(&column.name).cloned().unwrap_or_default();
        let in_key = schema.key().contains(&position);
        let left_out = wish.exclude.unwrap_or(false)
            || settings.only_columns.as_ref().is_some_and(|only| !only.contains(&column.name));
        problems.extend(impossible(column, &wish, in_key, left_out));
        if left_out {
            continue;
        }
        let chosen = if in_key { None } else { wish.read_as.or_else(|| numeric(column, settings.numeric)) };
        let column =
            Column { read_as: chosen, data_type: chosen.map_or(column.data_type, data_type), ..column.clone() };
        let mut renamed = Column { name: wish.rename.unwrap_or_else(|| column.name.clone()), ..column.clone() };
        if let Some(mask) = wish.mask {
            masks.push((read.len(), mask));
            if mask == Mask::Hash {
                renamed.data_type = DataType::Text;
            }
        }
        read.push(column);
        kept.push(renamed);
    }
    problems.extend(twice(&kept));
    if read.is_empty() && problems.is_empty() {
        problems.push(Error::config("all its columns are left out").hint("leave the table out of `tables`"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let new_name = |name: &str, columns: &[Column]| {
        read.iter().position(|read| read.name == name).map(|position| columns[position].name.clone())
    };
    let key = |columns: &[Column]| -> Vec<String> {
        schema.key().iter().filter_map(|column| new_name(&schema.columns()[*column].name, columns)).collect()
    };
    let (indexes, left_out) = if settings.indexes.unwrap_or(true) {
        carried_over(schema, &key(&kept), &read, &masks, |name| new_name(name, &kept))
    } else {
        Default::default()
    };
    let planned = || -> crate::Result<_> {
        let (key_kept, key_read) = (key(&kept), key(&read));
        let kept = schema.with_columns(kept.clone(), key_kept, indexes)?.with_left_out_indexes(left_out);
        let read = schema.with_columns(read.clone(), key_read, schema.indexes().to_vec())?;
        Ok(PlannedColumns { kept, read, masks })
    };
    planned().map_err(|error| vec![error])
}

impl TablePlan {
    /// The plan without columns that came since the table was copied, where they are not to be followed.
    pub(crate) fn frozen(&self, stored: &Checkpoint) -> Option<Self> {
        if self.on_schema_change != OnSchemaChange::Freeze {
            return None;
        }
        let narrowed = self.narrowed(&stored.upkeep.columns)?;
        (narrowed.fingerprint == stored.fingerprint).then_some(narrowed)
    }

    /// The same plan for these columns alone, in their order; `None` when one of them is gone or the key needs another.
    fn narrowed(&self, columns: &[String]) -> Option<Self> {
        let schema = &self.source.schema;
        let places = columns.iter().map(|name| schema.position(name)).collect::<Option<Vec<_>>>()?;
        let narrow = |schema: &TableSchema| {
            let chosen: Vec<Column> = places.iter().map(|place| schema.columns()[*place].clone()).collect();
            let key = schema.key().iter().map(|place| schema.columns()[*place].name.clone()).collect();
            schema.with_columns(chosen, key, schema.indexes().to_vec()).ok()
        };
        let moved = |old: usize| places.iter().position(|place| *place == old);
        let (read, kept) = (narrow(schema)?, narrow(&self.replica.schema)?);
        let (timestamp, id) = (self.source.timestamp, self.source.id);
        let source = SourceTable { schema: Arc::new(read), ..(*self.source).clone() }
            .cursor_columns(timestamp.and_then(moved), id.and_then(moved));
        let masks = self.masks.iter().filter_map(|(column, mask)| Some((moved(*column)?, *mask))).collect::<Vec<_>>();
        Some(Self {
            fingerprint: fingerprint(&source, &kept, &masks),
            source: Arc::new(source),
            replica: ReplicaTable { schema: Arc::new(kept), ..self.replica.clone() },
            masks,
            ..self.clone()
        })
    }
}

/// Settings of columns that are not there.
fn unknown(schema: &TableSchema, settings: &TableSettings) -> Vec<Error> {
    let named = settings.columns.keys().map(|name| ("columns", name));
    let only = settings.only_columns.iter().flatten().map(|name| ("only_columns", name));
    let missing = named.chain(only).filter(|(_, name)| schema.position(name).is_none());
    missing.map(|(key, name)| super::table::no_column(schema, key, name)).collect()
}

fn impossible(column: &Column, wish: &ColumnSettings, in_key: bool, left_out: bool) -> Option<Error> {
    let name = &column.name;
    if in_key && left_out {
        let error = Error::config(format!("column {name:?} is left out, and it is part of the key"));
        return Some(error.hint("keep it, or read a view that has no such column"));
    }
    if in_key && (wish.mask.is_some() || wish.read_as.is_some()) {
        let error = Error::config(format!("column {name:?} is part of the key, by which rows are found at the source"));
        return Some(error.hint("leave its `as` and `mask` out"));
    }
    let read_as = wish.read_as.filter(|read_as| !can_be_read(column.data_type, *read_as))?;
    let native = if column.native_type.is_empty() { "this type" } else { &column.native_type };
    let form = read_as.as_str();
    Some(
        Error::config(format!("columns.{name}.as = {form:?} is not possible: a column of type {native} is no number"))
            .hint("use \"text\", or leave it out"),
    )
}

/// Columns that would have one name in the replica, where names know no case.
fn twice(kept: &[Column]) -> Option<Error> {
    let same = |column: &Column, other: &Column| column.name.eq_ignore_ascii_case(&other.name);
    let (_, column) =
        kept.iter().enumerate().find(|(position, column)| kept[..*position].iter().any(|other| same(column, other)))?;
    let error = Error::config(format!("two of its columns would be called {:?} in the replica", column.name));
    Some(error.hint("give one of them another name with columns.NAME.rename"))
}

fn can_be_read(from: DataType, read_as: ReadAs) -> bool {
    let is_number = matches!(
        from,
        DataType::Boolean
            | DataType::Integer
            | DataType::UnsignedInteger
            | DataType::Real
            | DataType::Decimal { .. }
            | DataType::Number
    );
    read_as == ReadAs::Text || is_number
}

fn numeric(column: &Column, choice: Option<Numeric>) -> Option<ReadAs> {
    let is_decimal = matches!(column.data_type, DataType::Decimal { .. } | DataType::Number);
    match choice {
        Some(Numeric::Text) if is_decimal => Some(ReadAs::Text),
        Some(Numeric::Real) if is_decimal => Some(ReadAs::Real),
        _ => None,
    }
}

fn data_type(read_as: ReadAs) -> DataType {
    match read_as {
        ReadAs::Text => DataType::Text,
        ReadAs::Real => DataType::Real,
        ReadAs::Integer => DataType::Integer,
    }
}
