//! What is said of a table that is not what was copied any more.

use crate::fingerprint::difference;
use crate::plan::OnSchemaChange;
use crate::{Checkpoint, CopyState, Error, TablePlan};

/// The error for a published table whose changes are not to be followed.
pub(super) fn refused(plan: &TablePlan, stored: &Checkpoint) -> Option<Error> {
    let setting = match plan.on_schema_change {
        OnSchemaChange::Follow => return None,
        OnSchemaChange::Freeze => "freeze",
        OnSchemaChange::Stop => "stop",
    };
    let what = changed(plan, stored)?;
    let error = Error::unsupported(format!("its {what} changed, and on_schema_change = \"{setting}\" is set"));
    Some(error.hint("run `data-sync resync` for it to take the change over"))
}

/// The error for one that can't be compared with its source before it is synced.
pub(super) fn incomparable(plan: &TablePlan, stored: &Checkpoint) -> Option<Error> {
    if let Some(refused) = refused(plan, stored) {
        return Some(refused);
    }
    let what = changed(plan, stored)?;
    Some(Error::unsupported(format!("its {what} changed since it was synced")).hint("sync it, then verify it"))
}

fn changed(plan: &TablePlan, stored: &Checkpoint) -> Option<String> {
    let is_other = stored.fingerprint != plan.fingerprint && stored.state != CopyState::Building;
    is_other.then(|| difference(&stored.fingerprint, &plan.fingerprint))
}
