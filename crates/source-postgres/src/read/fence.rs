//! The fenced read: lock, then snapshot, then rows.
//!
//! A statement that waits behind an ALTER or a TRUNCATE with an older snapshot reads nothing, and says that it succeeded. So the lock
//! comes first; it takes no snapshot itself.

use std::sync::Arc;
use std::time::Duration;

use sync_core::{Error, RelationKind, Result, SourceTable};

use super::arrival::{Arrival, arrive};
use super::projection::Target;
use crate::catalog;
use crate::cursor::{Leaves, Origin};
use crate::error::{from_server, timed_out};
use crate::known::Known;
use crate::pool::Pool;
use crate::server::{ENDPOINT, Snapshot};
use crate::session::Session;
use crate::sql;

/// A transaction with one snapshot of a table that is as planned.
#[derive(Debug)]
pub(super) struct Fence {
    pub(super) session: Session,
    pub(super) target: Target,
    pub(super) snapshot: Snapshot,
    /// What a cursor remembers of the server once rows of this snapshot are stored.
    pub(super) origin: Origin,
    /// The tables that hold the rows.
    pub(super) leaves: Leaves,
    /// By what it can be seen that nothing was written since; from before the snapshot, as a counter may be late but never early.
    pub(super) writes: Option<String>,
    /// The whole server's snapshot, if nobody was under way.
    pub(super) quiet: Option<String>,
}

/// Asks who the server is, then locks the table, fixes a snapshot, and checks the table against its plan: two round trips, and a third
/// where the table was changed since it was looked at last. `before` is where the rows read so far came from.
pub(super) async fn enter(
    pool: &Pool,
    known: &Known,
    table: &Arc<SourceTable>,
    before: Option<&Origin>,
) -> Result<Fence> {
    let id = table.schema.id();
    let Arrival { session, server, writes } = arrive(pool, known, id, before).await?;
    let client = session.client();
    let begin = begin(&session, table);
    let limit = session.timeouts().statement;
    let snapshot = format!("SELECT pg_catalog.pg_current_snapshot()::text, {ENDPOINT}");
    let entering = async {
        tokio::join!(
            biased;
            client.batch_execute(&begin),
            client.query_typed_one(&snapshot, &[]),
            catalog::relation_since(client, id, known.relation(id)),
            catalog::leaves(client, table),
        )
    };
    let (begun, fixed, relation, leaves) =
        tokio::time::timeout(limit, entering).await.map_err(|_| timed_out(limit, "lock the table"))?;
    begun.map_err(from_server)?;
    let fixed = fixed.map_err(from_server)?;
    let text = fixed.try_get(0).map_err(from_server)?;
    let snapshot = Snapshot::parse(text)?;
    if fixed.try_get::<_, &str>(1).map_err(from_server)? != server.endpoint {
        let error = Error::interrupted("the connection led to one server first and to another then");
        return Err(error.hint("it is tried again; give the address of a server, not of a group"));
    }
    let relation = relation?.ok_or_else(|| Error::schema("it is gone").hint("plan it again"))?;
    if is_view(table.schema.kind()) {
        // Functions inside may count on the login's own search path.
        crate::error::within(limit, "reset a setting", client.batch_execute("SET LOCAL search_path TO DEFAULT"))
            .await?;
    }
    let target = Target::new(Arc::clone(table), relation)?;
    let origin = before.map_or_else(|| Origin::new(&server, snapshot), |before| before.and(&server, snapshot));
    let writes = writes.map(|writes| super::written(&writes, &table.schema));
    let quiet = server.quiet_in(snapshot, text);
    Ok(Fence { session, target, snapshot, origin, leaves: leaves?, writes, quiet })
}

pub(super) fn is_view(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::View | RelationKind::MaterializedView)
}

/// Whether rows carry the transaction that wrote them.
pub(super) fn is_heap(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::Table | RelationKind::PartitionedTable | RelationKind::Partition)
}

/// With a view, the tables that it reads are locked too. What else there is can't be locked: what a refresh puts into a materialized
/// view is seen by every snapshot, and a foreign table's rows are not of this server.
fn begin(session: &Session, table: &SourceTable) -> String {
    let begin = session.begin("REPEATABLE READ", Duration::ZERO);
    if matches!(table.schema.kind(), RelationKind::MaterializedView | RelationKind::ForeignTable) {
        return begin;
    }
    format!("{begin}; LOCK TABLE {} IN ACCESS SHARE MODE", sql::relation(table))
}
