//! The promises, by what they are about.

mod failed;
mod marked;
mod reading;
mod stored;

use super::fixture::SinkFixture;
use super::subject::Checked;

/// One promise of every sink.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct SinkBehaviour {
    /// The name of its test.
    pub name: &'static str,
    /// The promise, as a sentence.
    pub promise: &'static str,
    check: fn(&dyn SinkFixture) -> Checked,
}

const SINK_BEHAVIOURS: &[SinkBehaviour] = &[
    SinkBehaviour {
        name: "a_dropped_transaction_leaves_no_trace",
        promise: "A transaction that is dropped without a commit changes nothing.",
        check: stored::dropped,
    },
    SinkBehaviour {
        name: "rows_and_checkpoint_are_stored_together",
        promise: "A commit stores the rows and the checkpoints they lead to, for whoever opens the replica next.",
        check: stored::together,
    },
    SinkBehaviour {
        name: "what_was_staged_is_shown_when_it_is_asked_for",
        promise: "What was committed before the replica is in its place is there for readers, for good, once the engine asks for that.",
        check: stored::staged,
    },
    SinkBehaviour {
        name: "an_unchanged_row_is_not_written",
        promise: "A row that is already there as given is left alone, and counted so.",
        check: stored::unchanged,
    },
    SinkBehaviour {
        name: "a_table_is_hidden_until_it_is_published",
        promise: "Readers see a table when it is published, whole, and the old one until then.",
        check: stored::hidden,
    },
    SinkBehaviour {
        name: "a_delete_removes_its_row_and_no_other",
        promise: "A delete removes the row with its key; one whose row is gone does nothing.",
        check: stored::deleted,
    },
    SinkBehaviour {
        name: "a_table_without_a_key_takes_equal_rows_twice",
        promise: "Every row for a table without a key is one more, and a new copy takes the place of all.",
        check: stored::without_key,
    },
    SinkBehaviour {
        name: "notes_are_stored_with_the_checkpoint",
        promise: "What the engine notes beside the cursor comes back with it, and the last notes hold.",
        check: stored::notes,
    },
    SinkBehaviour {
        name: "a_copy_that_was_asked_for_is_not_forgotten",
        promise: "That a table is to be copied anew is known to whoever opens the replica next, and readers keep its rows until then.",
        check: stored::asked_for,
    },
    SinkBehaviour {
        name: "a_refused_row_is_kept_aside_and_the_rest_is_stored",
        promise: "A row that the replica refuses for what is in it is kept as a failed row and counted, and the others are stored.",
        check: failed::refused,
    },
    SinkBehaviour {
        name: "a_failed_row_is_forgotten_when_it_is_stored",
        promise: "A failed row is kept until its key is stored or deleted, or its table is copied anew.",
        check: failed::forgotten,
    },
    SinkBehaviour {
        name: "keys_are_complete_and_each_once",
        promise: "All keys of the published table, and of the build table, come as deletes, each once.",
        check: reading::keys,
    },
    SinkBehaviour {
        name: "rows_are_read_back_as_they_were_written",
        promise: "Rows come back with the values and in the forms that were written: all of them, or those of given keys.",
        check: reading::rows,
    },
    SinkBehaviour {
        name: "a_marked_row_stays_and_can_come_back",
        promise: "With a column for it, a delete marks its row, which counts as absent until it is written again.",
        check: marked::marked,
    },
    SinkBehaviour {
        name: "rows_that_are_gone_stay_through_another_copy",
        promise: "Where rows stay that the source has no more, those that another copy lacks come along into it, as far as is said.",
        check: marked::taken_over,
    },
];

/// All behaviours of a sink.
#[must_use]
pub fn sink_behaviours() -> &'static [SinkBehaviour] {
    SINK_BEHAVIOURS
}

impl SinkBehaviour {
    pub(super) fn check(&self, fixture: &dyn SinkFixture) -> Checked {
        (self.check)(fixture)
    }
}
