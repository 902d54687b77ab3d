//! The main job: copy, then bring up to date, then leave alone.

use crate::case::Case;
use crate::compare::{assert_orders_equal, orders};
use crate::server::{Server, on_each_server};

on_each_server!(
    heavy_a_large_table_is_copied_then_only_changes_come_then_nothing,
    the_replica_is_a_stock_file_with_a_real_key,
    status_and_query_answer_from_the_replica_alone
);

/// Ten thousand rows a second of the length of long tests are what any machine copies.
///
/// Where no sweep finds changes without a stamp, one sync compares so many rows at most; a daemon compares more when it is time.
fn rows(server: Server) -> u64 {
    let most = match server {
        Server::Postgres => 1_000_000,
        Server::Mariadb(_) => 199_000,
    };
    (test_servers::long_test_length().as_secs() * 10_000).clamp(50_000, most)
}

fn heavy_a_large_table_is_copied_then_only_changes_come_then_nothing(server: Server) {
    let case = Case::new(server, orders(server));
    let rows = rows(server);
    case.sql(&format!("SELECT fill(1, {rows})"));
    case.configure("tables = [\"orders\"]");
    assert_eq!(case.changed_by_sync(), rows);
    assert_orders_equal(&case);

    case.sql(&format!("SELECT fill({rows} + 1, {rows} + 500)"));
    // These come with their stamps, as an application sets them ...
    case.sql("UPDATE orders SET paid = NOT paid, updated_at = now() WHERE id % 1000 = 1");
    // ... and these without: no poll can see them.
    case.sql("UPDATE orders SET note = 'silent' WHERE id % 1000 = 2");
    assert_eq!(case.changed_by_sync(), 500 + rows / 1000 + rows / 1000);
    assert_orders_equal(&case);

    assert_eq!(case.changed_by_sync(), 0, "nothing changed, so no row is written");
}

fn the_replica_is_a_stock_file_with_a_real_key(server: Server) {
    let case = Case::new(server, orders(server));
    case.sql("SELECT fill(1, 10)");
    case.configure("tables = [\"orders\"]");
    case.sync();
    assert_eq!(case.query("PRAGMA integrity_check"), "ok");
    let ddl = case.query("SELECT sql FROM sqlite_schema WHERE name = 'tmp_orders'");
    assert!(ddl.contains("INTEGER PRIMARY KEY"), "{ddl}");
    assert_eq!(
        case.query(
            "SELECT typeof(id), typeof(amount), typeof(tags), typeof(paid), typeof(updated_at) FROM tmp_orders LIMIT 1"
        ),
        "integer|real|text|integer|text"
    );
    let state =
        "SELECT table_name, last_sync_id IS NOT NULL, last_sync_timestamp > 0, sync_errors FROM tmp_data_sync_metadata";
    assert_eq!(case.query(state), "tmp_orders|1|1|");
}

fn status_and_query_answer_from_the_replica_alone(server: Server) {
    let case = Case::new(server, orders(server));
    case.sql("SELECT fill(1, 10)");
    case.configure("tables = [\"orders\"]");
    case.sync();
    let status = case.run(&["status", "--json"]);
    assert_eq!(status.code, 0, "{}", status.stderr);
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!(status["tables"][0]["replica"], "tmp_orders", "{status}");
    let answer = case.run(&["query", "SELECT count(*) AS orders FROM tmp_orders"]);
    assert_eq!((answer.code, answer.stdout.contains("10")), (0, true), "{}{}", answer.stdout, answer.stderr);
    let refused = case.run(&["query", "DELETE FROM tmp_orders"]);
    assert_ne!(refused.code, 0);
    assert_eq!(case.query("SELECT count(*) FROM tmp_orders"), "10");
}
