//! A disk that is full for a while.

use test_servers::SmallDisk;

use crate::case::Case;
use crate::compare::{assert_orders_equal, orders};
use crate::running::{Daemon, QUIET, count, wait_until};
use crate::server::{Server, on_each_server};

on_each_server!(heavy_a_full_disk_stops_a_table_with_a_reason_and_room_lets_it_go_on);

#[expect(clippy::print_stderr, reason = "whoever reads the output must see what was not tested")]
fn heavy_a_full_disk_stops_a_table_with_a_reason_and_room_lets_it_go_on(server: Server) {
    let Some(disk) = SmallDisk::new(6).unwrap() else {
        eprintln!("SKIPPED: only root may mount a small disk");
        return;
    };
    let case = Case::new(server, orders(server)).in_folder(disk.path());
    case.sql("SELECT fill(1, 3000)");
    case.configure(&format!("sync_interval = 0.2\ntables = [\"orders\"]\n{QUIET}"));
    let mut daemon = Daemon::start(&case);
    wait_until("the first copy", &daemon, || count(&case, "tmp_orders") == Some(3000));

    case.sql("SELECT fill(3001, 60000)");
    let complains = || daemon.log().iter().any(|line| line.contains("the disk is full"));
    wait_until("a complaint", &daemon, complains);
    assert!(count(&case, "tmp_orders").is_some_and(|rows| rows < 60_000), "readers still see what there was");

    disk.resize(100).unwrap();
    wait_until("the rest", &daemon, || count(&case, "tmp_orders") == Some(60_000));
    assert!(daemon.is_running());
    drop(daemon);
    assert_orders_equal(&case);
    assert_eq!(case.query("PRAGMA integrity_check"), "ok");
}
