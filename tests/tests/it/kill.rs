//! A crash at any moment costs nothing but time.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use sync_core::CopyState;

use crate::case::Case;
use crate::compare::{assert_orders_equal, orders};
use crate::http::Client;
use crate::load::Random;
use crate::proxy::{Mode, Proxy};
use crate::running::{Daemon, stored, wait_until};
use crate::server::{Server, on_each_server};

on_each_server!(
    heavy_killed_at_any_moment_of_a_copy_or_a_poll_it_ends_equal,
    a_killed_copy_goes_on_from_its_checkpoint,
    a_copy_that_was_asked_for_is_made_after_a_kill_too
);

/// How long a copy may take to store something.
const PATIENCE: Duration = Duration::from_secs(60);

/// Kills of a first copy, of polls, and of a copy beside a published table, each of which must have hit a running command.
const KILLS: [usize; 3] = [9, 9, 5];

fn heavy_killed_at_any_moment_of_a_copy_or_a_poll_it_ends_equal(server: Server) {
    let case = Case::new(server, orders(server));
    case.sql("SELECT fill(1, 150000)");
    case.configure("tables = [\"orders\"]");
    let mut killer = Killer { case: &case, random: Random::new(0x5eed), round: 0 };
    killer.kill(KILLS[0], Duration::from_millis(800));
    case.sync();
    assert_orders_equal(&case);

    let started = Instant::now();
    case.sync();
    killer.kill(KILLS[1], started.elapsed());
    case.sync();
    assert_orders_equal(&case);

    // Another column means another copy, beside the table that readers see.
    case.sql("ALTER TABLE orders ADD COLUMN extra int");
    killer.kill(KILLS[2], Duration::from_millis(800));
    case.sync();
    assert_orders_equal(&case);
    assert_eq!(case.query("PRAGMA integrity_check"), "ok");
    assert_eq!(case.changed_by_sync(), 0);
}

struct Killer<'a> {
    case: &'a Case,
    random: Random,
    round: u64,
}

impl Killer<'_> {
    /// Kills so many running commands, each within `longest` of its start, and changes the source in between.
    fn kill(&mut self, kills: usize, longest: Duration) {
        let mut hit = 0;
        for _ in 0..20 * kills {
            let mut child = self.case.start(&["sync"]);
            // The moment is what is random here; nothing waits for anything.
            std::thread::sleep(longest.mul_f64(self.random.part()));
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                hit += 1;
            }
            child.wait().unwrap();
            self.change();
            if hit >= kills {
                return;
            }
        }
        panic!("only {hit} of {kills} kills hit a running command");
    }

    fn change(&mut self) {
        let (round, first) = (self.round, 150_001 + 100 * self.round);
        self.round += 1;
        self.case.sql(&format!(
            "SELECT fill({first}, {first} + 99);
             UPDATE orders SET note = 'round {round}', updated_at = now() WHERE id % 997 = {round} % 997"
        ));
    }
}

fn a_killed_copy_goes_on_from_its_checkpoint(server: Server) {
    let case = Case::new(server, orders(server));
    case.sql("SELECT fill(1, 200000)");
    let proxy = Proxy::to(&case.database);
    case.configure_with("tables = [\"orders\"]", &format!("url = \"{}\"", case.url_at(proxy.port())));
    // Some of the rows: what was read of them is stored after a moment, and the copy can't be over before it is killed.
    proxy.hold_after(6_000_000);
    let mut child = case.start(&["sync"]);
    let started = Instant::now();
    while !copying(&case) && child.try_wait().unwrap().is_none() && started.elapsed() < PATIENCE {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    proxy.set(Mode::Pass);
    assert!(copying(&case), "no checkpoint was stored");
    assert!(!is_published(&case), "half a table is visible");
    case.sql("UPDATE orders SET note = 'meanwhile' WHERE id IN (1, 200000)");
    let ran = case.run(&["sync", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["tables"][0]["work"], "resumed", "{report}");
    assert!(report["tables"][0]["rows_read"].as_u64().unwrap() < 200_000, "{report}");
    assert_orders_equal(&case);
}

fn a_copy_that_was_asked_for_is_made_after_a_kill_too(server: Server) {
    let case = Case::new(server, orders(server));
    case.sql("SELECT fill(1, 1000)");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    case.configure(&format!("tables = [\"orders\"]\n[http]\nlisten = \"127.0.0.1:{port}\"\n"));
    let daemon = Daemon::start(&case);
    wait_until("the first copy", &daemon, || is_published(&case));
    wait_until("its run to end", &daemon, || Client::of(port).get("/sync-status").1.contains(r#""phase":"done""#));
    let mut client = Client::of(port);
    // So that the copy is asked for, and not begun.
    for path in ["/pause", "/resync"] {
        let (status, answer) = client.post(path, r#"{"table": "orders"}"#);
        assert_eq!(status, 200, "{path}: {answer}");
    }
    daemon.kill();
    assert_eq!(case.query("SELECT count(*) FROM tmp_orders"), "1000", "readers keep the rows");
    for work in ["copied", "followed"] {
        let report: serde_json::Value = serde_json::from_str(&case.run(&["sync", "--json"]).stdout).unwrap();
        assert_eq!(report["tables"][0]["work"], work, "{report}");
    }
    assert_orders_equal(&case);
}

/// Whether a copy stands at a checkpoint.
fn copying(case: &Case) -> bool {
    stored(case).is_some_and(|table| table.state == Some(CopyState::Building))
}

fn is_published(case: &Case) -> bool {
    stored(case).is_some_and(|table| table.published)
}
