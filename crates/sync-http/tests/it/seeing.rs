//! Metrics, events and the last hour.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use sync_core::status::Phase;

use crate::client::{connect, get};
use crate::fixture::Shop;

#[test]
fn each_table_has_its_numbers() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    served.status.send_modify(|status| {
        status.waiting_bytes = 2048;
        status.tables[0].totals.failures.insert("denied", 3);
        status.sources[0].name = Some("a \"shop\"\\".to_owned());
    });
    let answer = get(served.address(), "/metrics");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain; version=0.0.4; charset=utf-8")));
    let users = r#"{source="a \"shop\"\\",table="public.users",replica="tmp_users""#;
    for expected in [
        format!("data_sync_table_rows_read_total{users}}} 2"),
        format!("data_sync_table_rows_changed_total{users}}} 2"),
        format!("data_sync_table_failed_rows{users}}} 0"),
        format!("data_sync_table_lossless{users}}} 1"),
        format!("data_sync_table_run_failures_total{users},kind=\"denied\"}} 3"),
        format!("data_sync_table_run_duration_seconds_bucket{users},le=\"+Inf\"}} 1"),
        format!("data_sync_table_run_duration_seconds_count{users}}} 1"),
        r#"data_sync_source_up{source="a \"shop\"\\"} 1"#.to_owned(),
        r#"data_sync_source_problems{source="a \"shop\"\\"} 0"#.to_owned(),
        "data_sync_writer_queue_bytes 2048".to_owned(),
    ] {
        assert!(answer.body.lines().any(|line| line == expected), "{expected}\n{}", answer.body);
    }
    for name in ["table_lag_seconds", "table_read_bytes_total", "replica_bytes", "replica_log_bytes"] {
        assert!(answer.body.contains(&format!("\ndata_sync_{name}")), "{name}\n{}", answer.body);
    }
    check_with_promtool(&["metrics"], &answer.body);
}

/// Where the tool is, it has nothing to say.
fn check_with_promtool(arguments: &[&str], text: &str) {
    let chosen = std::env::var_os("DATA_SYNC_PROMTOOL");
    let mut tool = Command::new(chosen.clone().unwrap_or_else(|| "promtool".into()));
    let tool =
        tool.arg("check").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut tool) = tool else {
        assert!(chosen.is_none(), "{chosen:?} can't be run");
        eprintln!("SKIPPED: there is no promtool; `cargo xtask test` gets it");
        return;
    };
    tool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let said = tool.wait_with_output().unwrap();
    assert!(
        said.status.success(),
        "{}{}",
        String::from_utf8_lossy(&said.stdout),
        String::from_utf8_lossy(&said.stderr)
    );
}

#[test]
fn what_moves_is_told_as_it_moves_and_after_a_pause_too() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let listen = |more: &str| {
        let mut stream = connect(served.address());
        write!(stream, "GET /events HTTP/1.1\r\nHost: {}\r\n{more}\r\n", served.address()).unwrap();
        BufReader::new(stream).lines().map(Result::unwrap)
    };
    let data = |lines: &mut dyn Iterator<Item = String>| -> serde_json::Value {
        let line = Iterator::find(&mut &mut *lines, |line| line.starts_with("data: ")).unwrap();
        serde_json::from_str(&line["data: ".len()..]).unwrap()
    };
    let mut lines = listen("");
    assert_eq!(data(&mut lines), serde_json::json!({"sequence": 2, "tables": []}));
    let moves = |phase| served.status.send_modify(|status| status.tables[1].phase = phase);
    moves(Phase::Copying);
    let moved = data(&mut lines);
    assert_eq!((&moved["sequence"], &moved["tables"][0]["phase"]), (&3.into(), &"copying".into()));
    assert_eq!(moved["tables"].as_array().unwrap().len(), 1);
    drop(lines);
    // Nobody listens now.
    moves(Phase::Done);
    let mut lines = listen("Last-Event-ID: 3\r\n");
    let missed = data(&mut lines);
    assert_eq!((&missed["sequence"], &missed["tables"][0]["phase"]), (&4.into(), &"done".into()));
}

#[test]
fn recent_runs_are_told() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let history = get(served.address(), "/history").json();
    let runs = history["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2, "{history}");
    assert!(runs.iter().any(|run| run["replica"] == "tmp_users" && run["changed"] == 2 && run["error"].is_null()));
    assert_eq!((&history["every_seconds"], &history["tables"]), (&60.into(), &serde_json::json!({})));
}

#[test]
fn rules_and_dashboards_name_metrics_that_there_are() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let metrics = get(served.address(), "/metrics").body;
    check_with_promtool(&["rules", concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/alerts.yml")], "");
    let dashboard = include_str!("../../../../packaging/grafana.json");
    let dashboard: serde_json::Value = serde_json::from_str(dashboard).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() > 5);
    for (file, text) in [
        ("alerts.yml", include_str!("../../../../packaging/alerts.yml")),
        ("grafana.json", include_str!("../../../../packaging/grafana.json")),
    ] {
        let names: BTreeSet<&str> = text
            .match_indices("data_sync_")
            .map(|(at, _)| text[at..].split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).next().unwrap())
            .collect();
        assert!(names.len() > 5, "{file}: {names:?}");
        for name in names {
            let kind = format!("# TYPE {} ", name.trim_end_matches("_bucket"));
            assert!(metrics.contains(&kind), "{file}: {name} is no metric");
        }
    }
}
