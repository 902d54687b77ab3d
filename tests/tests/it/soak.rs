//! A week in fast motion: churn, restarts of both sides, schema changes, a reader that holds its snapshot; nothing grows.

use std::time::Instant;

use rusqlite::Connection;
use test_servers::long_test_length;

use crate::case::Case;
use crate::load::Random;
use crate::running::{Daemon, QUIET, count, wait_until};
use crate::server::{OwnServer, Server};

const SETTINGS: &str = "sync_interval = 0.2\nsweep_interval = 0.5\nreconcile_interval = 1\nmax_delete_fraction = 1.0\ntables = [\"soak\"]\n";
/// A change of the schema, a restart of the server and one of the daemon come every so many rounds, one after the other.
const EVERY: u32 = 3;
/// The log may grow while a reader holds its snapshot, and no further than the changes of so long.
const LONGEST_LOG: u64 = 96 << 20;

/// As long as `DATA_SYNC_TEST_SECONDS` says: half an hour for a real one.
#[test]
fn heavy_a_week_in_fast_motion_leaves_nothing_that_grows() {
    let mut server = OwnServer::start(Server::Postgres);
    let case = Case::own(
        &server,
        "CREATE TABLE soak (id int PRIMARY KEY, text text, updated_at timestamptz NOT NULL DEFAULT clock_timestamp());
         INSERT INTO soak (id, text) SELECT n, md5(n::text) FROM generate_series(1, 5000) n",
    );
    case.configure(&format!("{SETTINGS}{QUIET}"));
    let mut random = Random::seeded(11);
    let mut daemon = Daemon::start(&case);
    let (started, mut round, mut usage) = (Instant::now(), 0, vec![Vec::new()]);
    while started.elapsed() < long_test_length() || round < 2 * EVERY {
        round += 1;
        // It waits for the daemon's next write, so while one is always there the log can't be emptied: each fourth round has none.
        let reader = (round % 4 != 0 && case.replica_path().exists()).then(|| snapshot(&case));
        churn(&case, &mut random);
        match round % (3 * EVERY) {
            // One column comes and the one before goes: a table that grew ever wider would need more memory each time.
            n if n == EVERY => case.sql(&format!(
                "ALTER TABLE soak ADD COLUMN c{round} int DEFAULT {round}, DROP COLUMN IF EXISTS c{}",
                round.saturating_sub(3 * EVERY)
            )),
            n if n == 2 * EVERY => server.restart(),
            0 => {
                daemon.kill();
                daemon = Daemon::start(&case);
                usage.push(Vec::new());
            }
            _ => {}
        }
        case.sql(&format!("INSERT INTO soak (id, text) VALUES ({}, 'round')", 1_000_000 + round));
        wait_until("the row of the round", &daemon, || {
            // Before the first copy there is no file, or no table in it.
            count(&case, "tmp_soak").is_some()
                && case.query("SELECT coalesce(max(id), 0) FROM tmp_soak").trim() == (1_000_000 + round).to_string()
        });
        drop(reader);
        let log = std::fs::metadata(format!("{}-wal", case.replica_path().display())).map_or(0, |log| log.len());
        assert!(log < LONGEST_LOG, "the log has {log} bytes in round {round}");
        usage.last_mut().unwrap().push(Usage::of(daemon.id()));
    }
    assert!(daemon.is_running());
    daemon.kill();
    usage.iter().for_each(|process| assert_flat(process));
    assert_no_process_needs_more(&usage);
    case.sync();
    let all = |table: &str| format!("SELECT id, text FROM {table} ORDER BY id");
    assert_eq!(case.ask(&all("soak")), case.query(&all("tmp_soak")).trim_end(), "after {round} rounds");
}

/// What a program holds, at one moment.
#[derive(Clone, Copy, Debug)]
struct Usage {
    files: usize,
    resident_kib: u64,
}

impl Usage {
    fn of(process: u32) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let resident_kib = line.trim().trim_end_matches("kB").trim().parse().unwrap();
        Self { files: std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count(), resident_kib }
    }
}

/// The last process, which found the file as the others left it, holds no more than they did.
fn assert_no_process_needs_more(usage: &[Vec<Usage>]) {
    let most = |process: &[Usage]| process.iter().map(|now| now.resident_kib).max();
    let whole: Vec<_> = usage.iter().filter(|process| process.len() >= 6).filter_map(|process| most(process)).collect();
    if let [first, .., last] = whole.as_slice() {
        assert!(*last <= first + first / 4 + 8192, "{whole:?} KiB, a process each");
    }
}

/// The later half holds no more than the earlier, but for what comes and goes with connections.
fn assert_flat(usage: &[Usage]) {
    let (early, late) = usage.split_at(usage.len() / 2);
    let most = |half: &[Usage]| (half.iter().map(|now| now.files).max(), half.iter().map(|now| now.resident_kib).max());
    if let ((Some(files), Some(kib)), (Some(later_files), Some(later_kib))) = (most(early), most(late)) {
        assert!(later_files <= files + 8, "{usage:?}");
        assert!(later_kib <= kib + kib / 4 + 8192, "{usage:?}");
    }
}

/// A reader in the middle of a transaction.
fn snapshot(case: &Case) -> Connection {
    let reader = Connection::open(case.replica_path()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema").unwrap();
    reader
}

fn churn(case: &Case, random: &mut Random) {
    for _ in 0..5 {
        let (from, shift) = (random.below(5000), random.below(1000));
        case.sql(&format!(
            "UPDATE soak SET text = md5('{shift}' || id), updated_at = clock_timestamp() WHERE id BETWEEN {from} AND {from} + 200;
             DELETE FROM soak WHERE id BETWEEN {from} + 250 AND {from} + 260;
             INSERT INTO soak (id, text) SELECT n, 'again' FROM generate_series({from} + 250, {from} + 255) n ON CONFLICT DO NOTHING;
             UPDATE soak SET text = 'silent' WHERE id = {from} + 300"
        ));
    }
}
