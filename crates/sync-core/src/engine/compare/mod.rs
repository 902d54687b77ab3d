//! A table's rows at the source and in the replica, compared without an order and in bounded memory.

mod buckets;
mod replica;

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::try_join;

pub(super) use buckets::{BucketSet, Buckets, RowHash, RowHasher};
pub(super) use replica::ReplicaRows;

use crate::engine::masked;
use crate::{CopyState, Next, ReadRequest, Replica, Result, Row, RowBatch, Scope, Source, TablePlan};

/// Rows of differing buckets that are kept in memory at once.
const KEPT: usize = 200_000;

/// How two sides are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// By their keys alone.
    Keys,
    /// By all that is in their rows.
    Rows,
}

impl Content {
    /// What is to be read of the source.
    pub(super) fn scope(self, plan: &TablePlan) -> Scope {
        let table = Arc::clone(&plan.source);
        match self {
            Self::Keys => Scope::Keys(table),
            Self::Rows => Scope::Table(table),
        }
    }

    /// The same of the replica.
    pub(super) fn of_replica(self, replica: &Arc<dyn Replica>, plan: &TablePlan, state: CopyState) -> ReplicaRows {
        let (replica, table) = (Arc::clone(replica), plan.replica.clone());
        ReplicaRows::read(Arc::clone(&plan.source.schema), move || match self {
            Self::Keys => replica.keys(&table, state),
            Self::Rows => replica.rows(&table, state),
        })
    }
}

pub(super) struct Comparison<'a> {
    source: &'a dyn Source,
    replica: &'a Arc<dyn Replica>,
    plan: &'a TablePlan,
    state: CopyState,
    content: Content,
    hasher: RowHasher,
}

/// Whose row it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Source,
    Replica,
}

/// Both sides, summed up.
pub(super) struct Sums {
    pub(super) source: Buckets,
    pub(super) replica: Buckets,
}

/// Keys, as delete rows.
pub(super) struct Compared {
    /// In the source alone.
    pub(super) missing: RowBatch,
    /// In the replica alone.
    pub(super) extra: RowBatch,
    /// In both, with other contents.
    pub(super) different: RowBatch,
}

impl Sums {
    /// The buckets to look into, in sets that fit memory.
    pub(super) fn differing(&self) -> Vec<BucketSet> {
        self.source.differing(&self.replica, KEPT)
    }
}

impl<'a> Comparison<'a> {
    pub(super) fn new(
        source: &'a dyn Source,
        replica: &'a Arc<dyn Replica>,
        plan: &'a TablePlan,
        state: CopyState,
        content: Content,
    ) -> Self {
        Self { source, replica, plan, state, content, hasher: RowHasher::default() }
    }

    /// Reads both sides once.
    pub(super) async fn sums(&self) -> Result<Sums> {
        let (mut source, mut replica) = (Buckets::new(), Buckets::new());
        self.read(|of, row| match of {
            Of::Source => source.add(self.hash(row)),
            Of::Replica => replica.add(self.hash(row)),
        })
        .await?;
        Ok(Sums { source, replica })
    }

    /// Reads both sides again, and compares the rows of these buckets.
    pub(super) async fn differences(&self, set: BucketSet) -> Result<Compared> {
        let schema = &self.plan.source.schema;
        let (mut theirs, mut ours) = (Side::new(schema), Side::new(schema));
        let mut lost = None;
        self.read(|of, row| {
            let hash = self.hash(row);
            if set.has(hash.key) {
                let side = if of == Of::Source { &mut theirs } else { &mut ours };
                lost = side.add(row, hash).err().or(lost.take());
            }
        })
        .await?;
        match lost {
            Some(error) => Err(error),
            None => compare(theirs, ours),
        }
    }

    fn hash(&self, row: Row<'_>) -> RowHash {
        match self.content {
            Content::Keys => self.hasher.key(row),
            Content::Rows => self.hasher.row(row),
        }
    }

    /// Gives each row of both sides to whom it concerns, whichever comes first.
    async fn read(&self, give: impl FnMut(Of, Row<'_>) + Send) -> Result<()> {
        let request = ReadRequest::new(self.content.scope(self.plan), None);
        let mut source = masked::read(self.source, self.plan, request).await?;
        let mut replica = self.content.of_replica(self.replica, self.plan, self.state);
        // Side by side, and each to its end: a reader that is dropped in the middle of `next` may lose what it had.
        let give = Mutex::new(give);
        let pass_on = |of: Of, rows: &RowBatch| {
            let mut give = give.lock().unwrap_or_else(PoisonError::into_inner);
            rows.rows().for_each(|row| give(of, row));
        };
        let theirs = async {
            while let Next::Batch(batch) = source.next().await? {
                pass_on(Of::Source, &batch.rows);
            }
            Ok(())
        };
        let ours = async {
            loop {
                let rows = replica.next().await?;
                if rows.is_empty() {
                    return Ok(());
                }
                pass_on(Of::Replica, &rows);
            }
        };
        try_join(theirs, ours).await.map(|_: ((), ())| ())
    }
}

/// Keys of one side, with their hashes.
struct Side {
    keys: RowBatch,
    hashes: Vec<(RowHash, usize)>,
}

impl Side {
    fn new(schema: &Arc<crate::TableSchema>) -> Self {
        Self { keys: RowBatch::new(Arc::clone(schema)), hashes: Vec::new() }
    }

    fn add(&mut self, row: Row<'_>, hash: RowHash) -> Result<()> {
        self.hashes.push((hash, self.keys.len()));
        self.keys.push_key_of(row)
    }
}

fn compare(mut theirs: Side, mut ours: Side) -> Result<Compared> {
    theirs.hashes.sort_unstable();
    ours.hashes.sort_unstable();
    let empty = || RowBatch::new(Arc::clone(theirs.keys.schema()));
    let (mut missing, mut extra, mut different) = (empty(), empty(), empty());
    let (mut left, mut right) = (theirs.hashes.iter().peekable(), ours.hashes.iter().peekable());
    loop {
        match (left.peek(), right.peek()) {
            (Some((a, _)), Some((b, _))) if a == b => {
                left.next();
                right.next();
            }
            (Some((a, row)), Some((b, _))) if a.key == b.key => {
                different.push_row(theirs.keys.row(*row))?;
                left.next();
                right.next();
            }
            (Some((a, row)), other) if other.is_none_or(|(b, _)| a.key < b.key) => {
                missing.push_row(theirs.keys.row(*row))?;
                left.next();
            }
            (_, Some((_, row))) => {
                extra.push_row(ours.keys.row(*row))?;
                right.next();
            }
            _ => return Ok(Compared { missing, extra, different }),
        }
    }
}
