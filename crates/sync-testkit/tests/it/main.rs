//! The kit held to its own standard: a good source keeps every promise, a broken one breaks exactly its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod field;

use sync_testkit::broken::{Broken, Fault};
use sync_testkit::broken_sinks::{BrokenSinks, SinkFault};
use sync_testkit::{
    MemoryFixture, MemorySinkFixture, check, check_sink, sink_behaviours, sink_tests, source_behaviours, source_tests,
};

source_tests!(MemoryFixture::new());
sink_tests!(MemorySinkFixture::new());

#[test]
fn each_broken_sink_fails_exactly_its_behaviour() {
    for (fault, breaks) in SinkFault::ALL {
        for behaviour in sink_behaviours() {
            match check_sink(behaviour.name, &BrokenSinks::new(MemorySinkFixture::new(), *fault)) {
                Err(violation) => assert_eq!(behaviour.name, *breaks, "{fault:?} also fails: {violation}"),
                Ok(()) => assert_ne!(behaviour.name, *breaks, "{fault:?} is not noticed"),
            }
        }
    }
}

#[test]
fn each_broken_twin_fails_exactly_its_behaviour() {
    for (fault, breaks) in Fault::ALL {
        for behaviour in source_behaviours() {
            let result = check(behaviour.name, &Broken::new(MemoryFixture::new(), *fault));
            match result {
                Err(violation) => assert_eq!(behaviour.name, *breaks, "{fault:?} also fails: {violation}"),
                Ok(()) => assert_ne!(behaviour.name, *breaks, "{fault:?} is not noticed"),
            }
        }
    }
}

#[test]
fn every_behaviour_has_a_twin() {
    for behaviour in source_behaviours() {
        assert!(Fault::ALL.iter().any(|(_, breaks)| *breaks == behaviour.name), "{}", behaviour.name);
    }
    for behaviour in sink_behaviours() {
        assert!(SinkFault::ALL.iter().any(|(_, breaks)| *breaks == behaviour.name), "{}", behaviour.name);
    }
}

#[test]
fn a_behaviour_that_does_not_exist_is_no_success() {
    assert_eq!(check("no_such_thing", &MemoryFixture::new()).unwrap_err().behaviour(), "unknown");
}
