//! What was learned of the server on the way, so that it need not be asked each time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sync_core::TableId;

use crate::catalog::Relation;
use crate::server::{Server, Still};

/// Shared by a source and all its readers. Nothing in it is relied upon where a row could be lost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known(Arc<Learned>);

#[derive(Debug, Default)]
struct Learned {
    relations: Mutex<HashMap<TableId, Arc<Relation>>>,
    server: Mutex<Option<Arc<Server>>>,
    still: Mutex<Option<Still>>,
    /// The login may not ask for the system identifier.
    system_withheld: AtomicBool,
    /// The login may not ask for the timeline.
    timeline_withheld: AtomicBool,
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

    /// Which server answered last.
    pub(crate) fn server(&self) -> Option<Arc<Server>> {
        locked(&self.0.server).clone()
    }

    /// Notes it, or forgets it.
    pub(crate) fn keep_server(&self, server: Option<Arc<Server>>) {
        *locked(&self.0.server) = server;
    }

    /// What the last pulse told; taken, as the next one leaves its own.
    pub(crate) fn take_still(&self) -> Option<Still> {
        locked(&self.0.still).take()
    }

    /// Notes it, or forgets it.
    pub(crate) fn keep_still(&self, still: Option<Still>) {
        *locked(&self.0.still) = still;
    }

    /// Whether the system identifier and the timeline may be asked for; until it was tried, they may.
    pub(crate) fn permitted(&self) -> (bool, bool) {
        (!self.0.system_withheld.load(Ordering::Relaxed), !self.0.timeline_withheld.load(Ordering::Relaxed))
    }

    /// Notes what the server said about it.
    pub(crate) fn permit(&self, system: bool, timeline: bool) {
        self.0.system_withheld.store(!system, Ordering::Relaxed);
        self.0.timeline_withheld.store(!timeline, Ordering::Relaxed);
    }
}

/// Each entry stands for itself, so a panic elsewhere leaves nothing half done here.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
