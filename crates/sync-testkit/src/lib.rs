//! The conformance kit: every promise of a source or a sink as a named behaviour, each able to fail.
//!
//! A source's crate takes the kit as a dev-dependency, tells it by a [`SourceFixture`] how to make a table and change its rows, and
//! gets one test a promise:
//!
//! ```
//! use sync_core::{Result, Source, memory::MemorySource};
//! use sync_testkit::{MemoryFixture, source_tests};
//!
//! // In a real crate: a fixture of its own, made anew for each test.
//! source_tests!(MemoryFixture::new());
//! # fn main() {}
//! ```
//!
//! A sink's crate does the same with a [`SinkFixture`] and [`sink_tests!`].
//!
//! Each behaviour has a twin in [`broken`] or [`broken_sinks`]: one that breaks just this promise. The kit's own tests see to it that the twin fails
//! exactly its behaviour, so that no check is empty.

mod behaviour;
mod behaviours;
pub mod broken;
pub mod faults;
mod fixture;
mod given;
mod memory;
mod reading;
pub mod reads;
mod sink;

pub use behaviour::{Behaviour, Violation, check, source_behaviours};
pub use fixture::{Conditions, OpenTransaction, SourceFixture, TestRow};
pub use memory::MemoryFixture;
pub use sink::broken as broken_sinks;
pub use sink::{MemorySinkFixture, SinkBehaviour, SinkFixture, check_sink, sink_behaviours};

/// Makes one `#[test]` of each behaviour. The expression makes the fixture; it is evaluated anew in each test.
#[macro_export]
macro_rules! source_tests {
    ($fixture:expr) => {
        $crate::source_tests!(@each $fixture,
            every_row_arrives_once,
            a_reader_resumes_after_any_watermark,
            rows_of_equal_cursor_are_not_lost,
            a_silent_update_arrives_with_the_sweep,
            an_unchanged_table_is_not_swept,
            a_poll_that_may_be_left_out_loses_nothing,
            keys_and_rows_by_key_are_exact,
            what_changes_during_a_copy_arrives,
            a_late_commit_arrives_with_the_sweep,
            an_absent_table_is_an_error,
            a_source_knows_itself_and_its_tables,
            a_dropped_reader_holds_nothing_back,
            a_batch_ends_where_it_should,
            a_condition_keeps_rows_out,
            transactions_come_whole_and_in_their_order,
            secrets_never_appear,
        );
        #[test]
        fn no_behaviour_is_left_out() {
            assert_eq!($crate::source_behaviours().len(), 16, "source_tests! must list every behaviour");
        }
    };
    (@each $fixture:expr, $($name:ident,)*) => {$(
        #[test]
        fn $name() {
            if let Err(violation) = $crate::check(stringify!($name), &$fixture) {
                panic!("{violation}");
            }
        }
    )*};
}
