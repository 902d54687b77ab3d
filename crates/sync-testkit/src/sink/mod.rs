//! The promises of a sink.

mod behaviours;
pub mod broken;
mod fixture;

use crate::behaviour::Violation;

pub use behaviours::{SinkBehaviour, sink_behaviours};
pub use fixture::{MemorySinkFixture, SinkFixture};

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
            an_unchanged_row_is_not_written,
            a_table_is_hidden_until_it_is_published,
            a_delete_removes_its_row_and_no_other,
        );
        #[test]
        fn no_sink_behaviour_is_left_out() {
            assert_eq!($crate::sink_behaviours().len(), 5, "sink_tests! must list every behaviour");
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
