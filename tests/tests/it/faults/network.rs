//! A network that resets, stalls, cuts and delays.

use std::time::{Duration, Instant};

use test_servers::long_test_length;

use crate::case::Case;
use crate::compare::{assert_orders_equal, orders};
use crate::load::{Load, Pace, Random, torture, torture_differences};
use crate::proxy::{Mode, Proxy};
use crate::running::{Daemon, QUIET, wait_until};
use crate::server::{Server, on_each_server};

on_each_server!(
    heavy_through_resets_stalls_cuts_and_delays_everything_arrives,
    heavy_a_copy_that_is_cut_in_the_middle_of_messages_goes_on_and_is_whole
);

/// So that a stalled connection is given up within a test.
const IMPATIENT: &str = "connect_timeout = 2\nstatement_timeout = 2\nidle_timeout = 2\nscan_timeout = 5";

fn heavy_through_resets_stalls_cuts_and_delays_everything_arrives(server: Server) {
    let case = Case::new(server, torture(server));
    let proxy = Proxy::to(&case.database);
    case.configure_with(
        &format!(
            "sync_interval = 0.1\nsweep_interval = 0.3\nreconcile_interval = 0.5\nmax_delete_fraction = 1.0\n\
             tables = [\"torture\"]\n{QUIET}"
        ),
        &format!("url = \"{}\"\n{IMPATIENT}", case.url_at(proxy.port())),
    );
    let mut random = Random::seeded(3);
    let length = long_test_length();
    let load = Load::start(&case, Pace { writers: 3, longest: length / 30 }, &mut random);
    let mut daemon = Daemon::start(&case);
    let (started, mut resets) = (Instant::now(), 0);
    while started.elapsed() < length {
        for mode in [Mode::Reset, Mode::Slow, Mode::Swallow, Mode::Cut] {
            proxy.set(mode);
            // How long a fault lasts is what is random here.
            std::thread::sleep(Duration::from_millis(50 + random.below(700)));
            proxy.set(Mode::Pass);
            proxy.reset_after(random.below(60_000) as i64);
            std::thread::sleep(Duration::from_millis(300 + random.below(700)));
            resets += usize::from(proxy.has_reset());
        }
    }
    load.stop();
    wait_until("everything to arrive", &daemon, || torture_differences(&case).is_empty());
    assert!(daemon.is_running() && resets > 0, "{resets} resets: {:#?}", daemon.log());
}

fn heavy_a_copy_that_is_cut_in_the_middle_of_messages_goes_on_and_is_whole(server: Server) {
    let case = Case::new(server, orders(server));
    case.sql("SELECT fill(1, 60000)");
    let proxy = Proxy::to(&case.database);
    case.configure_with(
        &format!("sync_interval = 0.1\ntables = [\"orders\"]\n{QUIET}"),
        &format!("url = \"{}\"\n{IMPATIENT}", case.url_at(proxy.port())),
    );
    let mut random = Random::seeded(5);
    let daemon = Daemon::start(&case);
    for _ in 0..4 {
        proxy.reset_after(1_000_000 + random.below(700_000) as i64);
        wait_until("a reset", &daemon, || proxy.has_reset());
        // Rows that the copy passed, and rows that it did not reach.
        case.sql("UPDATE orders SET note = note || '!' WHERE id % 5000 = 1");
    }
    let copied = || case.replica_path().exists() && is_live(&case);
    wait_until("the copy", &daemon, copied);
    case.sql("SELECT fill(60001, 60010)");
    let last = || case.query("SELECT max(id) FROM tmp_orders") == "60010";
    wait_until("what came after the copy", &daemon, last);
    drop(daemon);
    case.sync();
    assert_orders_equal(&case);
}

fn is_live(case: &Case) -> bool {
    crate::running::count(case, "tmp_orders").is_some()
}
