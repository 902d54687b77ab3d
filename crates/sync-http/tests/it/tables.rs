//! `/sync-status`, `/sync-data` and `/debug`.

use serde_json::json;
use sync_core::{Guarantee, HeldDeletes};

use crate::client::{get, post};
use crate::fixture::{Shop, row, users};

#[test]
fn the_status_shows_every_table_with_real_values() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    served.status.send_modify(|status| {
        status.tables.iter_mut().for_each(|table| table.rows_changed = 1);
        status.tables[0].last_success_ms = Some(1_709_213_820_123);
        status.tables[0].interval = Some(std::time::Duration::from_millis(1500));
        status.tables[0].next_run_ms = Some(1_709_213_821_623);
        status.tables[1].last_success_ms = None;
        status.tables[1].error = Some("it broke".to_owned());
        status.tables[1].failures = 2;
        let within = Some(std::time::Duration::from_millis(1500));
        status.tables[1].guarantee = Guarantee::bounded(within, "it is a view", "sync the tables below it");
        status.tables[1].held = Some(HeldDeletes::new(900, 1000, 1_709_213_820_123));
    });
    let response = get(served.address(), "/sync-status");
    assert_eq!(response.status, 200);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let mut shown = response.json();
    for table in shown["tables"].as_array_mut().unwrap() {
        assert!(table["last_reconcile"].take().is_string(), "a copy leaves nothing to compare");
        assert!(table["last_sweep"].take().is_string(), "nor to sweep");
    }
    assert_eq!(
        shown,
        json!({
            "status": "running",
            "replica_file": shop.path.canonicalize().unwrap().display().to_string(),
            "last_sync": "2024-02-29T13:37:00.123Z",
            "tables": [
                {
                    "name": "public.users", "source": null, "replica": "tmp_users", "phase": "done", "paused": false,
                    "rows_read": 2, "rows_changed": 1, "estimated_rows": null, "sync_interval": 1.5,
                    "last_success": "2024-02-29T13:37:00.123Z", "next_run": "2024-02-29T13:37:01.623Z",
                    "failures": 0, "error": null, "guarantee": {"kind": "lossless"}, "last_sweep": null,
                    "last_reconcile": null, "held_deletes": null, "failed_rows": 0
                },
                {
                    "name": "audit.logs", "source": null, "replica": "tmp_audit_logs", "phase": "done", "paused": false,
                    "rows_read": 2, "rows_changed": 1, "estimated_rows": null, "sync_interval": null,
                    "last_success": null, "next_run": null, "failures": 2, "error": "it broke",
                    "guarantee": {
                        "kind": "bounded", "within_seconds": 1.5, "reason": "it is a view", "remedy": "sync the tables below it"
                    },
                    "last_sweep": null, "last_reconcile": null, "failed_rows": 0,
                    "held_deletes": {
                        "deletes": 900, "rows": 1000, "since": "2024-02-29T13:37:00.123Z",
                        "remedy": "they are carried out when the next comparison of keys finds them again, or with \
                            POST /accept-deletes"
                    }
                }
            ],
            "sources": [{"name": null, "server": "tables in memory", "error": null, "problems": []}]
        })
    );
    served.status.send_modify(|status| status.tables.iter_mut().for_each(|table| table.paused = true));
    assert_eq!(get(served.address(), "/sync-status").json()["status"], "paused");
}

