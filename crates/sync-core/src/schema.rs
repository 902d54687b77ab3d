//! Tables, columns and keys: checked when built, so that nothing later has to check them again.

use std::fmt;

use crate::plan::ReadAs;
use crate::{DataType, Error, Index, LeftOutIndex, Result};

/// A table as the source names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId {
    schema: Option<String>,
    name: String,
}

impl TableId {
    /// A table in a schema.
    #[must_use]
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: Some(schema.into()), name: name.into() }
    }

    /// A table of a source that has no schemas.
    #[must_use]
    pub fn unqualified(name: impl Into<String>) -> Self {
        Self { schema: None, name: name.into() }
    }

    /// The schema, where the source has such a thing.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The name within the schema.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.name)
    }
}

/// One column of a table.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, exactly as the source spells it.
    pub name: String,
    /// What it holds.
    pub data_type: DataType,
    /// The source's own name of the type, for people: `numeric(12,2)`.
    pub native_type: String,
    /// Whether the source lets it be NULL.
    pub nullable: bool,
    /// Whatever else the source's values depend on, as a text that is only compared: a column dropped and made again under its name, a
    /// label of an enumeration renamed. A table of which a column's shape changed is copied again.
    pub shape: String,
    /// The form in which it is to be read because somebody chose so; `data_type` is of that form then, `native_type` stays.
    pub read_as: Option<ReadAs>,
}

impl Column {
    /// A column that may be NULL.
    #[must_use]
    pub fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Self {
            name: name.into(),
            data_type,
            native_type: String::new(),
            nullable: true,
            shape: String::new(),
            read_as: None,
        }
    }

    /// Names the type as the source does.
    #[must_use]
    pub fn native_type(mut self, native_type: impl Into<String>) -> Self {
        self.native_type = native_type.into();
        self
    }

    /// Says what else its values depend on.
    #[must_use]
    pub fn shape(mut self, shape: impl Into<String>) -> Self {
        self.shape = shape.into();
        self
    }

    /// Says that the source never stores NULL here.
    #[must_use]
    pub fn not_null(mut self) -> Self {
        self.nullable = false;
        self
    }
}

/// What kind of thing a [`TableSchema`] describes.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// A plain table, or one whose parts the source hides.
    #[default]
    Table,
    /// A table that is read through its partitions.
    PartitionedTable,
    /// A part of a partitioned table; patterns leave it out, as its rows come with the whole.
    Partition,
    /// A query that the source runs anew at each read.
    View,
    /// A query whose result the source keeps.
    MaterializedView,
    /// A table that lives in another server.
    ForeignTable,
}

/// Why less is promised of a table's replica than could be, as the source knows it.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caveat {
    /// What stands against it, as half a sentence: `it is kept by MyISAM`.
    pub reason: String,
    /// What would lift it, as half a sentence: `run ALTER TABLE t ENGINE = InnoDB`.
    pub remedy: String,
}

impl Caveat {
    /// A reason and its remedy.
    #[must_use]
    pub fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { reason: reason.into(), remedy: remedy.into() }
    }
}

/// A table of a source: its columns, in the source's order, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSchema {
    id: TableId,
    kind: RelationKind,
    columns: Vec<Column>,
    key: Vec<usize>,
    estimated_rows: Option<u64>,
    unreadable: Option<String>,
    indexes: Vec<Index>,
    caveat: Option<Caveat>,
    only_whole: Option<Caveat>,
    belongs_to: Option<String>,
    own_key: Option<Vec<usize>>,
    left_out_indexes: Vec<LeftOutIndex>,
}

impl TableSchema {
    /// Starts to describe a table.
    ///
    /// ```
    /// use sync_core::{Column, DataType, TableId, TableSchema};
    /// let users = TableSchema::builder(TableId::new("public", "users"))
    ///     .column(Column::new("id", DataType::Integer).not_null())
    ///     .column(Column::new("name", DataType::Text))
    ///     .key(["id"])
    ///     .build()?;
    /// assert_eq!(users.key(), [0]);
    /// # Ok::<(), sync_core::Error>(())
    /// ```
    pub fn builder(id: TableId) -> TableSchemaBuilder {
        TableSchemaBuilder {
            id,
            kind: RelationKind::default(),
            columns: Vec::new(),
            key: Vec::new(),
            estimated_rows: None,
            unreadable: None,
            indexes: Vec::new(),
            caveat: None,
            only_whole: None,
            belongs_to: None,
            own_key: None,
            left_out_indexes: Vec::new(),
        }
    }

    /// The table's name at the source.
    #[must_use]
    pub fn id(&self) -> &TableId {
        &self.id
    }

    /// The same table with other columns and indexes.
    pub(crate) fn with_columns(&self, columns: Vec<Column>, key: Vec<String>, indexes: Vec<Index>) -> Result<Self> {
        let Self { id, kind, estimated_rows, unreadable, caveat, only_whole, belongs_to, left_out_indexes, .. } =
            self.clone();
        let own_key = self.has_children().then(Vec::new);
        let given = TableSchemaBuilder {
            id,
            kind,
            columns,
            key,
            estimated_rows,
            unreadable,
            indexes,
            caveat,
            only_whole,
            belongs_to,
            own_key,
            left_out_indexes,
        };
        given.build()
    }

