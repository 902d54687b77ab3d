//! The promises of a sink.

mod behaviours;
pub mod broken;
mod fixture;
mod memory;
mod subject;

use crate::behaviour::Violation;

pub use behaviours::{SinkBehaviour, sink_behaviours};
pub use fixture::SinkFixture;
pub use memory::MemorySinkFixture;

/// Checks one behaviour of a sink.
///
/// # Errors
/// The broken promise; also when there is no behaviour of this name.
pub fn check_sink(name: &str, fixture: &dyn SinkFixture) -> Result<(), Violation> {
    let found = sink_behaviours().iter().find(|behaviour| behaviour.name == name);
    let behaviour = found.ok_or_else(|| Violation::unknown(name))?;
    behaviour.check(fixture).map_err(|what| Violation::new(behaviour.name, behaviour.promise, what))
}

/// Makes one `#[test]` of each behaviour of a sink. The expression makes the fixture; it is evaluated anew in each test.
#[macro_export]
macro_rules! sink_tests {
    ($fixture:expr) => {
        $crate::sink_tests!(@each $fixture,
            a_dropped_transaction_leaves_no_trace,
            rows_and_checkpoint_are_stored_together,
            what_was_staged_is_shown_when_it_is_asked_for,
            an_unchanged_row_is_not_written,
            a_table_is_hidden_until_it_is_published,
            a_delete_removes_its_row_and_no_other,
            a_table_without_a_key_takes_equal_rows_twice,
            notes_are_stored_with_the_checkpoint,
            a_refused_row_is_kept_aside_and_the_rest_is_stored,
            a_failed_row_is_forgotten_when_it_is_stored,
            keys_are_complete_and_each_once,
            rows_are_read_back_as_they_were_written,
            a_marked_row_stays_and_can_come_back,
            a_copy_that_was_asked_for_is_not_forgotten,
            rows_that_are_gone_stay_through_another_copy,
        );
        #[test]
        fn no_sink_behaviour_is_left_out() {
            assert_eq!($crate::sink_behaviours().len(), 15, "sink_tests! must list every behaviour");
        }
    };
    (@each $fixture:expr, $($name:ident,)*) => {$(
        #[test]
        fn $name() {
            if let Err(violation) = $crate::check_sink(stringify!($name), &$fixture) {
                panic!("{violation}");
            }
        }
    )*};
}
