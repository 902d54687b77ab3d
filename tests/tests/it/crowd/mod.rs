//! Many clients at once, while a table is copied.

mod connections;
mod queries;

use std::net::TcpListener;

use crate::case::Case;
use crate::compare::orders;
use crate::server::Server;

/// Orders in the source, and a daemon's configuration with a port that is free.
fn shop(rows: u32) -> (Case, u16) {
    let case = Case::new(Server::Postgres, orders(Server::Postgres));
    case.sql(&format!("SELECT fill(1, {rows})"));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    case.configure(&format!("sync_interval = 0.2\ntables = [\"orders\"]\n[http]\nlisten = \"127.0.0.1:{port}\"\n"));
    (case, port)
}

/// What a process has resident, in KiB, and how many files it has open.
fn usage(process: u32) -> (u64, usize) {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let resident = line.trim().trim_end_matches("kB").trim().parse().unwrap();
    (resident, std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count())
}
