//! A pooler that gives each transaction another session.

use test_servers::{PgBouncer, Postgres, long_test_length};

use crate::case::Case;
use crate::load::{Load, Pace, Random, torture, torture_differences};
use crate::running::{Daemon, QUIET, wait_until};
use crate::server::Server;

#[test]
fn heavy_through_a_pooler_in_transaction_mode_everything_arrives() {
    let Some(pooler) = PgBouncer::start(Postgres::shared()).unwrap() else {
        eprintln!("SKIPPED: PgBouncer is not installed; `cargo xtask test` installs it where it can");
        return;
    };
    let case = Case::postgres(torture(Server::Postgres));
    case.configure_at(
        pooler.port(),
        &format!(
            "sync_interval = 0.1\nsweep_interval = 0.3\nreconcile_interval = 0.5\nmax_delete_fraction = 1.0\n\
             tables = [\"torture\"]\n{QUIET}"
        ),
    );
    let daemon = Daemon::start(&case);
    let load = Load::start(&case, Pace { writers: 4, longest: long_test_length() / 40 }, &mut Random::seeded(13));
    // The load's time is the test's length.
    std::thread::sleep(long_test_length() / 2);
    load.stop();
    wait_until("everything to arrive", &daemon, || torture_differences(&case).is_empty());
    assert!(!daemon.log().iter().any(|line| line.contains("WARN")), "{:#?}", daemon.log());
}
