//! The fenced read: lock, then snapshot, then rows.
//!
//! A statement that waits behind an ALTER or a TRUNCATE with an older snapshot reads nothing, and says that it succeeded. So the lock
//! comes first; it takes no snapshot itself.

use std::sync::Arc;
use std::time::Duration;

use sync_core::{Error, RelationKind, Result, SourceTable, TableId};

use super::projection::Target;
use crate::catalog;
use crate::error::{from_server, timed_out};
use crate::pool::Pool;
use crate::session::Session;
use crate::sql;

/// A transaction with one snapshot of a table that is as planned.
#[derive(Debug)]
pub(super) struct Fence {
    pub(super) session: Session,
    pub(super) target: Target,
    pub(super) snapshot: Snapshot,
}

/// What a snapshot sees: all that ended before `xmin`, and nothing from `xmax` on. 64-bit transaction ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Snapshot {
    pub(super) xmin: u64,
    pub(super) xmax: u64,
}

const SNAPSHOT: &str = "SELECT pg_catalog.pg_current_snapshot()::text";

/// Locks the table, fixes a snapshot, and checks the table against its plan: one round trip.
pub(super) async fn enter(pool: &Pool, table: &Arc<SourceTable>) -> Result<Fence> {
    let id = table.schema.id();
    let session = Session::open(pool).await?;
    let client = session.client();
    let begin = begin(&session, table.schema.kind(), id);
    let limit = session.timeouts().statement;
    let entering = async {
        tokio::join!(
            biased;
            client.batch_execute(&begin),
            client.query_typed_one(SNAPSHOT, &[]),
            catalog::relation(client, id),
        )
    };
    let (begun, snapshot, relation) =
        tokio::time::timeout(limit, entering).await.map_err(|_| timed_out(limit, "lock the table"))?;
    begun.map_err(from_server)?;
    let snapshot = snapshot.and_then(|row| row.try_get::<_, String>(0)).map_err(from_server)?;
    let relation = relation?.ok_or_else(|| Error::schema("it is gone").hint("plan it again"))?;
    if is_view(table.schema.kind()) {
        // Functions inside may count on the login's own search path.
        crate::error::within(limit, "reset a setting", client.batch_execute("SET LOCAL search_path TO DEFAULT"))
            .await?;
    }
    let target = Target::new(Arc::clone(table), Arc::new(relation))?;
    Ok(Fence { snapshot: Snapshot::parse(&snapshot)?, session, target })
}

pub(super) fn is_view(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::View | RelationKind::MaterializedView)
}

/// Whether rows carry the transaction that wrote them, and the relation can be locked.
pub(super) fn is_heap(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::Table | RelationKind::PartitionedTable | RelationKind::Partition)
}

fn begin(session: &Session, kind: RelationKind, id: &TableId) -> String {
    let begin = session.begin("REPEATABLE READ", Duration::ZERO);
    if is_heap(kind) { format!("{begin}; LOCK TABLE {} IN ACCESS SHARE MODE", sql::table(id)) } else { begin }
}

impl Snapshot {
    fn parse(text: &str) -> Result<Self> {
        let mut parts = text.split(':').map(str::parse);
        match (parts.next(), parts.next()) {
            (Some(Ok(xmin)), Some(Ok(xmax))) => Ok(Self { xmin, xmax }),
            _ => Err(Error::internal(format!("{text:?} is no snapshot"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_are_64_bit() {
        let snapshot = Snapshot::parse("8589934593:8589934600:8589934595,8589934597").unwrap();
        assert_eq!(snapshot, Snapshot { xmin: 8_589_934_593, xmax: 8_589_934_600 });
        assert!(Snapshot::parse("").is_err());
    }
}
