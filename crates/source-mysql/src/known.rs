//! What was learned of the server on the way, so that it need not be asked each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sync_core::TableId;

use crate::catalog::Relation;

/// Shared by a source and all its readers. Nothing in it is relied upon where a row could be lost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known(Arc<Learned>);

#[derive(Debug, Default)]
struct Learned {
    relations: Mutex<HashMap<TableId, Arc<Relation>>>,
    catalog: Mutex<Option<Catalog>>,
    still: Mutex<Option<Still>>,
}

/// The digest of the catalog, and the counters before it was made.
#[derive(Debug)]
struct Catalog {
    definitions: String,
    digest: String,
    made: Instant,
}

/// A token of writes, and since when it is the same.
#[derive(Debug)]
struct Still {
    token: String,
    since: Instant,
}

impl Known {
    /// What the catalog said about a table when it was read last.
    pub(crate) fn relation(&self, id: &TableId) -> Option<Arc<Relation>> {
        locked(&self.0.relations).get(id).cloned()
    }

    /// Notes it, or forgets it.
    pub(crate) fn keep_relation(&self, id: &TableId, relation: Option<Arc<Relation>>) {
        let mut relations = locked(&self.0.relations);
        match relation {
            Some(relation) => relations.insert(id.clone(), relation),
            None => relations.remove(id),
        };
    }

    /// The digest of the catalog that was made under these counters, unless it is older than that.
    pub(crate) fn catalog(&self, definitions: &str, oldest: Duration) -> Option<String> {
        let catalog = locked(&self.0.catalog);
        let fresh = |catalog: &&Catalog| catalog.definitions == definitions && catalog.made.elapsed() < oldest;
        catalog.as_ref().filter(fresh).map(|catalog| catalog.digest.clone())
    }

    /// Notes it.
    pub(crate) fn keep_catalog(&self, definitions: String, digest: String) {
        *locked(&self.0.catalog) = Some(Catalog { definitions, digest, made: Instant::now() });
    }

    /// For how long this token of writes has been the same.
    pub(crate) fn still_for(&self, token: &str) -> Duration {
        let mut still = locked(&self.0.still);
        match still.as_ref().filter(|still| still.token == token) {
            Some(still) => still.since.elapsed(),
            None => {
                *still = Some(Still { token: token.to_owned(), since: Instant::now() });
                Duration::ZERO
            }
        }
    }

    /// Forgets what the server counted: it may be another one, or the same started again.
    pub(crate) fn forget_counters(&self) {
        *locked(&self.0.catalog) = None;
        *locked(&self.0.still) = None;
    }
}

/// Each entry stands for itself, so a panic elsewhere leaves nothing half done here.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
