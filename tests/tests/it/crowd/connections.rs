//! Ten thousand connections that say nothing, at a daemon that may have a thousand files open.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Command, Stdio};

use socket2::{Domain, Socket, Type};

use super::{shop, usage};
use crate::case::Case;
use crate::compare::assert_orders_equal;
use crate::http::Client;
use crate::running::{Daemon, count, wait_until};

const CONNECTIONS: usize = 10_000;
/// Of the daemon. It takes 128 connections at a time, and has its own files beside them.
const FILES: usize = 1024;
const MOST_FILES: usize = 128 + 100;
const MOST_KIB: u64 = 128 << 10;

#[test]
fn heavy_ten_thousand_connections_keep_no_sync_from_going_on() {
    if own_files() < CONNECTIONS + 1000 {
        eprintln!("SKIPPED: this process may open {} files; `ulimit -n 20000` lets it try", own_files());
        return;
    }
    let (case, port) = shop(1000);
    let daemon = Daemon::of(limited(&case).spawn().unwrap());
    wait_until("the first copy", &daemon, || count(&case, "tmp_orders") == Some(1000));
    wait_until("the endpoints", &daemon, || TcpStream::connect(("127.0.0.1", port)).is_ok());

    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let silent: Vec<_> = (0..CONNECTIONS).map(|_| begin(address)).collect();
    for rows in [2000, 3000] {
        case.sql(&format!("SELECT fill({rows} - 999, {rows})"));
        wait_until("the rows that came meanwhile", &daemon, || count(&case, "tmp_orders") == Some(rows));
    }
    let (kib, files) = usage(daemon.id());
    assert!(files < MOST_FILES && kib < MOST_KIB, "{files} files, {kib} KiB");
    drop(silent);
    assert_eq!(Client::of(port).post("/query", r#"{"sql": "SELECT count(*) AS n FROM orders"}"#).0, 200);
    drop(daemon);
    assert_orders_equal(&case);
}

/// The daemon in a process that gave away its right to more files.
fn limited(case: &Case) -> Command {
    let daemon = case.command(&["run", "--log-format", "human"]);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", &format!("ulimit -n {FILES} && exec \"$0\" \"$@\"")])
        .arg(daemon.get_program())
        .args(daemon.get_args());
    limited.current_dir(case.folder.path()).env_remove("RUST_LOG");
    limited.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    limited
}

/// A connection under way: whether the server takes it is its own affair.
fn begin(address: SocketAddr) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_nonblocking(true).unwrap();
    // It is answered later, or not at all.
    let _ = socket.connect(&address.into());
    socket
}

/// How many files this process may open.
fn own_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap_or(usize::MAX)
}
