//! A standby as the source, and what becomes of the replica when it takes its primary's place.

use test_servers::{Postgres, PostgresOptions};

use crate::case::Case;
use crate::compare::Differences;
use crate::proxy::Proxy;

const ROWS: &str =
    "CREATE TABLE t (id int PRIMARY KEY, word text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
INSERT INTO t SELECT g, 'first' FROM generate_series(1, 50) g";

struct Pair {
    case: Case,
    proxy: Proxy,
    primary: Postgres,
    standby: Postgres,
}

/// A primary with its standby, and a replica that reads from the one that `source` chooses.
fn pair(source: fn(&Pair) -> &Postgres) -> Pair {
    let primary = Postgres::start(&PostgresOptions::new()).unwrap();
    let case = Case::on(&primary, ROWS);
    let standby = primary.standby().unwrap();
    let pair = Pair { proxy: Proxy::to(&primary), case, primary, standby };
    pair.proxy.aim(source(&pair));
    pair.case.configure_at(pair.proxy.port(), "max_delete_fraction = 1.0\ntables = [\"t\"]");
    pair.case.sync();
    pair.assert_equal(source(&pair));
    pair
}

impl Pair {
    fn on(&self, server: &Postgres, sql: &str) -> String {
        server.query(self.case.database.name(), sql).unwrap()
    }

    fn assert_equal(&self, server: &Postgres) {
        let source = self.on(server, "SELECT id, word FROM t ORDER BY id");
        Differences::between(&source, &self.case.query("SELECT id, word FROM tmp_t ORDER BY id")).assert_none();
    }
}

#[test]
fn a_standby_is_followed_through_its_promotion() {
    let pair = pair(|pair| &pair.standby);
    let change = "INSERT INTO t VALUES (100, 'new', '2020-01-01'); UPDATE t SET word = 'silent' WHERE id = 3; DELETE FROM t WHERE id = 4";
    pair.on(&pair.primary, change);
    pair.standby.wait_until_caught_up(&pair.primary).unwrap();
    pair.case.sync();
    pair.assert_equal(&pair.standby);

    pair.standby.promote().unwrap();
    pair.on(
        &pair.standby,
        "INSERT INTO t VALUES (101, 'newer', '2020-01-01'); UPDATE t SET word = 'silent too' WHERE id = 5",
    );
    pair.case.sync();
    pair.case.sync();
    pair.assert_equal(&pair.standby);
}

#[test]
fn commits_that_a_failover_lost_are_lost_in_the_replica_too() {
    let mut pair = pair(|pair| &pair.primary);
    pair.standby.wait_until_caught_up(&pair.primary).unwrap();
    pair.standby.cut_off().unwrap();
    let doomed: String = (200..230).map(|id| format!("INSERT INTO t VALUES ({id}, 'doomed');\n")).collect();
    pair.on(
        &pair.primary,
        &format!("{doomed} UPDATE t SET word = 'doomed' WHERE id <= 5; DELETE FROM t WHERE id = 10"),
    );
    pair.case.sync();
    pair.assert_equal(&pair.primary);

    pair.primary.kill().unwrap();
    pair.standby.promote().unwrap();
    assert_eq!(pair.on(&pair.standby, "SELECT count(*) FROM t WHERE word = 'doomed'"), "0");
    pair.proxy.aim(&pair.standby);
    let other: String = (300..330).map(|id| format!("INSERT INTO t VALUES ({id}, 'other', '2020-01-01');\n")).collect();
    pair.on(&pair.standby, &other);
    pair.case.sync();
    pair.case.sync();
    pair.assert_equal(&pair.standby);
}
