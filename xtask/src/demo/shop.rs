//! The source of the demo: its tables, and what goes on in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use test_servers::{Database, Error};

/// A table of the shop, and what the replica calls it.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) source: &'static str,
    pub(super) replica: &'static str,
    /// The column that says when a row was written.
    pub(super) changed: Option<&'static str>,
}

pub(super) const TABLES: [Table; 6] = [
    Table { source: "customers", replica: "tmp_customers", changed: Some("updated_at") },
    Table { source: "products", replica: "tmp_products", changed: Some("updated_at") },
    Table { source: "orders", replica: "tmp_orders", changed: Some("updated_at") },
    Table { source: "order_lines", replica: "tmp_order_lines", changed: Some("updated_at") },
    Table { source: "visits", replica: "tmp_visits", changed: None },
    Table { source: "audit.logs", replica: "tmp_audit_logs", changed: Some("created_at") },
];

/// How often something happens.
const PAUSE: Duration = Duration::from_millis(250);

/// Makes the tables and their first rows.
pub(super) fn fill(database: &Database) -> Result<(), Error> {
    database.execute(include_str!("shop.sql"))
}

/// All rows of the shop.
pub(super) fn count(database: &Database) -> Result<u64, Error> {
    let counts: Vec<String> = TABLES.iter().map(|table| format!("(SELECT count(*) FROM {})", table.source)).collect();
    let answer = database.query(&format!("SELECT {}", counts.join(" + ")))?;
    answer.parse().map_err(|_| Error::new(format!("a count of rows is {answer:?}")))
}

/// The writer, which changes every table a few times a second until it is closed.
pub(super) struct Shop<'scope> {
    closed: Arc<AtomicBool>,
    writer: ScopedJoinHandle<'scope, ()>,
}

impl<'scope> Shop<'scope> {
    pub(super) fn open(scope: &'scope Scope<'scope, '_>, database: &'scope Database) -> Self {
        let closed = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&closed);
        let writer = scope.spawn(move || {
            while !seen.load(Ordering::Relaxed) {
                if let Err(reason) = change(database) {
                    eprintln!("the shop's writer stops: {reason}");
                    return;
                }
                std::thread::park_timeout(PAUSE);
            }
        });
        Self { closed, writer }
    }

    pub(super) fn close(self) {
        self.closed.store(true, Ordering::Relaxed);
        self.writer.thread().unpark();
    }
}

fn change(database: &Database) -> Result<(), Error> {
    database.execute(include_str!("change.sql"))
}

#[cfg(test)]
mod tests {
    use test_servers::Postgres;

    use super::*;

    #[test]
    fn the_shop_is_filled_and_every_table_changes() {
        let database = Postgres::shared().database().unwrap();
        fill(&database).unwrap();
        assert!(count(&database).unwrap() >= 200_000);

        let fingerprints = || {
            let of = |table: &Table| {
                database.query(&format!("SELECT sum(hashtext(t::text)) FROM {} AS t", table.source)).unwrap()
            };
            TABLES.iter().map(of).collect::<Vec<_>>()
        };
        let before = fingerprints();
        change(&database).unwrap();
        for ((table, before), after) in TABLES.iter().zip(before).zip(fingerprints()) {
            assert_ne!(before, after, "{} must change", table.source);
        }
    }
}
