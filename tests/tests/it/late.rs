//! Commits that come late, with a stamp that others have passed.

use crate::case::Case;
use crate::running::{Daemon, QUIET, count, wait_until};
use crate::server::{Server, as_it_ships, on_each_server};

on_each_server!(a_transaction_that_commits_late_is_seen_though_nothing_is_compared);
as_it_ships!(a_transaction_that_commits_late_is_seen_though_nothing_is_compared);

const EVENTS: &str = "CREATE TABLE events (id int PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX events_by_time ON events (updated_at, id);
INSERT INTO events (id) VALUES (1)";

/// What is said of the moment of a row: whether it is so long ago that no margin for clocks reaches it.
const LONG_AGO: &str = "SELECT count(*) FROM events WHERE id = 2 AND updated_at < ";

fn a_transaction_that_commits_late_is_seen_though_nothing_is_compared(server: Server) {
    let case = Case::new(server, EVENTS);
    case.configure(&format!("sync_interval = 0.1\nreconcile_interval = 3600\ntables = [\"events\"]\n{QUIET}"));
    let daemon = Daemon::start(&case);
    wait_until("the first copy", &daemon, || count(&case, "tmp_events") == Some(1));

    let mut late = case.connect();
    late.execute("BEGIN; INSERT INTO events (id) VALUES (1000)");
    // Stamped after the late one, committed before it, and so old in the end that the cursor would have passed it.
    case.sql("INSERT INTO events (id) VALUES (2)");
    wait_until("what was committed meanwhile", &daemon, || count(&case, "tmp_events") == Some(2));
    let then = match server {
        Server::Postgres => "now() - interval '3 seconds'",
        Server::Mariadb(_) => "now() - interval 3 second",
    };
    wait_until("time to pass", &daemon, || case.ask(&format!("{LONG_AGO}{then}")) == "1");
    case.sql("INSERT INTO events (id) VALUES (3)");
    wait_until("the newest", &daemon, || case.query("SELECT max(id) FROM tmp_events") == "3");

    late.execute("COMMIT");
    wait_until("the late one", &daemon, || count(&case, "tmp_events") == Some(4));
}
