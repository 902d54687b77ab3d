//! A crash at any moment costs nothing but time.

use std::time::Duration;

use crate::case::Case;
use crate::compare::{ORDERS, assert_orders_equal};

/// Kills that must have hit a running command.
const KILLS: usize = 20;

#[test]
fn heavy_killed_at_any_moment_of_a_copy_or_a_poll_it_ends_equal() {
    let case = Case::new(ORDERS);
    case.sql("SELECT fill(1, 150000)");
    case.configure("tables = [\"orders\"]");
    let mut random = Random(0x5eed);
    let (mut kills, mut resumed, mut published) = (0, false, false);
    for round in 0..10 * KILLS {
        let mut child = case.start(&["sync"]);
        // The moment is what is random here; nothing waits for anything.
        std::thread::sleep(Duration::from_millis(random.below(600)));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
        resumed |= copying(&case);
        published |= is_published(&case);
        let first = 150_001 + 1000 * round;
        case.sql(&format!("SELECT fill({first}, {first} + 999)"));
        case.sql(&format!(
            "UPDATE orders SET note = 'round {round}', updated_at = now() WHERE id % 997 = {round} % 997"
        ));
        // Once it is published, go on for some polls; copies are forced anew by another column.
        if published && kills % 5 == 4 && kills < KILLS {
            case.sql(&format!("ALTER TABLE orders ADD COLUMN IF NOT EXISTS extra{kills} int"));
        }
        if kills >= KILLS && resumed && published {
            break;
        }
    }
    assert!(kills >= KILLS, "only {kills} kills hit a running command");
    assert!(resumed, "no kill hit a copy after its first checkpoint");
    case.sync();
    assert_orders_equal(&case);
    assert_eq!(case.query("PRAGMA integrity_check"), "ok");
    assert_eq!(case.changed_by_sync(), 0);
}

#[test]
fn a_killed_copy_goes_on_from_its_checkpoint() {
    let case = Case::new(ORDERS);
    case.sql("SELECT fill(1, 200000)");
    case.configure("tables = [\"orders\"]");
    let mut child = case.start(&["sync"]);
    let mut tries = 0;
    while !copying(&case) && child.try_wait().unwrap().is_none() && tries < 10_000 {
        tries += 1;
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(copying(&case), "the copy was over before it could be killed");
    assert!(!is_published(&case), "half a table is visible");
    case.sql("UPDATE orders SET note = 'meanwhile' WHERE id IN (1, 200000)");
    let ran = case.run(&["sync", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["tables"][0]["work"], "resumed", "{report}");
    assert!(report["tables"][0]["rows_read"].as_u64().unwrap() < 200_000, "{report}");
    assert_orders_equal(&case);
}

/// Whether a copy stands at a checkpoint.
fn copying(case: &Case) -> bool {
    state(case).is_some_and(|state| state.eq_ignore_ascii_case("building"))
}

fn is_published(case: &Case) -> bool {
    state(case).is_some_and(|state| state.eq_ignore_ascii_case("live"))
}

/// The state of the only table; nothing while the file has not come so far.
fn state(case: &Case) -> Option<String> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
    let replica = rusqlite::Connection::open_with_flags(case.replica_path(), flags).ok()?;
    replica.query_row("SELECT state FROM tmp_data_sync_metadata", [], |row| row.get(0)).ok()
}

/// A small generator with a fixed seed, so that a failing run can be had again.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}
