//! Which source writes to which replica table: two that want one name would mix their rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::plan::taken_elsewhere;
use crate::{SyncPlan, TablePlan};

/// Replica names, in lower case as SQLite's know no case, with the sources whose plans hold them.
#[derive(Debug, Default)]
pub(super) struct Claims(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    owners: Owners,
    /// Counts changes of `owners`.
    version: u64,
}

type Owners = BTreeMap<String, BTreeSet<usize>>;

impl Claims {
    /// Forgets what all sources claimed.
    pub(super) fn clear(&self) {
        let mut state = self.state();
        state.owners.clear();
        state.version += 1;
    }

    /// By what it can be seen that a plan has to be settled again.
    pub(super) fn version(&self) -> u64 {
        self.state().version
    }

    /// Notes the names of a source's new plan, and moves tables whose name another source wants too to the plan's problems.
    pub(super) fn settle(&self, source: usize, plan: &mut SyncPlan) {
        let mut state = self.state();
        let before = state.owners.clone();
        let claims = &mut state.owners;
        for owners in claims.values_mut() {
            owners.remove(&source);
        }
        let name = |table: &TablePlan| table.replica.name.to_ascii_lowercase();
        for table in &plan.tables {
            claims.entry(name(table)).or_default().insert(source);
        }
        claims.retain(|_, owners| !owners.is_empty());
        let (kept, contested) =
            std::mem::take(&mut plan.tables).into_iter().partition(|table| claims[&name(table)].len() == 1);
        plan.tables = kept;
        plan.problems.extend(contested.iter().map(taken_elsewhere));
        if state.owners != before {
            state.version += 1;
        }
    }

    /// Names are put in and taken out one by one, so a panic elsewhere leaves nothing half done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
