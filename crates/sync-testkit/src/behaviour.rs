//! Behaviours by name, and how one is checked.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::behaviours::{
    absent, arrives_once, by_key, changes, dropped, during_copy, filter, identity, late_commit, limits, resume,
    secrets, silent_update, ties, unchanged,
};
use crate::fixture::SourceFixture;

/// One promise of every source.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// The name of its test.
    pub name: &'static str,
    /// The promise, as a sentence.
    pub promise: &'static str,
    check: Check,
}

type Check = fn(&dyn SourceFixture) -> Checking<'_>;
pub(crate) type Checking<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>;

const SOURCE_BEHAVIOURS: &[Behaviour] = &[
    Behaviour {
        name: "every_row_arrives_once",
        promise: "A copy gives every row of the table once and as it is, and a poll after it the rows that came since.",
        check: |fixture| Box::pin(arrives_once::check(fixture)),
    },
    Behaviour {
        name: "a_reader_resumes_after_any_watermark",
        promise: "A copy that is broken off goes on after any watermark without losing or repeating a row.",
        check: |fixture| Box::pin(resume::check(fixture)),
    },
    Behaviour {
        name: "rows_of_equal_cursor_are_not_lost",
        promise: "Rows with the same stamp all arrive, also when a batch ends among them.",
        check: |fixture| Box::pin(ties::check(fixture)),
    },
    Behaviour {
        name: "a_silent_update_arrives_with_the_sweep",
        promise: "A sweep gives every row that changed since the copy or the sweep before, whatever its stamp. Of sources that sweep.",
        check: |fixture| Box::pin(silent_update::check(fixture)),
    },
    Behaviour {
        name: "an_unchanged_table_is_not_swept",
        promise: "A sweep under the activity of the sweep before reads nothing, and one after a change does. Of sources that tell activity.",
        check: |fixture| Box::pin(unchanged::check(fixture)),
    },
    Behaviour {
        name: "keys_and_rows_by_key_are_exact",
        promise: "Every key is listed once, and a key asked for gives its row, or a delete where there is none. Of sources that reconcile.",
        check: |fixture| Box::pin(by_key::check(fixture)),
    },
    Behaviour {
        name: "what_changes_during_a_copy_arrives",
        promise: "Rows that change while a copy is read come with it, or with the poll after it.",
        check: |fixture| Box::pin(during_copy::check(fixture)),
    },
    Behaviour {
        name: "a_late_commit_arrives_with_the_sweep",
        promise: "A row that is committed after others with greater stamps arrives. Of sources that sweep and have transactions.",
        check: |fixture| Box::pin(late_commit::check(fixture)),
    },
    Behaviour {
        name: "an_absent_table_is_an_error",
        promise: "A table that is not there can't be read; it is not taken for an empty one.",
        check: |fixture| Box::pin(absent::check(fixture)),
    },
    Behaviour {
        name: "a_source_knows_itself_and_its_tables",
        promise: "Every connection names the same source, and its pulse tells when there is another table.",
        check: |fixture| Box::pin(identity::check(fixture)),
    },
    Behaviour {
        name: "a_dropped_reader_holds_nothing_back",
        promise: "Readers that are dropped in the middle leave the source as it was.",
        check: |fixture| Box::pin(dropped::check(fixture)),
    },
    Behaviour {
        name: "a_batch_ends_where_it_should",
        promise: "No row is begun in a batch that has reached its limit of rows or bytes.",
        check: |fixture| Box::pin(limits::check(fixture)),
    },
    Behaviour {
        name: "a_condition_keeps_rows_out",
        promise: "Rows that do not meet the condition are not there, and what is none is an error of configuration. Of sources that filter.",
        check: |fixture| Box::pin(filter::check(fixture)),
    },
    Behaviour {
        name: "transactions_come_whole_and_in_their_order",
        promise: "The changes of several tables come in the order of their transactions, and after any watermark the rest. Of sources that capture.",
        check: |fixture| Box::pin(changes::check(fixture)),
    },
    Behaviour {
        name: "secrets_never_appear",
        promise: "Neither the source's Debug nor its identity nor an error shows a password.",
        check: |fixture| Box::pin(secrets::check(fixture)),
    },
];

/// All behaviours of a source, in the order in which they are best made true.
#[must_use]
pub fn source_behaviours() -> &'static [Behaviour] {
    SOURCE_BEHAVIOURS
}

/// A broken promise.
#[derive(Clone, Debug)]
pub struct Violation {
    behaviour: &'static str,
    promise: &'static str,
    what: String,
}

impl Violation {
    pub(crate) fn new(behaviour: &'static str, promise: &'static str, what: String) -> Self {
        Self { behaviour, promise, what }
    }

    /// A check that can't be found is no success.
    pub(crate) fn unknown(name: &str) -> Self {
        Self::new("unknown", "The kit knows the behaviour.", format!("there is no behaviour {name:?}"))
    }

    /// The behaviour that failed.
    #[must_use]
    pub fn behaviour(&self) -> &'static str {
        self.behaviour
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  promise: {}", self.behaviour, self.what, self.promise)
    }
}

impl std::error::Error for Violation {}

/// A source that does not answer for so long hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Checks one behaviour on a runtime of its own.
///
/// # Errors
/// The broken promise; also when there is no behaviour of this name.
pub fn check(name: &str, fixture: &dyn SourceFixture) -> Result<(), Violation> {
    let found = source_behaviours().iter().find(|behaviour| behaviour.name == name);
    let behaviour = found.ok_or_else(|| Violation::unknown(name))?;
    let violation = |what| Violation::new(behaviour.name, behaviour.promise, what);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| violation(format!("no runtime: {error}")))?;
    runtime.block_on(async {
        match tokio::time::timeout(PATIENCE, (behaviour.check)(fixture)).await {
            Ok(result) => result.map_err(violation),
            Err(_) => Err(violation(format!("no answer within {PATIENCE:?}"))),
        }
    })
}
