//! Somebody who keeps changing a table, several rows in a transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::case::Case;
use crate::server::Client;

/// Each row counts its changes twice, in one statement: a row whose numbers differ, or count down, was never committed so.
pub(crate) const VERSIONS: &str = "
CREATE TABLE versions (id int PRIMARY KEY, v int NOT NULL, twin int NOT NULL, updated_at timestamptz NOT NULL);
INSERT INTO versions SELECT g, 1, 1, now() FROM generate_series(1, 300) g;
";

/// Changes rows until stopped, on two connections.
pub(crate) struct Writer {
    stopped: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(case: &Case) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let threads = (0..2).map(|number| {
            let (client, stopped) = (case.connect(), Arc::clone(&stopped));
            std::thread::spawn(move || write(client, number, &stopped))
        });
        Self { threads: threads.collect(), stopped }
    }

    /// Stops, and returns when the last transaction has ended.
    pub(crate) fn stop(self) {
        self.stopped.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}

fn write(mut client: Client, number: u32, stopped: &AtomicBool) {
    let mut round = number;
    while !stopped.load(Ordering::Relaxed) {
        round = round.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        // Every third change leaves the stamp alone: no poll can see it.
        let stamp = if round.is_multiple_of(3) { "updated_at" } else { "clock_timestamp()" };
        // Ids of one half a connection, so that they never wait for each other.
        let ids = format!("id % 2 = {} AND id % 7 = {}", number % 2, round / 8 % 7);
        let change = format!("UPDATE versions SET v = v + 1, twin = twin + 1, updated_at = {stamp} WHERE {ids}");
        let end = if round.is_multiple_of(11) { "ROLLBACK" } else { "COMMIT" };
        client.execute(&format!("BEGIN; {change}; SELECT pg_sleep(0.005); {end}"));
    }
}

pub(crate) fn assert_versions_equal(case: &Case) {
    let source = case.ask("SELECT id, v, twin FROM versions ORDER BY id");
    let replica = case.query("SELECT id, v, twin FROM tmp_versions ORDER BY id");
    let differs: Vec<_> = source.lines().zip(replica.lines()).filter(|(a, b)| a != b).take(5).collect();
    assert_eq!(replica.lines().count(), source.lines().count());
    assert!(differs.is_empty(), "source and replica differ: {differs:?}");
}
