//! Memory stays within its bounds, whatever the size of a table or of a row.

use std::process::Child;

use crate::case::{Case, finish};
use crate::server::{Server, on_each_server};

on_each_server!(heavy_rows_of_any_width_stay_within_the_budget, a_row_that_is_too_large_is_kept_aside);

/// What the program takes besides, in KiB.
const BASE: u64 = 20 << 10;
const BUDGET: u64 = 16 << 10;
/// KiB of a wide row.
const WIDE: u64 = 8 << 10;
/// How often a wide row may be in memory at once. Of a stream that is read ahead it is more than ten times.
const COPIES: u64 = 4;

fn heavy_rows_of_any_width_stay_within_the_budget(server: Server) {
    let text = if server == Server::Postgres { "text" } else { "longtext" };
    let case = Case::new(
        server,
        &format!(
            "CREATE TABLE many (id int PRIMARY KEY, note text);
             INSERT INTO many SELECT g, repeat('0123456789abcdef', 16) FROM generate_series(1, 300000) g;
             CREATE TABLE wide (id int PRIMARY KEY, note {text});
             INSERT INTO wide SELECT g, repeat('x', 8388608) FROM generate_series(1, 30) g"
        ),
    );
    case.configure("tables = [\"many\"]");
    let many = peak(case.start(&["sync"]));
    assert!(many <= BASE + BUDGET, "{many} KiB");
    case.configure("tables = [\"wide\"]");
    let wide = peak(case.start(&["sync"]));
    assert!(wide <= BASE + BUDGET + COPIES * WIDE, "{wide} KiB");
    assert_eq!(case.query("SELECT count(*), sum(length(note)) FROM tmp_wide"), "30|251658240");
    assert_eq!(case.query("SELECT count(*), sum(length(note)) FROM tmp_many"), "300000|76800000");
}

/// The largest resident memory of a command that runs to its end, in KiB.
fn peak(mut child: Child) -> u64 {
    let file = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(&file).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = peak.max(line.map_or(0, |line| line.split_whitespace().next().unwrap().parse().unwrap()));
        std::thread::yield_now();
    }
    let ran = finish(child);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    peak
}

fn a_row_that_is_too_large_is_kept_aside(server: Server) {
    let case = Case::new(
        server,
        "CREATE TABLE notes (id int PRIMARY KEY, note text);
         INSERT INTO notes VALUES (1, 'short'), (2, repeat('x', 5000))",
    );
    case.configure("tables = [\"notes\"]\nmax_row_bytes = 2000");
    case.run(&["sync"]);
    assert_eq!(case.query("SELECT group_concat(id) FROM tmp_notes"), "1");
    let failed = case.query("SELECT error FROM tmp_data_sync_failed_rows");
    assert!(failed.ends_with("bytes and max_row_bytes is 2000; raise it"), "{failed}");
    case.configure("tables = [\"notes\"]");
    case.sync();
    assert_eq!(case.query("SELECT group_concat(id) FROM tmp_notes"), "1,2");
    assert_eq!(case.query("SELECT count(*) FROM tmp_data_sync_failed_rows"), "0");
}
