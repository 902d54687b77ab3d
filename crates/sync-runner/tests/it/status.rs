//! `data-sync status`: from the replica alone.

use serde_json::json;

use crate::command::{folder, replica, run};

#[test]
fn each_table_has_a_line() {
    let replica = replica(2);
    let ran = run(replica.path(), &["status", "--rows"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines: Vec<Vec<&str>> = ran.stdout.lines().map(columns).collect();
    assert_eq!(
        lines[0],
        ["table", "replica", "state", "rows", "last success", "lag", "next run", "failed rows", "last error"]
    );
    // How long ago that was depends on when the test runs.
    let (lag, others): (Vec<_>, Vec<_>) = lines[2].iter().copied().partition(|cell: &&str| cell.ends_with(" min"));
    assert_eq!(others, ["public.users", "tmp_users", "live", "3", "2023-11-14T22:13:21.500Z", "0"]);
    assert_eq!(lag.len(), 1, "{}", ran.stdout);
}

fn columns(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn the_next_run_is_known_from_the_configuration() {
    let replica = replica(0);
    let next = |interval: &str| {
        let text =
            format!("sync_interval = {interval}\ntables = [\"users\"]\n[source]\nurl = \"postgres://app@db/shop\"\n");
        std::fs::write(replica.path().join("data-sync.toml"), text).unwrap();
        let json: serde_json::Value = serde_json::from_str(&run(replica.path(), &["status", "--json"]).stdout).unwrap();
        let text = run(replica.path(), &["status"]).stdout;
        (json["tables"][0].clone(), columns(text.lines().nth(2).unwrap())[5].to_owned())
    };
    let (table, shown) = next("90");
    assert_eq!((&table["next_run"], &table["interval_seconds"]), (&json!("2023-11-14T22:14:51.500Z"), &json!(90.0)));
    assert_eq!(shown, "due");
    let (_, shown) = next("\"10000d\"");
    assert_eq!(shown, "2051-04-01T22:13:21.500Z");
}

#[test]
fn json_has_all_that_is_known() {
    let replica = replica(2);
    let ran = run(replica.path(), &["status", "--json"]);
    let mut status: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let lag = status["tables"][0].as_object_mut().unwrap().remove("lag_seconds").unwrap();
    assert!(lag.as_f64().unwrap() > 1e6, "{lag}");
    let last_run = json!({
        "started": "2023-11-14T22:13:20.000Z",
        "finished": "2023-11-14T22:13:21.500Z",
        "rows_read": 3,
        "changed": 3,
        "deleted": 0,
        "unchanged": 0,
    });
    let expected = json!({
        "table": "public.users",
        "replica": "tmp_users",
        "state": "live",
        "last_sync_timestamp": null,
        "last_sync_id": null,
        "last_success": "2023-11-14T22:13:21.500Z",
        "interval_seconds": null,
        "next_run": null,
        "last_error": null,
        "failed_rows": 0,
        "last_run": last_run,
    });
    assert_eq!(status, json!({ "version": 1, "replica": "replica.db", "tables": [expected] }));
}

#[test]
fn a_file_that_is_no_replica_is_refused() {
    let folder = folder("");
    assert_eq!(run(folder.path(), &["status"]).code, 4);
    std::fs::write(folder.path().join("replica.db"), "not a database, but long enough to be read as a header of one")
        .unwrap();
    let ran = run(folder.path(), &["status"]);
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.starts_with("error: replica replica.db: "), "{}", ran.stderr);
}
