//! A disk that is full for a while.

use std::net::TcpListener;

use serde_json::Value;
use test_servers::SmallDisk;

use crate::case::Case;
use crate::compare::{assert_orders_equal, orders};
use crate::running::{Daemon, count, wait_until};
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
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    case.configure(&format!("sync_interval = 0.2\ntables = [\"orders\"]\n[http]\nlisten = \"127.0.0.1:{port}\"\n"));
    let status = || {
        let shown: Value = serde_json::from_str(&case.run(&["status", "--json"]).stdout).unwrap();
        shown["tables"][0]["last_error"].as_str().unwrap_or_default().to_owned()
    };
    let mut daemon = Daemon::start(&case);
    wait_until("the first copy", &daemon, || count(&case, "tmp_orders") == Some(3000));

    case.sql("SELECT fill(3001, 60000)");
    let complains = || daemon.log().iter().any(|line| line.contains("the disk is full"));
    wait_until("a complaint", &daemon, complains);
    wait_until("the status to say it", &daemon, || {
        status().ends_with("the disk is full; nothing was changed; free some space")
    });
    assert!(count(&case, "tmp_orders").is_some_and(|rows| rows < 60_000), "readers still see what there was");

    disk.resize(100).unwrap();
    wait_until("the rest", &daemon, || count(&case, "tmp_orders") == Some(60_000));
    wait_until("the status to be without an error", &daemon, || status().is_empty());
    assert!(daemon.is_running());
    drop(daemon);
    assert_orders_equal(&case);
    assert_eq!(case.query("PRAGMA integrity_check"), "ok");
}
