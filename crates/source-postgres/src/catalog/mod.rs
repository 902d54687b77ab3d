//! What the system catalog says about relations, and the statements that ask.

mod index;
mod sql;

use std::collections::HashMap;
use std::sync::Arc;

use sync_core::{Error, Index, LeftOutIndex, RelationKind, Result, SourceTable, TableId};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};

use crate::cursor::{Leaf, Leaves};
use crate::error::from_server;
use crate::types::NativeType;

/// A table, view or the like.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    pub(crate) oid: u32,
    pub(crate) id: TableId,
    pub(crate) kind: RelationKind,
    /// Another one when the catalog says anything else of it; `None` where that can't be told.
    version: Option<String>,
    pub(crate) estimated_rows: Option<f64>,
    pub(crate) rights: Rights,
    /// The extension that it is a member of.
    pub(crate) extension: Option<String>,
    pub(crate) columns: Vec<CatalogColumn>,
    /// The key of its own rows.
    pub(crate) own_key: Vec<String>,
    /// Whether other tables inherit from it; no key spans their rows and its own.
    pub(crate) has_children: bool,
    /// Indexes beside that of the key; only where all relations were asked for.
    pub(crate) indexes: Vec<Index>,
    /// Those that a replica can't have.
    pub(crate) left_out_indexes: Vec<LeftOutIndex>,
}

/// What the login may do with a relation.
#[derive(Clone, Debug)]
pub(crate) struct Rights {
    pub(crate) usage: bool,
    pub(crate) select: bool,
    pub(crate) select_some: bool,
    pub(crate) rows_are_hidden: bool,
    pub(crate) login: String,
}

/// A column and the type below all domains.
#[derive(Clone, Debug)]
pub(crate) struct CatalogColumn {
    pub(crate) name: String,
    pub(crate) native_type: String,
    pub(crate) not_null: bool,
    pub(crate) base: NativeType,
    /// Whether its collation compares texts byte by byte.
    pub(crate) bytewise: bool,
    /// A digest of what its values depend on beside its name and type.
    pub(crate) shape: String,
}

/// All relations that this login can see, with their indexes. Four statements, sent at once, however many tables there are.
pub(crate) async fn relations(client: &Client) -> Result<Vec<Relation>> {
    let (relations, indexes) = tokio::join!(biased; query(client, None), client.query_typed(sql::INDEXES, &[]));
    let mut found = relations?;
    index::add(&mut found, &indexes.map_err(from_server)?).map_err(from_server)?;
    Ok(found)
}

/// The tables that hold a relation's rows.
pub(crate) async fn leaves(client: &Client, table: &SourceTable) -> Result<Leaves> {
    let (schema, name) = (table.schema.id().schema(), table.schema.id().name());
    let parameters = [(&schema as _, Type::TEXT), (&name as _, Type::TEXT), (&table.alone as _, Type::BOOL)];
    let rows = client.query_typed(sql::LEAVES, &parameters).await.map_err(from_server)?;
    rows.iter().map(leaf_of).collect::<Result<_, _>>().map_err(from_server)
}

/// Where a table keeps its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// In its rows' own pages.
    pub(crate) inside: i64,
    /// In the pages to which wide values are moved.
    pub(crate) outside: i64,
}

/// The sizes of the tables that hold a relation's rows, together.
pub(crate) async fn sizes(client: &Client, leaves: &Leaves) -> Result<Sizes> {
    let oids: Vec<u32> = leaves.oids().collect();
    let row = client.query_typed_one(sql::SIZES, &[(&oids as _, Type::OID_ARRAY)]).await.map_err(from_server)?;
    let size = |index| row.try_get(index).map_err(from_server);
    Ok(Sizes { inside: size(0)?, outside: size(1)? })
}

/// One relation, if it is there.
pub(crate) async fn relation(client: &Client, id: &TableId) -> Result<Option<Arc<Relation>>> {
    Ok(query(client, Some(id)).await?.into_iter().next().map(Arc::new))
}

/// As [`relation`]; where nothing was changed since it was `known`, that one.
pub(crate) async fn relation_since(
    client: &Client,
    id: &TableId,
    known: Option<Arc<Relation>>,
) -> Result<Option<Arc<Relation>>> {
    if let Some(known) = known.filter(|known| known.version.is_some()) {
        let parameters = [(&id.schema() as _, Type::TEXT), (&id.name() as _, Type::TEXT)];
        let version = client.query_typed(&sql::version(), &parameters).await.map_err(from_server)?;
        let version =
            version.first().map(|row| row.try_get::<_, Option<String>>(0)).transpose().map_err(from_server)?;
        if version.flatten() == known.version {
            return Ok(Some(known));
        }
    }
    relation(client, id).await
}

impl Relation {
    /// The key of all rows that are read: with those of tables that inherit from it, or `alone`.
    pub(crate) fn key(&self, alone: bool) -> &[String] {
        if self.has_children && !alone { &[] } else { &self.own_key }
    }

