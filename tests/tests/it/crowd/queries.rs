//! Sixty-four clients that ask without a pause while a table is copied.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use test_servers::long_test_length;

use super::{shop, usage};
use crate::case::Case;
use crate::compare::assert_orders_equal;
use crate::http::Client;
use crate::running::{Daemon, count, wait_until};

const CLIENTS: u32 = 64;
const ROWS: u32 = 60_000;
/// What the rows on their way and the file's cache may take, with as much again for answers and the program itself.
const MOST_KIB: u64 = 256 << 10;

#[test]
fn heavy_sixty_four_clients_are_answered_or_sent_away_while_a_table_is_copied() {
    let (case, port) = shop(ROWS);
    let daemon = Daemon::start(&case);
    wait_until("the first copy", &daemon, || {
        count(&case, "tmp_orders") == Some(ROWS.into()) && !last_copy(&case).is_empty()
    });
    let (alone, _) = copies(&case, &daemon, port, Duration::from_secs(2));
    let ended = &AtomicBool::new(false);
    let (answers, (beside, most)) = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|seed| scope.spawn(move || ask_on(port, seed, ended))).collect();
        let beside = copies(&case, &daemon, port, long_test_length());
        ended.store(true, Ordering::Relaxed);
        let mut answers = BTreeMap::<u16, u64>::new();
        for client in clients {
            client
                .join()
                .unwrap()
                .into_iter()
                .for_each(|(status, number)| *answers.entry(status).or_default() += number);
        }
        (answers, beside)
    });
    eprintln!("copies a second: {alone:.2} alone, {beside:.2} beside {answers:?}; {most} KiB resident");
    assert!(answers.keys().all(|status| [200, 429, 503].contains(status)), "{answers:?}");
    assert!(answers[&200] > u64::from(CLIENTS), "{answers:?}");
    assert!(beside > 0.0, "a copy must end beside them");
    assert!(most < MOST_KIB, "{most} KiB");
    case.sql("UPDATE orders SET note = 'after the crowd' WHERE id = 7");
    let changed = "SELECT count(*) FROM tmp_orders WHERE note = 'after the crowd'";
    wait_until("a change after it", &daemon, || case.query(changed) == "1");
    drop(daemon);
    assert_orders_equal(&case);
}

/// Copies in a second, one after the other for so long and one at least, and the most memory that was held meanwhile.
fn copies(case: &Case, daemon: &Daemon, port: u16, length: Duration) -> (f64, u64) {
    let (mut client, mut number, mut most) = (Client::of(port), 0, 0);
    let started = Instant::now();
    while number == 0 || started.elapsed() < length {
        let before = last_copy(case);
        assert_eq!(client.post("/resync", r#"{"table": "orders"}"#).0, 200);
        wait_until("a copy", daemon, || last_copy(case) != before);
        most = most.max(usage(daemon.id()).0);
        number += 1;
    }
    (f64::from(number) / started.elapsed().as_secs_f64(), most)
}

/// Which run was a copy, the last time.
fn last_copy(case: &Case) -> String {
    case.query(&format!("SELECT max(run) FROM tmp_data_sync_log WHERE rows_read >= {ROWS}"))
}

fn ask_on(port: u16, seed: u32, ended: &AtomicBool) -> BTreeMap<u16, u64> {
    let (mut client, mut answers, mut asked) = (Client::of(port), BTreeMap::new(), seed);
    while !ended.load(Ordering::Relaxed) {
        asked = asked.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let body = match asked % 3 {
            0 => format!(r#"{{"sql": "SELECT * FROM orders WHERE id = ?", "params": [{}]}}"#, asked % ROWS + 1),
            1 => r#"{"sql": "SELECT * FROM orders ORDER BY id LIMIT 100"}"#.to_owned(),
            _ => r#"{"sql": "SELECT paid, count(*) FROM orders GROUP BY paid"}"#.to_owned(),
        };
        let (status, answer) = client.post("/query", &body);
        assert!(answer.starts_with('{') && answer.ends_with('}'), "{answer}");
        *answers.entry(status).or_default() += 1;
    }
    answers
}
