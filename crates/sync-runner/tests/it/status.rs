//! `data-sync status`: from the replica alone.

use std::net::TcpListener;

use serde_json::json;

use crate::command::{folder, replica, run};
use crate::daemon::{Daemon, ask};
use crate::shop::Shop;

#[test]
fn each_table_has_a_line() {
    let replica = replica(2);
    let ran = run(replica.path(), &["status", "--rows"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines: Vec<Vec<&str>> = ran.stdout.lines().map(columns).collect();
    assert_eq!(
        lines[0],
        [
            "table",
            "replica",
            "state",
            "rows",
            "guarantee",
            "last success",
            "lag",
            "next run",
            "last sweep",
            "last reconcile",
            "failed rows",
            "last error"
        ]
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
        "paused": null,
        "guarantee": null,
        "last_sweep": null,
        "last_reconcile": null,
        "held_deletes": null,
    });
    assert_eq!(status, json!({ "version": 1, "replica": "replica.db", "tables": [expected], "sources": null }));
}

#[test]
fn what_is_promised_is_what_the_daemon_of_this_replica_says() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let shop = Shop::synced(1, "mode = \"full\"\nsync_interval = \"1h\"");
    let file = shop.path().join("data-sync.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(":0\"", &format!(":{port}\"\ntoken = \"letmein\""))).unwrap();
    let promised = || shop.json(&["status", "--json"]).1["tables"][0]["guarantee"].clone();
    assert_eq!(promised(), json!(null), "nobody says anything");

    let daemon = Daemon::start(shop.path());
    daemon.wait_until("a plan", || !promised().is_null());
    let (reason, remedy) = ("mode = \"full\" is set, so it is read whole each time", "leave `mode` out");
    assert_eq!(promised(), json!({"kind": "bounded", "within_seconds": 3600.0, "reason": reason, "remedy": remedy}));
    let status = shop.run(&["status"]).stdout;
    assert_eq!(columns(status.lines().nth(2).unwrap())[3], "bounded");
    assert!(status.ends_with(&format!("table public.users: bounded by 3600 s: {reason}; {remedy}\n")), "{status}");

    // The same daemon says nothing of another replica.
    let other = replica(0);
    let config = format!("[http]\nlisten = \"127.0.0.1:{port}\"\ntoken = \"letmein\"\n");
    std::fs::write(other.path().join("data-sync.toml"), config).unwrap();
    let status: serde_json::Value = serde_json::from_str(&run(other.path(), &["status", "--json"]).stdout).unwrap();
    assert_eq!(status["tables"][0]["guarantee"], json!(null));
}

#[test]
fn what_a_daemon_does_not_sync_is_told_with_the_reason() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let shop = Shop::synced(1, "sync_interval = \"1h\"");
    let file = shop.path().join("data-sync.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace(":0\"", &format!(":{port}\"")).replace("[\"users\"]", "[\"users\", \"absent\"]");
    std::fs::write(&file, text).unwrap();
    let daemon = Daemon::start(shop.path());
    let status = || shop.json(&["status", "--json"]).1;
    daemon.wait_until("a plan", || status()["tables"][0]["paused"] == false);
    let now = status();
    let daemons: serde_json::Value =
        serde_json::from_str(&ask(&daemon.address(), "GET", "/sync-status", "", "").1).unwrap();
    for key in ["next_run", "last_success"] {
        assert_eq!(now["tables"][0][key], daemons["tables"][0][key], "it knows better: {key}");
    }
    let problem = &now["sources"][0]["problems"][0];
    assert_eq!((&problem["table"], &problem["kind"]), (&json!("absent"), &json!("config")), "{now}");
    let shown = shop.run(&["status"]).stdout;
    assert!(shown.lines().last().unwrap().starts_with("table absent: there is no such table; "), "{shown}");

    assert_eq!(ask(&daemon.address(), "POST", "/pause", "", "{\"table\": \"users\"}").0, 200);
    daemon.wait_until("the pause", || status()["tables"][0]["paused"] == true);
    assert_eq!(status()["tables"][0]["next_run"], json!(null));
    let shown = shop.run(&["status"]).stdout;
    assert!(columns(shown.lines().nth(2).unwrap()).contains(&"paused"), "{shown}");
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