    /// Fails unless the relation is what `planned` was made from. Columns that the plan does not have are not looked at: they were left
    /// out, or came since, and the next plan will tell.
    pub(crate) fn check(&self, table: &SourceTable) -> Result<()> {
        let planned = &table.schema;
        let changed =
            |what: String| Err(Error::schema(what).at(format!("table {}", planned.id())).hint("plan it again"));
        if self.kind != planned.kind() {
            return changed("it was replaced by another kind of relation".to_owned());
        }
        for column in planned.columns() {
            match self.columns.iter().find(|live| live.name == column.name) {
                None => return changed(format!("column {:?} is gone", column.name)),
                Some(live) if live.native_type != column.native_type => {
                    let (name, was, is) = (&column.name, &column.native_type, &live.native_type);
                    return changed(format!("column {name:?} was of type {was} and is {is} now"));
                }
                // Whoever made the plan by hand may not know the shape.
                Some(live) if !column.shape.is_empty() && live.shape != column.shape => {
                    let name = &column.name;
                    return changed(format!("column {name:?} was made anew, or a type that it has was changed"));
                }
                Some(_) => {}
            }
        }
        let key = planned.key().iter().map(|position| &planned.columns()[*position].name);
        if !key.eq(self.key(table.alone)) {
            return changed("its key is another one".to_owned());
        }
        Ok(())
    }
}

async fn query(client: &Client, id: Option<&TableId>) -> Result<Vec<Relation>> {
    let (schema, name) = (id.and_then(TableId::schema), id.map(TableId::name));
    let parameters = [(&schema as _, Type::TEXT), (&name as _, Type::TEXT)];
    let described = sql::relations();
    let (relations, columns, keys) = tokio::join!(
        biased;
        client.query_typed(&described, &parameters),
        client.query_typed(sql::COLUMNS, &parameters),
        client.query_typed(sql::KEYS, &parameters),
    );
    assemble(relations, columns, keys).map_err(from_server)
}

type Rows = Result<Vec<Row>, tokio_postgres::Error>;

fn assemble(relations: Rows, columns: Rows, keys: Rows) -> Result<Vec<Relation>, tokio_postgres::Error> {
    let mut found = relations?.iter().map(relation_of).collect::<Result<Vec<_>, _>>()?;
    let place: HashMap<_, _> = found.iter().enumerate().map(|(i, relation)| (relation.oid, i)).collect();
    for row in columns? {
        if let Some(place) = place.get(&row.try_get::<_, u32>(0)?) {
            found[*place].columns.push(column_of(&row)?);
        }
    }
    for row in keys? {
        if let Some(place) = place.get(&row.try_get::<_, u32>(0)?) {
            found[*place].own_key = row.try_get(1)?;
        }
    }
    Ok(found)
}

fn relation_of(row: &Row) -> Result<Relation, tokio_postgres::Error> {
    // A privilege of something dropped in the meantime is NULL.
    let right = |index: usize| row.try_get::<_, Option<bool>>(index).map(|right| right.unwrap_or(false));
    Ok(Relation {
        oid: row.try_get(0)?,
        id: TableId::new(row.try_get::<_, String>(1)?, row.try_get::<_, String>(2)?),
        kind: kind(row.try_get(3)?, row.try_get(4)?),
        estimated_rows: row.try_get(5)?,
        rights: Rights {
            usage: right(6)?,
            select: right(7)?,
            select_some: right(8)?,
            rows_are_hidden: right(9)?,
            login: row.try_get(10)?,
        },
        extension: row.try_get(11)?,
        columns: Vec::new(),
        own_key: Vec::new(),
        has_children: row.try_get(12)?,
        version: row.try_get(13)?,
        indexes: Vec::new(),
        left_out_indexes: Vec::new(),
    })
}

fn leaf_of(row: &Row) -> Result<(u32, Leaf), tokio_postgres::Error> {
    let kind = row.try_get::<_, &str>(2)?.bytes().next().unwrap_or(b'?');
    Ok((row.try_get(0)?, Leaf { file: row.try_get(1)?, kind, method: row.try_get(3)? }))
}

fn kind(letter: &str, partition: bool) -> RelationKind {
    match letter {
        "v" => RelationKind::View,
        "m" => RelationKind::MaterializedView,
        "f" => RelationKind::ForeignTable,
        _ if partition => RelationKind::Partition,
        "p" => RelationKind::PartitionedTable,
        _ => RelationKind::Table,
    }
}

fn column_of(row: &Row) -> Result<CatalogColumn, tokio_postgres::Error> {
    Ok(CatalogColumn {
        name: row.try_get(1)?,
        not_null: row.try_get(2)?,
        native_type: row.try_get(3)?,
        base: NativeType {
            name: row.try_get(4)?,
            builtin: row.try_get(5)?,
            class: row.try_get::<_, &str>(6)?.bytes().next().unwrap_or(b'?'),
            category: row.try_get::<_, &str>(7)?.bytes().next().unwrap_or(b'?'),
            array: row.try_get(8)?,
            modifier: row.try_get(9)?,
            cast: row.try_get(10)?,
        },
        shape: format!("{:016x}", row.try_get::<_, i64>(11)?),
        bytewise: row.try_get(12)?,
    })
}
