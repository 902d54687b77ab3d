//! How far it goes: a thousand tables, and a replica of fifty gigabytes.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::case::Case;
use crate::compare::{assert_orders_equal, orders};
use crate::running::{Daemon, QUIET, wait_until};
use crate::server::Server;

const TABLES: usize = 1000;

/// All of them are due at once: when the daemon starts, and when it is asked for all.
#[test]
fn heavy_a_thousand_tables_in_one_configuration_are_all_kept() {
    let tables: String = (0..TABLES)
        .map(|n| format!("CREATE TABLE t{n} (id int PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT now()); INSERT INTO t{n} VALUES (1);"))
        .collect();
    let case = Case::postgres(&tables);
    let names: Vec<_> = (0..TABLES).map(|n| format!("\"t{n}\"")).collect();
    case.configure(&format!("sync_interval = 1\nsweep_interval = 3600\ntables = [{}]\n{QUIET}", names.join(", ")));
    let daemon = Daemon::start(&case);
    wait_until("the first copies", &daemon, || all_have(&case, 1));
    let inserts: String = (0..TABLES).map(|n| format!("INSERT INTO t{n} VALUES (2);")).collect();
    case.sql(&inserts);
    wait_until("a change of each", &daemon, || all_have(&case, 2));
    drop(daemon);
    let status: Value = serde_json::from_str(&case.run(&["status", "--json"]).stdout).unwrap();
    assert_eq!(status["tables"].as_array().map(Vec::len), Some(TABLES));
    assert_eq!(case.changed_by_sync(), 0);
}

/// Whether each table has so many rows.
fn all_have(case: &Case, rows: i64) -> bool {
    let Ok(replica) = Connection::open_with_flags(case.replica_path(), OpenFlags::SQLITE_OPEN_READ_ONLY) else {
        return false;
    };
    let count = |n| replica.query_row(&format!("SELECT count(*) FROM tmp_t{n}"), [], |row| row.get::<_, i64>(0));
    (0..TABLES).all(|n| count(n) == Ok(rows))
}

const PAGE: u64 = 8192;
const FIFTY_GIGABYTES: u64 = 50 << 30;

/// Its pages take no room on the disk, as nothing was written to most of them; what comes is written beyond them.
#[test]
fn heavy_a_replica_of_fifty_gigabytes_takes_rows_beyond_them() {
    let case = Case::new(Server::Postgres, orders(Server::Postgres));
    case.sql("SELECT fill(1, 2000)");
    case.configure("tables = [\"orders\"]");
    case.sync();
    stretch(&case.replica_path(), FIFTY_GIGABYTES / PAGE);
    assert_eq!(case.query("PRAGMA page_count"), (FIFTY_GIGABYTES / PAGE).to_string());

    case.sql(
        "SELECT fill(2001, 6000); UPDATE orders SET note = 'late' WHERE id % 100 = 0; DELETE FROM orders WHERE id = 5",
    );
    assert!(case.changed_by_sync() >= 4000);
    assert_orders_equal(&case);
    let file = std::fs::metadata(case.replica_path()).unwrap();
    assert!(file.len() > FIFTY_GIGABYTES && file.blocks() * 512 < 64 << 20, "{} bytes", file.len());
    let verified = case.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    let checked: Value = serde_json::from_str(&case.run(&["check", "--json"]).stdout).unwrap();
    assert_eq!(checked["replica"]["bytes"], file.len());

    // A table that is copied anew is built there too, and takes the place of the old one.
    assert_eq!(case.run(&["resync", "orders"]).code, 0);
    case.sync();
    assert_orders_equal(&case);
}

/// Makes a file that was closed in good order so many pages long, as SQLite's file format has it: the length in its head, big-endian.
fn stretch(path: &Path, pages: u64) {
    let mut file = File::options().read(true).write(true).open(path).unwrap();
    let mut head = [0; 100];
    file.read_exact(&mut head).unwrap();
    assert_eq!(u64::from(u16::from_be_bytes([head[16], head[17]])), PAGE);
    assert_eq!(head[24..28], head[92..96], "the length in the head is not in force");
    file.set_len(pages * PAGE).unwrap();
    file.seek(SeekFrom::Start(28)).unwrap();
    file.write_all(&u32::try_from(pages).unwrap().to_be_bytes()).unwrap();
}
