//! Behaviours by name, and how one is checked.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::behaviours::{
    absent, arrives_once, by_key, changes, dropped, during_copy, filter, identity, late_commit, limits, quiet, resume,
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
    /// What it is mostly broken by.
    pub usual_cause: &'static str,
    check: Check,
}

type Check = fn(&dyn SourceFixture) -> Checking<'_>;
pub(crate) type Checking<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>;

const SOURCE_BEHAVIOURS: &[Behaviour] = &[
    Behaviour {
        name: "every_row_arrives_once",
        promise: "A copy gives every row of the table once and as it is, and a poll after it the rows that came since.",
        usual_cause: "a cursor kept in less precision than the stamp has, so that rows are given again or passed over; a page that begins with the last row of the one before",
        check: |fixture| Box::pin(arrives_once::check(fixture)),
    },
    Behaviour {
        name: "a_reader_resumes_after_any_watermark",
        promise: "A copy that is broken off goes on after any watermark without losing or repeating a row.",
        usual_cause: "a cursor that moves before its rows are given: take the watermark from the last row of the batch, never from the greatest stamp of the table",
        check: |fixture| Box::pin(resume::check(fixture)),
    },
    Behaviour {
        name: "rows_of_equal_cursor_are_not_lost",
        promise: "Rows with the same stamp all arrive, also when a batch ends among them.",
        usual_cause: "a poll by `stamp > last` alone, which passes over rows that share the last stamp: compare (stamp, key) as one value",
        check: |fixture| Box::pin(ties::check(fixture)),
    },
    Behaviour {
        name: "a_silent_update_arrives_with_the_sweep",
        promise: "A sweep gives every row that changed since the copy or the sweep before, whatever its stamp. Of sources that sweep.",
        usual_cause: "a sweep by stamps: it must go by what the source itself counts, or not be announced",
        check: |fixture| Box::pin(silent_update::check(fixture)),
    },
    Behaviour {
        name: "an_unchanged_table_is_not_swept",
        promise: "A sweep under the activity of the sweep before reads nothing, and one after a change does. Of sources that tell activity.",
        usual_cause: "an activity that moves by itself, or one that is asked for after the rows were read",
        check: |fixture| Box::pin(unchanged::check(fixture)),
    },
    Behaviour {
        name: "a_poll_that_may_be_left_out_loses_nothing",
        promise: "A poll that may be left out while the source is quiet gives what was written before it came to rest. Of sources that tell when they are quiet.",
        usual_cause: "a poll left out because the source is quiet, and not because all was read in this very quiet",
        check: |fixture| Box::pin(quiet::check(fixture)),
    },
    Behaviour {
        name: "keys_and_rows_by_key_are_exact",
        promise: "Every key is listed once, and a key asked for gives its row, or a delete where there is none. Of sources that reconcile.",
        usual_cause: "keys listed page by page without an order, or no delete given for a key that is not there",
        check: |fixture| Box::pin(by_key::check(fixture)),
    },
    Behaviour {
        name: "what_changes_during_a_copy_arrives",
        promise: "Rows that change while a copy is read come with it, or with the poll after it.",
        usual_cause: "a copy that ends with the greatest stamp of its end: polls must go on from the moment in which it began",
        check: |fixture| Box::pin(during_copy::check(fixture)),
    },
    Behaviour {
        name: "a_late_commit_arrives_with_the_sweep",
        promise: "A row that is committed after others with greater stamps arrives. Of sources that sweep and have transactions.",
        usual_cause: "a poll that moves the horizon of the sweep: it has seen only what its index showed",
        check: |fixture| Box::pin(late_commit::check(fixture)),
    },
    Behaviour {
        name: "an_absent_table_is_an_error",
        promise: "A table that is not there can't be read; it is not taken for an empty one.",
        usual_cause: "an answer of `not found` taken for no rows, by which a replica would be emptied",
        check: |fixture| Box::pin(absent::check(fixture)),
    },
    Behaviour {
        name: "a_source_knows_itself_and_its_tables",
        promise: "Every connection names the same source, and its pulse tells when there is another table.",
        usual_cause: "an identity made of the connection rather than of the data behind it",
        check: |fixture| Box::pin(identity::check(fixture)),
    },
    Behaviour {
        name: "a_dropped_reader_holds_nothing_back",
        promise: "Readers that are dropped in the middle leave the source as it was.",
        usual_cause: "a connection that goes back to its pool only at the end of a read",
        check: |fixture| Box::pin(dropped::check(fixture)),
    },
    Behaviour {
        name: "a_batch_ends_where_it_should",
        promise: "No row is begun in a batch that has reached its limit of rows or bytes.",
        usual_cause: "a page of a fixed number of rows, however wide they are",
        check: |fixture| Box::pin(limits::check(fixture)),
    },
    Behaviour {
        name: "a_condition_keeps_rows_out",
        promise: "Rows that do not meet the condition are not there, and what is none is an error of configuration. Of sources that filter.",
        usual_cause: "a condition in WHERE of a poll, so that a row that ceases to meet it is never heard of again",
        check: |fixture| Box::pin(filter::check(fixture)),
    },
    Behaviour {
        name: "transactions_come_whole_and_in_their_order",
        promise: "The changes of several tables come in the order of their transactions, and after any watermark the rest. Of sources that capture.",
        usual_cause: "tables read one after the other, or a watermark in the middle of a transaction",
        check: |fixture| Box::pin(changes::check(fixture)),
    },
    Behaviour {
        name: "secrets_never_appear",
        promise: "Neither the source's Debug nor its identity nor an error shows a password.",
        usual_cause: "a derived `Debug` of settings that hold the password, or a URL quoted in an error",
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
    usual_cause: Option<&'static str>,
    what: String,
}

impl Violation {
    pub(crate) fn new(behaviour: &'static str, promise: &'static str, what: String) -> Self {
        Self { behaviour, promise, usual_cause: None, what }
    }

    fn mostly_by(mut self, cause: &'static str) -> Self {
        self.usual_cause = Some(cause);
        self
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
        write!(f, "{}: {}\n  promise: {}", self.behaviour, self.what, self.promise)?;
        self.usual_cause.map_or(Ok(()), |cause| write!(f, "\n  mostly broken by: {cause}"))
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
    let violation = |what| Violation::new(behaviour.name, behaviour.promise, what).mostly_by(behaviour.usual_cause);
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
