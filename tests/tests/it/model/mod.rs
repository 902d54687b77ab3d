//! Anything that may happen to a table, in any order, with the sync broken off at any place: after each sync that comes to its end the
//! replica equals a plain model of the table.

mod interrupt;
mod operation;
mod table;
mod world;

use std::time::Instant;

use proptest::strategy::Strategy as _;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use test_servers::long_test_length;

use crate::case::Case;
use crate::load::Random;
use crate::server::{Server, on_each_server};
use operation::Operation;
use world::World;

on_each_server!(
    heavy_whatever_happens_the_replica_equals_the_model_after_each_sync,
    a_replica_that_is_not_synced_differs_from_the_model
);

/// A sequence that fails is tried again, shorter and shorter, so many times.
const SHRINKS: u32 = 300;

#[expect(clippy::print_stdout, reason = "the output of a test that fails is shown")]
fn heavy_whatever_happens_the_replica_equals_the_model_after_each_sync(server: Server) {
    let case = Case::new(server, "");
    let mut random = Random::seeded(1);
    let (started, mut sequences) = (Instant::now(), 0);
    while started.elapsed() < long_test_length() || sequences == 0 {
        // Of a run that failed, the seed that is printed last fails at once.
        let seed = if sequences == 0 { random.seed() } else { random.next() };
        if let Err(failure) = run_and_shrink(&case, seed) {
            panic!("{}={seed} fails: {failure}", crate::load::SEED);
        }
        sequences += 1;
    }
    println!("{sequences} sequences");
}

fn run_and_shrink(case: &Case, seed: u64) -> Result<(), String> {
    let config = Config { cases: 1, max_shrink_iters: SHRINKS, failure_persistence: None, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let outcome = runner.run(&operation::sequences(), |operations| {
        World::new(case).live_through(&operations).map_err(proptest::test_runner::TestCaseError::fail)
    });
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, operations)) => Err(format!("{reason}\nshortest: {operations:#?}")),
        Err(TestError::Abort(reason)) => Err(reason.to_string()),
    }
}

/// The check can fail: a replica that nobody syncs is not equal.
fn a_replica_that_is_not_synced_differs_from_the_model(server: Server) {
    let case = Case::new(server, "");
    let operations = [Operation::Settle, Operation::Insert { id: 1, value: 5, late: false }];
    let mut world = World::new(&case);
    world.live_through(&operations[..1]).unwrap();
    world.carry_out(&operations[1]).unwrap();
    assert!(world.compare().is_err());
    assert!(
        operation::sequences()
            .prop_map(|operations| operations.len())
            .boxed()
            .new_tree(&mut TestRunner::deterministic())
            .is_ok()
    );
}
