//! `/force-sync` and `/accept-deletes`, with an engine that runs.

use serde_json::json;
use sync_core::engine::control;
use sync_core::status::{Phase, Status};
use sync_http::Endpoints;

use crate::client::{get, post};
use crate::fixture::{LONG, Shop, gone, row, users};

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
fn deletes_that_are_held_back_are_carried_out_on_request() {
    let shop = Shop::new();
    let (control, commands) = control();
    let mut status = shop.engine.status();
    let endpoints = Endpoints::new(status.clone(), control.clone(), &shop.path);
    let server = sync_http::start("127.0.0.1:0".parse().unwrap(), endpoints).unwrap();
    let users_now = || get(server.address(), "/sync-status").json()["tables"][0].clone();
    let rows = || get(server.address(), "/sync-data?table=users").json()["users"].as_array().map_or(0, Vec::len);
    let test = async {
        let mut until = async |reached: &dyn Fn() -> bool| {
            let waiting = async {
                while !reached() {
                    status.changed().await.unwrap();
                }
            };
            tokio::time::timeout(LONG, waiting).await.unwrap();
        };
        until(&|| rows() == 2 && users_now()["phase"] == "done").await;
        shop.source.commit([1, i64::MAX].map(|id| gone(users(), id)).into()).unwrap();
        assert_eq!(post(server.address(), "/force-sync", r#"{"table": "users"}"#).status, 200);
        until(&|| users_now()["held_deletes"]["deletes"] == 2).await;
        assert_eq!((rows(), &users_now()["held_deletes"]["rows"]), (2, &json!(2)), "an empty source is not believed");
        let accepted = post(server.address(), "/accept-deletes", r#"{"table": "users"}"#);
        let message = "public.users is compared now, and what is gone at its source is deleted, however much it is";
        assert_eq!(accepted.json(), json!({"success": true, "message": message}));
        until(&|| rows() == 0 && users_now()["held_deletes"].is_null()).await;
        assert!(users_now()["last_reconcile"].is_string(), "{}", users_now());
        control.stop();
    };
    let (ended, ()) = shop.runtime.block_on(async { tokio::join!(shop.engine.run(commands), test) });
    ended.unwrap();
}

#[test]
fn a_table_is_copied_anew_on_request() {
    let shop = Shop::new();
    let (control, commands) = control();
    let mut status = shop.engine.status();
    let endpoints = Endpoints::new(status.clone(), control.clone(), &shop.path);
    let server = sync_http::start("127.0.0.1:0".parse().unwrap(), endpoints).unwrap();
    let texts = || {
        let answer = get(server.address(), "/sync-data?table=users").json();
        answer["users"].as_array().into_iter().flatten().map(|row| row["text"].clone()).collect::<Vec<_>>()
    };
    let expected = [json!("users 1"), json!("FROM audit.logs")];
    let test = async {
        let mut until = async |reached: &dyn Fn() -> bool| {
            let waiting = async {
                while !reached() {
                    status.changed().await.unwrap();
                }
            };
            tokio::time::timeout(LONG, waiting).await.unwrap();
        };
        let is_at_rest = || shop.engine.status().borrow().tables.iter().all(|table| table.phase == Phase::Done);
        until(&|| texts() == expected && is_at_rest()).await;
        // Nothing but reading every row would find that.
        let replica = sink_sqlite::rusqlite::Connection::open(&shop.path).unwrap();
        replica.execute("UPDATE tmp_users SET text = 'wrong'", ()).unwrap();
        drop(replica);
        assert_eq!(post(server.address(), "/force-sync", r#"{"table": "users"}"#).status, 200);
        let before = shop.status().tables[0].totals.durations.runs();
        until(&|| shop.status().tables[0].totals.durations.runs() > before).await;
        assert_eq!(texts(), [json!("wrong"), json!("wrong")]);
        assert_eq!(post(server.address(), "/resync", r#"{"table": "users"}"#).json()["success"], true);
        until(&|| texts() == expected && is_at_rest()).await;
        assert_eq!(shop.status().tables[0].rows_changed, 2);
        control.stop();
    };
    let (ended, ()) = shop.runtime.block_on(async { tokio::join!(shop.engine.run(commands), test) });
    ended.unwrap();
}

#[test]
fn deletes_are_accepted_and_copies_are_made_for_one_table_by_its_name() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    for (body, status, error) in [
        ("", 400, "table: it is missing; send {\"table\": \"…\"}"),
        (r#"{"table": "absent"}"#, 404, "table: no table \"absent\" is synced"),
    ] {
        for path in ["/accept-deletes", "/resync"] {
            let response = post(served.address(), path, body);
            assert_eq!((response.status, response.json()), (status, json!({"success": false, "error": error})));
        }
    }
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

#[test]
fn a_token_for_reading_commands_nothing() {
    let shop = Shop::synced();
    let reload = std::sync::Arc::new(tokio::sync::Notify::new());
    let served = shop.serve(|endpoints| {
        endpoints.token = Some(sync_core::settings::Secret::new("all"));
        endpoints.read_token = Some(sync_core::settings::Secret::new("reading"));
        endpoints.reload = Some(std::sync::Arc::clone(&reload));
    });
    let ask = |method: &str, path: &str, token: &str, body: &str| {
        let headers = ["Content-Type: application/json", &format!("Authorization: Bearer {token}")];
        crate::client::send(served.address(), method, path, &headers, body)
    };
    for path in ["/force-sync", "/accept-deletes", "/resync", "/pause", "/resume", "/reload"] {
        let refused = ask("POST", path, "reading", "{}");
        let expected = "this token is for reading; a command takes the other one".to_owned();
        assert_eq!(refused.error(), (403, expected), "{path}");
        assert_eq!(ask("POST", path, "wrong", "{}").status, 401);
    }
    for path in ["/sync-status", "/metrics", "/history", "/sync-data", "/debug"] {
        assert_eq!(ask("GET", path, "reading", "").status, 200, "{path}");
        assert_eq!(ask("GET", path, "rea", "").status, 401, "{path}");
    }
    assert_eq!(ask("POST", "/query", "reading", r#"{"sql": "SELECT 1"}"#).status, 200);
    let reloaded = ask("POST", "/reload", "all", "");
    assert_eq!(reloaded.json()["message"], "the configuration is read again; the log tells what comes of it");
    shop.runtime.block_on(reload.notified());
    let odd = ask("POST", "/reload", "all", r#"{"x": 1}"#);
    assert_eq!(odd.json()["error"], "\"x\" can't be set here; there is nothing to set");

    let alone = shop.serve_at("127.0.0.1:0".parse().unwrap(), |endpoints| {
        endpoints.read_token = Some(sync_core::settings::Secret::new("reading"));
    });
    let error = alone.err().unwrap().to_string();
    assert_eq!(
        error,
        "http.read_token: a token for reading is set, and none for commands; set token_env or token_file too"
    );
    let none = post(shop.serve(|_| {}).address(), "/reload", "{}");
    assert_eq!((none.status, &none.json()["error"]), (404, &json!("this program has no configuration to read again")));
}

#[test]
fn a_table_can_be_paused_and_resumed() {
    let mut shop = Shop::new();
    let (control, commands) = control();
    let endpoints = Endpoints::new(shop.engine.status(), control.clone(), &shop.path);
    let server = sync_http::start("127.0.0.1:0".parse().unwrap(), endpoints).unwrap();
    let mut status = shop.engine.status();
    let paused = |status: &Status| {
        status.tables.iter().filter(|table| table.paused).map(|table| table.replica.clone()).collect::<Vec<_>>()
    };
    let address = server.address();
    let test = async {
        status.wait_for(|status| status.tables.len() == 2).await.unwrap();
        let answer = post(address, "/pause", r#"{"table": "users"}"#);
        assert_eq!(answer.json()["message"], "public.users is paused; a run under way goes on to its end");
        status.wait_for(|status| paused(status) == ["tmp_users"]).await.unwrap();
        assert_eq!(post(address, "/pause", "").json()["success"], true);
        status.wait_for(|status| paused(status).len() == 2).await.unwrap();
        assert_eq!(post(address, "/resume", "").json()["message"], "every table goes on");
        status.wait_for(|status| paused(status).is_empty()).await.unwrap();
        control.stop();
    };
    let engine = &mut shop.engine;
    let (ended, ()) = shop.runtime.block_on(async { tokio::join!(engine.run(commands), test) });
    ended.unwrap();
}
