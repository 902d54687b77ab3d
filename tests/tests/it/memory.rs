//! Memory stays within its bounds, whatever the size of a table.

use std::process::Child;

use crate::case::{Case, finish};

/// What the program takes besides, in KiB.
const BASE: u64 = 20 << 10;
const BUDGET: u64 = 16 << 10;
/// How many times its size a wide row may take: on the wire, in batches, and in SQLite.
const COPIES: u64 = 10;

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

#[test]
fn heavy_many_rows_and_wide_ones_stay_within_the_budget() {
    let case = Case::new(
        "CREATE TABLE many (id int PRIMARY KEY, note text);
         INSERT INTO many SELECT g, repeat(md5(g::text), 8) FROM generate_series(1, 300000) g;
         CREATE TABLE wide (id int PRIMARY KEY, note text);
         ALTER TABLE wide ALTER note SET STORAGE EXTERNAL;
         INSERT INTO wide SELECT g, repeat('x', 4 << 20) FROM generate_series(1, 12) g",
    );
    case.configure("tables = [\"many\"]");
    let many = peak(case.start(&["sync"]));
    assert!(many <= BASE + BUDGET, "{many} KiB");
    case.configure("tables = [\"wide\"]");
    let wide = peak(case.start(&["sync"]));
    assert!(wide <= BASE + BUDGET + COPIES * (4 << 10), "{wide} KiB");
    assert_eq!(case.query("SELECT count(*), sum(length(note)) FROM tmp_wide"), "12|50331648");
    assert_eq!(case.query("SELECT count(*), sum(length(note)) FROM tmp_many"), "300000|76800000");
}

#[test]
fn a_row_above_max_row_bytes_is_a_failed_row_until_that_is_raised() {
    let case = Case::new(
        "CREATE TABLE notes (id int PRIMARY KEY, note text);
         INSERT INTO notes VALUES (1, 'short'), (2, repeat('x', 5000))",
    );
    case.configure("tables = [\"notes\"]\nmax_row_bytes = 2000");
    case.run(&["sync"]);
    assert_eq!(case.query("SELECT group_concat(id) FROM tmp_notes"), "1");
    let failed = case.query("SELECT error FROM tmp_data_sync_failed_rows");
    assert_eq!(failed, "the row has 5014 bytes and max_row_bytes is 2000; raise it");
    case.configure("tables = [\"notes\"]");
    case.sync();
    assert_eq!(case.query("SELECT group_concat(id) FROM tmp_notes"), "1,2");
    assert_eq!(case.query("SELECT count(*) FROM tmp_data_sync_failed_rows"), "0");
}
