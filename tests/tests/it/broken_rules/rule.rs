//! The rules that can be broken.

use std::time::Duration;

use sync_core::{TableSettings, Wanted};

use crate::server::Server;

/// Which rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// None.
    AllKept,
    /// Rows past the cursor are all that is read: no sweep, no comparison of keys.
    PollOnly,
    /// A poll claims that everything before its snapshot was given.
    PollMovesHorizon,
    /// A copy that goes on claims that everything before its second snapshot was given.
    ResumeMovesHorizon,
    /// None, but keys are compared with a list of long ago: confirming makes up for it.
    OldKeys,
    /// What an old list of keys lacks is deleted without another look.
    OldKeysUnconfirmed,
    /// None, but each sweep is followed by a change before its end is stored: the next sweep is not left out.
    CountersBefore,
    /// Likewise, and a sweep notes the counters of its end.
    CountersAfter,
    /// None; keys are compared all the time, and no sweep makes up for what is done meanwhile.
    Race,
}

impl Rule {
    pub(super) fn has_old_keys(self) -> bool {
        matches!(self, Self::OldKeys | Self::OldKeysUnconfirmed)
    }

    pub(super) fn looks_at_counters(self) -> bool {
        matches!(self, Self::CountersBefore | Self::CountersAfter)
    }

    /// The table under load, as often as the rule lets it be read.
    pub(super) fn wanted(self, server: Server) -> Wanted {
        let mut defaults = TableSettings::default();
        defaults.batch_size = Some(100);
        defaults.max_delete_fraction = Some(1.0);
        defaults.sync_interval = Some(Duration::from_millis(50));
        defaults.sweep_interval = Some(Duration::from_millis(150));
        if self == Self::PollMovesHorizon {
            // Many polls between two sweeps.
            defaults.sweep_interval = Some(Duration::from_secs(1));
        }
        if self.looks_at_counters() {
            // No more often than counters are asked for.
            defaults.sync_interval = Some(Duration::from_secs(1));
            defaults.sweep_interval = defaults.sync_interval;
        } else {
            defaults.max_skip = Some(Duration::ZERO);
        }
        // Without a sweep, comparisons find what polls do not.
        if self.has_old_keys() || server != Server::Postgres {
            defaults.reconcile_interval = Some(Duration::from_millis(200));
        }
        if self == Self::Race {
            defaults.sweep_interval = Some(Duration::from_secs(3600));
            defaults.reconcile_interval = Some(Duration::ZERO);
        }
        let mut wanted = Wanted::tables(["torture".parse().unwrap()]);
        wanted.defaults = defaults;
        wanted
    }
}
