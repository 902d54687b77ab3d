//! From the catalog's relations to the tables of the contract.

use sync_core::{Caveat, Column, RelationKind, Result, TableSchema};

use crate::catalog::{Relation, relations};
use crate::error::timed_out;
use crate::known::Known;
use crate::pool::Pool;
use crate::read::{Cover, covered};
use crate::session::Session;
use crate::sql;

/// Columns of relations that are kept for the polls to come. To ask for each table alone costs the server several milliseconds.
const KEPT: usize = 20_000;

/// All tables that this login can see, in all databases of the server but its own.
pub(crate) async fn discover(pool: &Pool, known: &Known) -> Result<Vec<TableSchema>> {
    let (mut found, account, cover) = look(pool).await.map_err(|error| error.at(pool.place()))?;
    let caveat = cover.caveat(&account, pool.timeouts().overlap);
    // A view whose tables are gone has no columns any more; nothing can be kept of it.
    found.retain(|relation| !relation.columns.is_empty());
    let schemas = found.iter().map(|relation| schema(relation, &account, &caveat)).collect::<Result<_>>()?;
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

async fn look(pool: &Pool) -> Result<(Vec<Relation>, String, Cover)> {
    let mut session = Session::open(pool).await?;
    let (limit, server) = (session.timeouts().statement, session.server());
    let looked = tokio::time::timeout(limit, relations(session.connection(), server.flavor)).await;
    let found = looked.map_err(|_| timed_out(limit, "list its tables"))??;
    let cover = covered(&mut session).await?;
    session.finish().await;
    Ok((found, server.account.clone(), cover))
}

fn schema(relation: &Relation, account: &str, caveat: &Caveat) -> Result<TableSchema> {
    let builder = TableSchema::builder(relation.id.clone()).kind(relation.kind).key(&relation.key);
    let mut builder = builder.caveat(caveat.clone());
    for found in &relation.columns {
        let column = Column::new(&found.name, found.base.data_type()).native_type(&found.native_type);
        let column = column.shape(&found.shape);
        builder = builder.column(if found.not_null { column.not_null() } else { column });
    }
    builder = relation.indexes.iter().fold(builder, |builder, index| builder.index(index.clone()));
    if let Some(rows) = relation.estimated_rows {
        builder = builder.estimated_rows(rows);
    }
    if let Some(caveat) = only_whole(relation) {
        builder = builder.only_whole(caveat);
    }
    if let Some(reason) = unreadable(relation, account) {
        builder = builder.unreadable(reason);
    }
    builder.build()
}

/// Only InnoDB shows a table as it was at one moment, while others write.
fn only_whole(relation: &Relation) -> Option<Caveat> {
    let engine = relation.engine.as_deref().filter(|engine| !engine.eq_ignore_ascii_case("InnoDB"))?;
    let table = sql::table(&relation.id);
    let caveat = |remedy| Caveat::new(format!("it is kept by {engine}"), remedy);
    (relation.kind != RelationKind::View).then(|| caveat(format!("run ALTER TABLE {table} ENGINE = InnoDB")))
}

fn unreadable(relation: &Relation, account: &str) -> Option<String> {
    if relation.rights.select {
        return None;
    }
    let what = if relation.rights.select_some { "only some columns of it" } else { "no row of it" };
    let table = sql::table(&relation.id);
    Some(format!("the login {account} may read {what}; run GRANT SELECT ON {table} TO {account}"))
}
