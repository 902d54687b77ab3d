//! `/force-sync`, with an engine that runs.

use serde_json::json;
use sync_core::engine::control;
use sync_core::status::{Phase, Status};
use sync_http::Endpoints;

use crate::client::post;
use crate::fixture::{LONG, Shop, row, users};

#[test]
fn a_forced_sync_brings_what_changed() {
    let shop = Shop::new();
    let (control, commands) = control();
    let mut status = shop.engine.status();
    let endpoints = Endpoints::new(status.clone(), control.clone(), &shop.path);
    let server = sync_http::start("127.0.0.1:0".parse().unwrap(), endpoints).unwrap();
    let rows = || {
        let answer = post(server.address(), "/query", r#"{"sql": "SELECT count(*) AS n FROM users"}"#);
        answer.json()["result"][0]["n"].as_i64()
    };
    let test = async {
        let mut until_there_are = async |expected: i64| {
            let waiting = async {
                let is_at_rest = |status: &Status| status.tables.iter().all(|table| table.phase == Phase::Done);
                while rows() != Some(expected) || !is_at_rest(&status.borrow()) {
                    status.changed().await.unwrap();
                }
            };
            tokio::time::timeout(LONG, waiting).await.unwrap();
        };
        until_there_are(2).await;
        shop.source.commit(vec![row(users(), 2, "new")]).unwrap();
        let forced = post(server.address(), "/force-sync", r#"{"table": "users"}"#);
        assert_eq!(forced.json(), json!({"success": true, "message": "public.users is synced now"}));
        until_there_are(3).await;
        shop.source.commit(vec![row(users(), 3, "newer"), row(users(), 4, "newest")]).unwrap();
        let forced = post(server.address(), "/force-sync", "");
        assert_eq!(forced.json(), json!({"success": true, "message": "all tables are synced now: 2"}));
        until_there_are(5).await;
        control.stop();
    };
    shop.runtime.block_on(async { tokio::join!(shop.engine.run(commands), test) }).0.unwrap();
}

#[test]
fn a_table_that_is_not_synced_is_refused() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    for (body, status, error) in [
        (r#"{"table": "absent"}"#, 404, "table: no table \"absent\" is synced"),
        (r#"{"table": 1}"#, 400, "table: it is no text"),
        (r#"{"tabel": "users"}"#, 400, "\"tabel\" can't be set here; there is table"),
        ("x", 400, "the body is no JSON: expected value at line 1 column 1"),
    ] {
        let response = post(served.address(), "/force-sync", body);
        assert_eq!((response.status, response.json()), (status, json!({"success": false, "error": error})));
    }
    served.status.send_modify(|status| status.tables[1].table = users());
    let ambiguous = post(served.address(), "/force-sync", r#"{"table": "users"}"#);
    assert_eq!(ambiguous.json()["error"], "table: \"users\" could be tmp_users or tmp_audit_logs; name one of them");
}
