//! What was learned of the server on the way, so that it need not be asked each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sync_core::TableId;

use crate::catalog::Relation;

/// Shared by a source and all its readers. Nothing in it is relied upon where a row could be lost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known(Arc<Learned>);

#[derive(Debug, Default)]
struct Learned {
    relations: Mutex<HashMap<TableId, Arc<Relation>>>,
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
}

/// Each entry stands for itself, so a panic elsewhere leaves nothing half done here.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