#[test]
fn data_are_the_first_rows_of_each_table() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let data = get(served.address(), "/sync-data");
    let rows = |name: &str| {
        format!(
            r#"[{{"id":1,"text":"{name} 1","bytes":{{"$blob":"AP8="}}}},{{"id":9223372036854775807,"text":"FROM audit.logs","bytes":{{"$blob":"AP8="}}}}]"#
        )
    };
    assert_eq!(data.body, format!(r#"{{"audit.logs":{},"users":{}}}"#, rows("logs"), rows("users")));
    for name in ["users", "public.users", "tmp_users"] {
        let one = get(served.address(), &format!("/sync-data?table={name}&limit=1"));
        assert_eq!(one.body, r#"{"users":[{"id":1,"text":"users 1","bytes":{"$blob":"AP8="}}]}"#, "{name}");
    }
}

#[test]
fn data_are_a_hundred_rows_unless_it_is_said() {
    let shop = Shop::new();
    shop.source.commit((2..=150).map(|id| row(users(), id, "more")).collect()).unwrap();
    shop.runtime.block_on(shop.engine.sync());
    let served = shop.serve(|_| {});
    let rows = |path| get(served.address(), path).json()["users"].as_array().unwrap().len();
    assert_eq!(rows("/sync-data"), 100);
    assert_eq!(rows("/sync-data?table=users&limit=120"), 120);
    assert_eq!(rows("/sync-data?limit=10000"), 151);
}

#[test]
fn what_can_not_be_shown_is_refused_with_the_reason() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| endpoints.limits.query.bytes = 300);
    let error = |path: &str| get(served.address(), path).error();
    assert_eq!(error("/sync-data?table=absent"), (404, "there is no table \"absent\" in the replica".to_owned()));
    for limit in ["0", "-1", "x", "", "10001", "99999999999999999999"] {
        assert_eq!(
            error(&format!("/sync-data?limit={limit}")),
            (400, format!("limit: {limit:?} is no number from 1 to 10000"))
        );
    }
    assert_eq!(
        error("/sync-data?rows=1"),
        (400, "\"rows\" can't be set here; there are table, limit, after, min_seq and max_staleness".to_owned())
    );
    let hint = "ask for one table with ?table=NAME, or for fewer rows with ?limit=N";
    assert_eq!(error("/sync-data"), (400, format!("these rows take more than 300 bytes; {hint}")));
    assert_eq!(get(served.address(), "/sync-data?table=users").status, 200);
}

#[test]
fn debug_shows_the_configuration_and_the_last_query() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let debug = || get(served.address(), "/debug").json();
    let lossless = json!({"kind": "lossless"});
    let guarantees = json!({"tmp_users": lossless, "tmp_audit_logs": lossless});
    let fresh = json!({
        "plugin_name": "data-sync", "version": env!("CARGO_PKG_VERSION"), "is_registered": true, "last_query": null,
        "last_result": null, "guarantees": guarantees, "data_sync_config": {"sync_interval": 300}
    });
    assert_eq!(debug(), fresh);
    post(served.address(), "/query", r#"{"sql": "SELECT * FROM users WHERE text <> ?", "params": ["hunter2"]}"#);
    let shown = debug();
    assert_eq!(shown["last_query"], "SELECT * FROM users WHERE text <> ?");
    assert_eq!((&shown["last_result"]["rows"], &shown["last_result"]["truncated"]), (&json!(2), &json!(false)));
    assert!(!shown.to_string().contains("hunter2"), "{shown}");
    post(served.address(), "/query", r#"{"sql": "DROP TABLE users"}"#);
    assert!(debug()["last_result"]["error"].as_str().unwrap().starts_with("query: it does more than read"));
}

#[test]
fn rows_are_paged_by_their_key() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let page = |path: &str| get(served.address(), path);
    let ids = |path: &str| {
        let rows = page(path).json()["users"].as_array().unwrap().clone();
        rows.iter().map(|row| row["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids("/sync-data?table=users&limit=1"), [1]);
    assert_eq!(ids("/sync-data?table=users&limit=1&after=1"), [i64::MAX]);
    assert_eq!(ids("/sync-data?table=users&after=%5B0%5D"), [1, i64::MAX]);
    assert_eq!(ids(&format!("/sync-data?table=users&after={}", i64::MAX)), [0; 0]);
    for (path, error) in [
        ("/sync-data?after=1", "after: it goes on in one table; name it with ?table=NAME"),
        ("/sync-data?table=users&after=%5B1,2%5D", "after: the key is id; send its values as a JSON array"),
    ] {
        assert_eq!(page(path).error(), (400, error.to_owned()));
    }
    let replica = sink_sqlite::rusqlite::Connection::open(&shop.path).unwrap();
    replica.execute_batch("DROP TABLE tmp_users; CREATE TABLE tmp_users (id)").unwrap();
    let error = "after: the table has no key; ask for its rows with POST /query";
    assert_eq!(page("/sync-data?table=users&after=1").error(), (400, error.to_owned()));
}
