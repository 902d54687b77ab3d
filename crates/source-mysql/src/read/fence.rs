//! The fenced read: a snapshot of all tables, then a lock on the definition of the one that is read.
//!
//! What changed the definition in between is noticed by the server, which refuses to show such a table in an older snapshot; from then on
//! nothing can change it until the transaction ends.

use std::sync::Arc;

use mysql_async::prelude::Queryable;
use sync_core::{Error, RelationKind, Result, SourceTable};

use super::arrival::Arrival;
use super::projection::Target;
use crate::catalog;
use crate::cursor::Origin;
use crate::error::within;
use crate::session::Session;
use crate::sql;

/// A transaction with one snapshot of a table that is as planned.
#[derive(Debug)]
pub(super) struct Fence {
    pub(super) session: Session,
    pub(super) target: Target,
    /// What a cursor remembers of the server once rows of this snapshot are stored.
    pub(super) origin: Origin,
    /// When the table was made.
    pub(super) created: Option<String>,
}

/// Takes the snapshot, keeps the table as it is, and checks it against its plan.
pub(super) async fn enter(arrival: Arrival, table: &Arc<SourceTable>) -> Result<Fence> {
    let Arrival { mut session, origin, created, .. } = arrival;
    session.begin().await?;
    let limit = session.timeouts().statement;
    if table.schema.kind() != RelationKind::View {
        within(limit, "open the table", session.connection().query_drop(touch(table))).await?;
    }
    let id = table.schema.id();
    let flavor = session.server().flavor;
    let asked = tokio::time::timeout(limit, catalog::relation(session.connection(), flavor, id)).await;
    let relation = asked.map_err(|_| crate::error::timed_out(limit, "describe the table"))??;
    let relation = relation.ok_or_else(|| Error::schema("it is gone").hint("plan it again"))?;
    let target = Target::new(Arc::clone(table), Arc::new(relation))?;
    Ok(Fence { session, target, origin, created })
}

/// A row must be looked at for the server to notice an older snapshot. A view could take long to find one, and is opened with its rows.
fn touch(table: &SourceTable) -> String {
    format!("SELECT 1 FROM {} LIMIT 1", sql::from(table.schema.id()))
}