    /// What kind of relation it is.
    #[must_use]
    pub fn kind(&self) -> RelationKind {
        self.kind
    }

    /// The columns; at least one, names distinct.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The position of the column of this name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The positions of the columns that identify a row, in key order; empty where the source proves no key.
    ///
    /// Of these the source enforces that they are never NULL and that no two rows have them equal: a primary key, or a plain
    /// unique index on NOT NULL columns.
    #[must_use]
    pub fn key(&self) -> &[usize] {
        &self.key
    }

    /// Whether keys can be put in one order everywhere: cell by cell, numbers by their value, texts and bytes byte by byte.
    ///
    /// Of other keys (a timestamp, a decimal number as its digits) the order of the texts is not that of the values.
    #[must_use]
    pub fn has_sortable_key(&self) -> bool {
        let sortable = |position: &usize| self.columns[*position].data_type.is_sortable();
        !self.key.is_empty() && self.key.iter().all(sortable)
    }

    /// Indexes that make reading quicker; they say nothing about the rows.
    #[must_use]
    pub fn indexes(&self) -> &[Index] {
        &self.indexes
    }

    /// Indexes that a replica can't have, and why.
    #[must_use]
    pub fn left_out_indexes(&self) -> &[LeftOutIndex] {
        &self.left_out_indexes
    }

    /// The same table with these.
    pub(crate) fn with_left_out_indexes(self, left_out_indexes: Vec<LeftOutIndex>) -> Self {
        Self { left_out_indexes, ..self }
    }

    /// About how many rows there are, for progress bars; `None` where nobody knows.
    #[must_use]
    pub fn estimated_rows(&self) -> Option<u64> {
        self.estimated_rows
    }

    /// Why this login can't read the table and what would change that; `None` when it can.
    #[must_use]
    pub fn unreadable(&self) -> Option<&str> {
        self.unreadable.as_deref()
    }

    /// Why some changes are not seen before the table is compared with its replica; `None` where the source's capabilities tell all.
    #[must_use]
    pub fn caveat(&self) -> Option<&Caveat> {
        self.caveat.as_ref()
    }

    /// Why the table can't be followed though it may have a key, and is read whole each time; `None` where it can.
    #[must_use]
    pub fn only_whole(&self) -> Option<&Caveat> {
        self.only_whole.as_ref()
    }

    /// Whether other tables inherit from this one, so that their rows are read with its own.
    #[must_use]
    pub fn has_children(&self) -> bool {
        self.own_key.is_some()
    }

    /// The same table with its own rows alone, and the key that these have; `None` where no other table inherits from it.
    #[must_use]
    pub fn without_children(&self) -> Option<Self> {
        let key = self.own_key.clone()?;
        Some(Self { key, own_key: None, ..self.clone() })
    }

    /// What made the table and looks after it, in words for people: `extension postgis`. Patterns leave such a table out, as its rows
    /// are not what somebody has a database for; by its name it can be had.
    #[must_use]
    pub fn belongs_to(&self) -> Option<&str> {
        self.belongs_to.as_deref()
    }
}

/// Collects what [`TableSchema::builder`] started.
#[derive(Clone, Debug)]
#[must_use]
pub struct TableSchemaBuilder {
    id: TableId,
    kind: RelationKind,
    columns: Vec<Column>,
    key: Vec<String>,
    estimated_rows: Option<u64>,
    unreadable: Option<String>,
    indexes: Vec<Index>,
    caveat: Option<Caveat>,
    only_whole: Option<Caveat>,
    belongs_to: Option<String>,
    own_key: Option<Vec<String>>,
    left_out_indexes: Vec<LeftOutIndex>,
}

impl TableSchemaBuilder {
    /// Adds a column after those already there.
    pub fn column(mut self, column: Column) -> Self {
        self.columns.push(column);
        self
    }

