//! What the information schema says about relations, and the statements that ask.

mod column;
mod digest;
mod index;
mod sql;

use std::collections::HashMap;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};
use sync_core::{Error, Index, RelationKind, Result, TableId, TableSchema};

use crate::error::from_server;
use crate::server::Flavor;
use crate::types::NativeType;
pub(crate) use digest::digest;

/// A table or view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(crate) id: TableId,
    pub(crate) kind: RelationKind,
    /// `InnoDB`; a view has none.
    pub(crate) engine: Option<String>,
    /// When it was made or rewritten, as the server shows it; a view was never.
    pub(crate) created: Option<String>,
    pub(crate) estimated_rows: Option<u64>,
    pub(crate) rights: Rights,
    pub(crate) columns: Vec<CatalogColumn>,
    pub(crate) key: Vec<String>,
    /// Whether `key` is the primary key, in whose order InnoDB keeps its rows.
    pub(crate) clustered: bool,
    /// Indexes beside that of the key.
    pub(crate) indexes: Vec<Index>,
}

/// What the login may do with a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    /// It may read all columns that it can see.
    pub(crate) select: bool,
    /// It may read some of them.
    pub(crate) select_some: bool,
}

/// A column and its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CatalogColumn {
    pub(crate) name: String,
    /// `COLUMN_TYPE`, with the character set where the type has one.
    pub(crate) native_type: String,
    pub(crate) not_null: bool,
    pub(crate) base: NativeType,
    /// Whether its collation compares texts byte by byte, and as their UTF-8 would.
    pub(crate) bytewise: bool,
    /// A digest of what its values depend on beside its name and type.
    pub(crate) shape: String,
    /// Whether the server computes it.
    pub(crate) generated: bool,
    /// Whether an INSERT that does not name it gives it the time.
    pub(crate) stamped_on_insert: bool,
    /// Whether an UPDATE that does not name it gives it the time.
    pub(crate) stamped_on_update: bool,
    /// Whether the login may read it.
    pub(crate) readable: bool,
}

/// All relations that this login can see, with their indexes. A handful of statements, however many tables there are.
pub(crate) async fn relations(connection: &mut Conn, flavor: Flavor) -> Result<Vec<Relation>> {
    query(connection, flavor, None).await
}

/// One relation, if it is there.
pub(crate) async fn relation(connection: &mut Conn, flavor: Flavor, id: &TableId) -> Result<Option<Relation>> {
    Ok(query(connection, flavor, Some(id)).await?.into_iter().next())
}

impl Relation {
    /// Fails unless the relation is what `planned` was made from. Columns that the plan does not have are not looked at: they were left
    /// out, or came since, and the next plan will tell.
    pub(crate) fn check(&self, planned: &TableSchema) -> Result<()> {
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
                    return changed(format!("what makes the values of column {:?} was changed", column.name));
                }
                Some(_) => {}
            }
        }
        let key = planned.key().iter().map(|position| &planned.columns()[*position].name);
        if !key.eq(&self.key) {
            return changed("its key is another one".to_owned());
        }
        Ok(())
    }
}

async fn query(connection: &mut Conn, flavor: Flavor, id: Option<&TableId>) -> Result<Vec<Relation>> {
    let mut found = ask(connection, sql::relations(id), id).await?.into_iter().map(relation_of).collect::<Vec<_>>();
    let place: HashMap<TableId, usize> =
        found.iter().enumerate().map(|(place, relation)| (relation.id.clone(), place)).collect();
    for mut row in ask(connection, sql::columns(flavor, id), id).await? {
        if let Some(place) = place.get(&id_of(&mut row)) {
            found[*place].columns.push(column::of(row));
        }
    }
    if flavor.has_json_checks() && any_column(&found, column::may_be_json) {
        for mut row in ask(connection, sql::json_checks(id), id).await? {
            if let Some(place) = place.get(&id_of(&mut row)) {
                column::mark_json(&mut found[*place].columns, &mut row);
            }
        }
    }
    if flavor.has_geometry_columns() && any_column(&found, column::is_geometry) {
        for mut row in ask(connection, sql::spaces(id), id).await? {
            if let Some(place) = place.get(&id_of(&mut row)) {
                column::set_srid(&mut found[*place].columns, &mut row);
            }
        }
    }
    let mut parts: HashMap<TableId, Vec<index::Part>> = HashMap::new();
    for mut row in ask(connection, sql::indexes(id), id).await? {
        parts.entry(id_of(&mut row)).or_default().push(index::part_of(&mut row));
    }
    for relation in &mut found {
        index::add(relation, parts.remove(&relation.id).unwrap_or_default());
        column::finish(relation);
    }
    Ok(found)
}

