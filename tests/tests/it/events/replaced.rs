//! Another server answers under the same address.

use crate::case::Case;
use crate::compare::assert_same;
use crate::proxy::Proxy;
use crate::server::{OwnServer, Server, on_each_server};

on_each_server!(
    a_replaced_server_stops_the_table_until_somebody_decides,
    a_replaced_server_is_copied_again_where_that_is_wanted,
);

fn rows(word: &str) -> String {
    format!(
        "CREATE TABLE t (id int PRIMARY KEY, word varchar(20)); INSERT INTO t SELECT g, '{word}' FROM generate_series(1, 20) g"
    )
}

/// A replica of a table of the first of two unrelated servers, and the second behind the same address.
fn replaced(server: Server, settings: &str) -> (Case, [OwnServer; 2], Proxy) {
    let servers = [(); 2].map(|()| OwnServer::start(server));
    let case = Case::own(&servers[0], &rows("first"));
    // New servers are copies of one: only the database tells these two apart, as one of this name made again would be.
    servers[1].create_database("another");
    servers[1].create_database(case.database.name());
    servers[1].query(case.database.name(), &rows("second"));
    let proxy = Proxy::to(&servers[0]);
    case.configure_at(proxy.port(), &format!("{settings}\ntables = [\"t\"]"));
    case.sync();
    assert_same(&case, "id, word", "t");
    proxy.aim(&servers[1]);
    (case, servers, proxy)
}

fn a_replaced_server_stops_the_table_until_somebody_decides(server: Server) {
    let (case, servers, proxy) = replaced(server, "");
    for _ in 0..2 {
        let ran = case.run(&["sync"]);
        assert_ne!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert!(
            ran.stderr.contains("the replica was made from") && ran.stderr.contains("on_source_change"),
            "{}",
            ran.stderr
        );
        assert_eq!(case.query("SELECT DISTINCT word FROM tmp_t"), "first");
    }
    // The right one comes back: nothing was forgotten.
    proxy.aim(&servers[0]);
    assert_eq!(case.changed_by_sync(), 0);
}

fn a_replaced_server_is_copied_again_where_that_is_wanted(server: Server) {
    for way in ["resync", "repair"] {
        let (case, servers, _proxy) = replaced(server, &format!("on_source_change = \"{way}\""));
        servers[1].query(case.database.name(), "DELETE FROM t WHERE id > 15");
        case.sync();
        let second = servers[1].query(case.database.name(), "SELECT id, word FROM t ORDER BY id");
        assert_eq!(case.query("SELECT id, word FROM tmp_t ORDER BY id"), second, "{way}");
    }
}
