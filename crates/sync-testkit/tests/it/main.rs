//! The kit held to its own standard: a good source keeps every promise, a broken one breaks exactly its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use sync_testkit::broken::{Broken, Fault};
use sync_testkit::{MemoryFixture, check, source_behaviours, source_tests};

source_tests!(MemoryFixture::new());

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
}

#[test]
fn a_behaviour_that_does_not_exist_is_no_success() {
    assert_eq!(check("no_such_thing", &MemoryFixture::new()).unwrap_err().behaviour(), "unknown");
}
