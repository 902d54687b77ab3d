//! Eight writers, a daemon that is killed all the time, and a reader who watches.

use std::time::{Duration, Instant};

use test_servers::long_test_length;

use crate::case::Case;
use crate::load::{Ledger, Load, Pace, Random, Watcher, torture, torture_differences};
use crate::running::{Daemon, QUIET};
use crate::server::{Server, as_it_ships, on_each_server};

on_each_server!(heavy_torture_what_is_committed_arrives_and_nothing_else_is_ever_seen);
as_it_ships!(heavy_torture_what_is_committed_arrives_and_nothing_else_is_ever_seen);

const SETTINGS: &str = "sync_interval = 0.1\nsweep_interval = 0.3\nreconcile_interval = 0.7\nmax_delete_fraction = 1.0\ntables = [\"torture\"]\n";

#[expect(clippy::print_stdout, reason = "the output of a test that fails is shown")]
fn heavy_torture_what_is_committed_arrives_and_nothing_else_is_ever_seen(server: Server) {
    let case = Case::new(server, torture(server));
    case.configure(&format!("{SETTINGS}{QUIET}"));
    let mut random = Random::seeded(7);
    let length = long_test_length();
    // In a minute, transactions stay open for five seconds; in less, for less.
    let longest = Duration::from_secs(5).min(length / 12);
    let watcher = Watcher::start(&case.replica_path());
    let load = Load::start(&case, Pace { writers: 8, longest }, &mut random);
    let kills = run_and_kill(&case, length, &mut random);
    let tally = load.stop();
    case.sync();
    let sightings = watcher.stop();
    let ledger = Ledger::read(&case);
    println!(
        "{kills} kills, {tally:?}, {} states, {} seen in {} looks",
        ledger.len(),
        sightings.states.len(),
        sightings.looks
    );
    ledger.assert_true(&sightings);
    torture_differences(&case).assert_none();
    assert!(kills >= 3 && tally.prepared > 10 && tally.rolled_back > 10, "{kills} kills, {tally:?}");
    assert!(sightings.looks > 50 && sightings.states.len() > 2500, "the reader saw too little");
}

/// Starts the daemon and kills it with SIGKILL, again and again; returns how often.
fn run_and_kill(case: &Case, length: Duration, random: &mut Random) -> usize {
    let started = Instant::now();
    let mut kills = 0;
    while started.elapsed() < length {
        let mut daemon = Daemon::start(case);
        // The moment of the kill is what is random here; nothing waits for anything.
        std::thread::sleep(
            Duration::from_millis(500) + length.div_f64(8.0).min(Duration::from_secs(4)).mul_f64(random.part()),
        );
        assert!(daemon.is_running(), "the daemon ended by itself: {:#?}", daemon.log());
        daemon.kill();
        kills += 1;
    }
    kills
}
