//! From the catalog's relations to the tables of the contract.

use sync_core::{Column, Result, TableSchema};

use crate::catalog::{Relation, relations};
use crate::error::{timed_out, within};
use crate::known::Known;
use crate::pool::Pool;
use crate::session::Session;
use crate::sql;

/// Columns of relations that are kept for the polls to come. To ask for each table alone costs the server several milliseconds.
const KEPT: usize = 20_000;

/// All tables that this login can see, in one snapshot of the catalog.
pub(crate) async fn discover(pool: &Pool, known: &Known) -> Result<Vec<TableSchema>> {
    let mut found = look(pool).await.map_err(|error| error.at(pool.place()))?;
    // PostgreSQL allows a table without columns; nothing can be kept of it.
    found.retain(|relation| !relation.columns.is_empty());
    let schemas = found.iter().map(schema).collect::<Result<_>>()?;
    let mut columns = 0;
    for relation in found {
        columns += relation.columns.len();
        if columns > KEPT {
            break;
        }
        let id = relation.id.clone();
        known.keep_relation(&id, Some(relation.into()));
    }
    Ok(schemas)
}

async fn look(pool: &Pool) -> Result<Vec<Relation>> {
    let session = Session::open(pool).await?;
    let limit = session.timeouts().statement;
    within(limit, "begin", session.client().batch_execute(&session.begin("REPEATABLE READ", limit))).await?;
    let looked = tokio::time::timeout(limit, relations(session.client())).await;
    let found = looked.map_err(|_| timed_out(limit, "list its tables"))??;
    session.finish().await;
    Ok(found)
}

fn schema(relation: &Relation) -> Result<TableSchema> {
    let mut builder = TableSchema::builder(relation.id.clone()).kind(relation.kind).key(relation.key(false));
    if relation.has_children {
        builder = builder.children(&relation.own_key);
    }
    for found in &relation.columns {
        let column = Column::new(&found.name, found.base.data_type()).native_type(&found.native_type);
        let column = column.shape(&found.shape);
        builder = builder.column(if found.not_null { column.not_null() } else { column });
    }
    builder = relation.indexes.iter().fold(builder, |builder, index| builder.index(index.clone()));
    let left_out = relation.left_out_indexes.iter().cloned();
    builder = left_out.fold(builder, |builder, index| builder.left_out_index(index));
    if let Some(rows) = relation.estimated_rows {
        // An estimate: the catalog itself keeps it as a 32-bit float.
        builder = builder.estimated_rows(rows as u64);
    }
    if let Some(extension) = &relation.extension {
        builder = builder.belongs_to(format!("extension {extension}"));
    }
    if let Some(reason) = unreadable(relation) {
        builder = builder.unreadable(reason);
    }
    builder.build()
}

fn unreadable(relation: &Relation) -> Option<String> {
    let rights = &relation.rights;
    let login = sql::quoted(&rights.login);
    let table = sql::table(&relation.id);
    let mut grants = Vec::new();
    if !rights.usage {
        grants.push(format!("GRANT USAGE ON SCHEMA {} TO {login}", sql::quoted(relation.id.schema()?)));
    }
    if !rights.select {
        grants.push(format!("GRANT SELECT ON {table} TO {login}"));
    }
    if !grants.is_empty() {
        let what = if rights.usage && rights.select_some { "only some columns of it" } else { "no row of it" };
        return Some(format!("the login {} may read {what}; run {}", rights.login, grants.join("; ")));
    }
    rights.rows_are_hidden.then(|| {
        format!(
            "row-level security hides rows of it from the login {}; run ALTER ROLE {login} BYPASSRLS as a superuser",
            rights.login
        )
    })
}