    /// Names the columns that identify a row; see [`TableSchema::key`].
    pub fn key<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.key = names.into_iter().map(Into::into).collect();
        self
    }

    /// Says what kind of relation it is.
    pub fn kind(mut self, kind: RelationKind) -> Self {
        self.kind = kind;
        self
    }

    /// Says about how many rows there are.
    pub fn estimated_rows(mut self, rows: u64) -> Self {
        self.estimated_rows = Some(rows);
        self
    }

    /// Says that this login can't read the table: why, and what would change that.
    pub fn unreadable(mut self, reason: impl Into<String>) -> Self {
        self.unreadable = Some(reason.into());
        self
    }

    /// Says why some changes are not seen before the table is compared with its replica.
    pub fn caveat(mut self, caveat: Caveat) -> Self {
        self.caveat = Some(caveat);
        self
    }

    /// Says why the table can only be read whole: its rows can't be read as of one moment, or not by their key.
    pub fn only_whole(mut self, caveat: Caveat) -> Self {
        self.only_whole = Some(caveat);
        self
    }

    /// Says what it belongs to; see [`TableSchema::belongs_to`].
    pub fn belongs_to(mut self, owner: impl Into<String>) -> Self {
        self.belongs_to = Some(owner.into());
        self
    }

    /// Says that other tables inherit from this one, whose rows are read with its own, and by which columns its own rows alone are
    /// identified, if by any. [`TableSchemaBuilder::key`] is about all of them together.
    pub fn children<N: Into<String>>(mut self, own_key: impl IntoIterator<Item = N>) -> Self {
        self.own_key = Some(own_key.into_iter().map(Into::into).collect());
        self
    }

    /// Adds an index. One on a column that is not there is left out when the table is built.
    pub fn index(mut self, index: Index) -> Self {
        self.indexes.push(index);
        self
    }

    /// Adds an index that a replica can't have.
    pub fn left_out_index(mut self, index: LeftOutIndex) -> Self {
        self.left_out_indexes.push(index);
        self
    }

    /// Checks what was collected.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for a table without columns;
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) for an empty name, a NUL in a name, a name that stands twice, and a key
    /// column that does not exist: a source that describes such a table has a bug.
    pub fn build(mut self) -> Result<TableSchema> {
        let place = format!("table {}", self.id);
        if self.columns.is_empty() {
            return Err(Error::unsupported("it has no columns").at(place).hint("leave it out of `tables`"));
        }
        let names = std::iter::once(&self.id.name).chain(self.columns.iter().map(|column| &column.name));
        for name in names {
            if name.is_empty() || name.contains('\0') {
                return Err(Error::internal(format!("{name:?} is no name")).at(place));
            }
        }
        let mut seen = std::collections::HashSet::new();
        if let Some(twice) = self.columns.iter().find(|column| !seen.insert(column.name.as_str())) {
            return Err(Error::internal(format!("column {:?} stands twice", twice.name)).at(place));
        }
        let key = positions(&self.columns, &self.key, &place)?;
        let own_key = self.own_key.as_deref().map(|key| positions(&self.columns, key, &place)).transpose()?;
        let is_there = |name: &str| self.columns.iter().any(|column| column.name == name);
        self.indexes.retain(|index| !index.parts.is_empty() && index.columns().all(is_there) && index.is_sayable());
        Ok(TableSchema {
            id: self.id,
            kind: self.kind,
            columns: self.columns,
            key,
            estimated_rows: self.estimated_rows,
            unreadable: self.unreadable,
            indexes: self.indexes,
            caveat: self.caveat,
            only_whole: self.only_whole,
            belongs_to: self.belongs_to,
            own_key,
            left_out_indexes: self.left_out_indexes,
        })
    }
}

/// Where the columns of a key stand.
fn positions(columns: &[Column], key: &[String], place: &str) -> Result<Vec<usize>> {
    let mut found = Vec::with_capacity(key.len());
    for name in key {
        match columns.iter().position(|column| &column.name == name) {
            Some(position) if !found.contains(&position) => found.push(position),
            Some(_) => return Err(Error::internal(format!("key column {name:?} stands twice")).at(place)),
            None => return Err(Error::internal(format!("key column {name:?} does not exist")).at(place)),
        }
    }
    Ok(found)
}

/// How the replica's table is brought to the shape of a [`TableSchema`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaChange {
    /// Make an empty build table, dropping one that is there; the published table, if any, stays readable.
    StartBuild,
    /// Drop the build table, if there is one.
    DropBuild,
    /// Give the published table the schema's indexes, and drop those that it had from the schema before. A replica without indexes has
    /// nothing to do.
    Indexes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn table() -> TableSchemaBuilder {
        TableSchema::builder(TableId::new("public", "t")).column(Column::new("id", DataType::Integer))
    }

    #[test]
    fn a_table_without_columns_is_refused_with_a_remedy() {
        let error = TableSchema::builder(TableId::new("public", "t")).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.to_string(), "table public.t: it has no columns; leave it out of `tables`");
    }

    #[test]
    fn a_schema_that_contradicts_itself_is_a_bug_of_the_source() {
        for (broken, text) in [
            (table().column(Column::new("id", DataType::Text)), "column \"id\" stands twice"),
            (table().key(["no"]), "key column \"no\" does not exist"),
            (table().key(["id", "id"]), "key column \"id\" stands twice"),
            (table().column(Column::new("", DataType::Text)), "\"\" is no name"),
            (table().column(Column::new("a\0b", DataType::Text)), "\"a\\0b\" is no name"),
        ] {
            let error = broken.build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Internal);
            assert_eq!(error.message(), text);
        }
    }

    #[test]
    fn names_that_differ_in_case_are_two_columns() {
        assert_eq!(table().column(Column::new("ID", DataType::Text)).build().unwrap().position("ID"), Some(1));
    }
}
