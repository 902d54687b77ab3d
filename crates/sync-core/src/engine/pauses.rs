//! Which tables wait until somebody lets them go on: for as long as the engine is there, whatever becomes of its plan and its sources.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::control::Command;

#[derive(Debug, Default)]
pub(super) struct Pauses(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What was said of all tables last, which counts for those that come later too.
    all: bool,
    /// What was said since of single ones, by their names in the replica.
    tables: BTreeMap<String, bool>,
}

impl Pauses {
    /// Notes what a command says, if it is about that.
    pub(super) fn obey(&self, command: &Command) {
        let (table, paused) = match command {
            Command::Pause(table) => (table, true),
            Command::Resume(table) => (table, false),
            _ => return,
        };
        let mut state = self.state();
        match table {
            Some(table) => {
                state.tables.insert(table.clone(), paused);
            }
            None => *state = State { all: paused, tables: BTreeMap::new() },
        }
    }

    pub(super) fn is_paused(&self, replica: &str) -> bool {
        let state = self.state();
        state.tables.get(replica).copied().unwrap_or(state.all)
    }

    /// Each command is noted as a whole, so a panic elsewhere leaves nothing half done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_last_counts() {
        let pauses = Pauses::default();
        let one = || Some("tmp_users".to_owned());
        let are =
            |users, others| assert_eq!((pauses.is_paused("tmp_users"), pauses.is_paused("tmp_x")), (users, others));
        are(false, false);
        for (command, users, others) in [
            (Command::Pause(one()), true, false),
            (Command::SyncNow(None), true, false),
            (Command::Pause(None), true, true),
            (Command::Resume(one()), false, true),
            (Command::Resume(None), false, false),
        ] {
            pauses.obey(&command);
            are(users, others);
        }
    }
}
