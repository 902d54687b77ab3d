//! A replica of MariaDB as the source, and what becomes of ours when it takes its primary's place.

use test_servers::{Mysql, MysqlOptions, Transactions};

use crate::case::Case;
use crate::compare::Differences;
use crate::proxy::Proxy;
use crate::server::{Client, Server};

const ROWS: &str =
    "CREATE TABLE t (id int PRIMARY KEY, word varchar(20) NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
INSERT INTO t (id, word) SELECT g, 'first' FROM generate_series(1, 50) g";

struct Pair {
    case: Case,
    proxy: Proxy,
    primary: Mysql,
    replica: Mysql,
}

/// A primary with its replica, and ours of the one that `source` chooses.
fn pair(source: fn(&Pair) -> &Mysql, settings: &str) -> Pair {
    let primary = Mysql::start(&MysqlOptions::new()).unwrap();
    let case = Case::on_mariadb(&primary, ROWS);
    let replica = primary.replica(&MysqlOptions::new()).unwrap();
    replica.wait_until_caught_up(&primary).unwrap();
    let pair = Pair { proxy: Proxy::to(&primary), case, primary, replica };
    pair.proxy.aim(source(&pair));
    pair.case.configure_at(pair.proxy.port(), &format!("{settings}\nmax_delete_fraction = 1.0\ntables = [\"t\"]"));
    pair.case.sync();
    pair.assert_equal(source(&pair));
    pair
}

impl Pair {
    fn on(&self, server: &Mysql, sql: &str) -> String {
        Client::connect(Server::Mariadb(Transactions::Visible), &server.url(self.case.database.name())).query(sql)
    }

    fn assert_equal(&self, server: &Mysql) {
        let source = self.on(server, "SELECT id, word FROM t ORDER BY id");
        Differences::between(&source, &self.case.query("SELECT id, word FROM tmp_t ORDER BY id")).assert_none();
    }
}

#[test]
fn a_replica_is_followed_as_far_as_it_is_and_through_its_promotion() {
    let pair = pair(|pair| &pair.replica, "");
    pair.replica.pause_replay().unwrap();
    pair.on(
        &pair.primary,
        "INSERT INTO t VALUES (100, 'new', '2020-01-01'); UPDATE t SET word = 'silent' WHERE id = 3; DELETE FROM t WHERE id = 4",
    );
    assert_eq!(pair.case.changed_by_sync(), 0, "it does not know yet");
    pair.replica.resume_replay().unwrap();
    pair.replica.wait_until_caught_up(&pair.primary).unwrap();
    assert_eq!(pair.case.changed_by_sync(), 3);
    pair.assert_equal(&pair.replica);

    pair.replica.promote().unwrap();
    pair.on(
        &pair.replica,
        "INSERT INTO t VALUES (101, 'newer', '2020-01-01'); UPDATE t SET word = 'silent too' WHERE id = 5",
    );
    pair.case.sync();
    pair.assert_equal(&pair.replica);
}

/// The new primary is another server by its own word, so somebody must have said that it may take over.
#[test]
fn commits_that_a_replica_never_got_are_lost_here_too_when_it_takes_over() {
    let mut pair = pair(|pair| &pair.primary, "on_source_change = \"repair\"");
    pair.replica.wait_until_caught_up(&pair.primary).unwrap();
    pair.replica.pause_replay().unwrap();
    let doomed = "INSERT INTO t (id, word) SELECT g, 'doomed' FROM generate_series(200, 229) g;
                  UPDATE t SET word = 'doomed' WHERE id <= 5; DELETE FROM t WHERE id = 10";
    pair.on(&pair.primary, doomed);
    pair.case.sync();
    pair.assert_equal(&pair.primary);

    pair.primary.kill().unwrap();
    pair.replica.promote().unwrap();
    assert_eq!(pair.on(&pair.replica, "SELECT count(*) FROM t WHERE word = 'doomed'"), "0");
    pair.proxy.aim(&pair.replica);
    pair.on(
        &pair.replica,
        "INSERT INTO t (id, word, updated_at) SELECT g, 'other', '2020-01-01' FROM generate_series(300, 329) g",
    );
    pair.case.sync();
    pair.assert_equal(&pair.replica);
}