/// Whether it is worth the while to ask on.
fn any_column(relations: &[Relation], wanted: fn(&CatalogColumn) -> bool) -> bool {
    relations.iter().flat_map(|relation| &relation.columns).any(wanted)
}

async fn ask(connection: &mut Conn, statement: String, id: Option<&TableId>) -> Result<Vec<Row>> {
    let asked = match id {
        Some(id) => connection.exec(statement, (id.schema().unwrap_or_default(), id.name())).await,
        None => connection.query(statement).await,
    };
    asked.map_err(from_server)
}

fn relation_of(mut row: Row) -> Relation {
    let id = id_of(&mut row);
    let table_type = text(&mut row, 2).unwrap_or_default();
    let partitioned = text(&mut row, 5).is_some_and(|options| options.contains("partitioned"));
    Relation {
        id,
        kind: match table_type.as_str() {
            "VIEW" | "SYSTEM VIEW" => RelationKind::View,
            _ if partitioned => RelationKind::PartitionedTable,
            _ => RelationKind::Table,
        },
        engine: text(&mut row, 3),
        estimated_rows: number(&mut row, 4),
        created: text(&mut row, 6),
        rights: Rights { select: false, select_some: false },
        columns: Vec::new(),
        key: Vec::new(),
        clustered: false,
        indexes: Vec::new(),
    }
}

/// Every statement begins with the database and the table.
fn id_of(row: &mut Row) -> TableId {
    TableId::new(text(row, 0).unwrap_or_default(), text(row, 1).unwrap_or_default())
}

fn text(row: &mut Row, index: usize) -> Option<String> {
    match row.take::<Value, _>(index)? {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        other => Some(other.as_sql(false).trim_matches('\'').to_owned()),
    }
}

fn number<T: std::str::FromStr>(row: &mut Row, index: usize) -> Option<T> {
    text(row, index)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::{Column, DataType};

    fn live() -> Relation {
        let column = |name: &str, native: &str| CatalogColumn {
            name: name.to_owned(),
            native_type: native.to_owned(),
            not_null: true,
            base: NativeType::default(),
            bytewise: false,
            shape: "1".to_owned(),
            generated: false,
            stamped_on_insert: false,
            stamped_on_update: false,
            readable: true,
        };
        Relation {
            id: TableId::new("shop", "t"),
            kind: RelationKind::Table,
            engine: None,
            created: None,
            estimated_rows: None,
            rights: Rights { select: true, select_some: true },
            columns: vec![column("id", "int(11)"), column("name", "text")],
            key: vec!["id".to_owned()],
            clustered: true,
            indexes: Vec::new(),
        }
    }

    fn planned(kind: RelationKind, columns: &[(&str, &str, &str)], key: &[&str]) -> TableSchema {
        let mut builder = TableSchema::builder(TableId::new("shop", "t")).kind(kind).key(key.to_vec());
        for (name, native, shape) in columns {
            builder =
                builder.column(Column::new(*name, DataType::Integer).native_type(*native).shape(*shape).not_null());
        }
        builder.build().unwrap()
    }

    #[test]
    fn what_the_plan_knows_otherwise_is_named() {
        let same = [("id", "int(11)", "1"), ("name", "text", "")];
        live().check(&planned(RelationKind::Table, &same, &["id"])).unwrap();
        for (planned, text) in [
            (planned(RelationKind::View, &same, &["id"]), "it was replaced by another kind of relation"),
            (
                planned(RelationKind::Table, &[("id", "int(11)", "1"), ("x", "int", "")], &["id"]),
                "column \"x\" is gone",
            ),
            (
                planned(RelationKind::Table, &[("id", "bigint(20)", "1")], &["id"]),
                "column \"id\" was of type bigint(20) and is int(11) now",
            ),
            (
                planned(RelationKind::Table, &[("id", "int(11)", "2")], &["id"]),
                "what makes the values of column \"id\" was changed",
            ),
            (planned(RelationKind::Table, &same, &["name"]), "its key is another one"),
        ] {
            let error = live().check(&planned).unwrap_err().to_string();
            assert_eq!(error, format!("table shop.t: {text}; plan it again"));
        }
    }
}
