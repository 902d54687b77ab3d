//! `/query`, `/query/raw` and `/test-query`.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::post;
use crate::fixture::{LONG, Shop};

const ENDLESS: &str =
    r#"{"sql": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"}"#;

#[test]
fn answers_have_the_shapes_that_clients_know() {
    let shop = Shop::synced();
    let address = shop.serve(|_| {});
    let address = address.address();
    let body = r#"{"sql": "SELECT id, text, bytes FROM users WHERE id > ? ORDER BY id", "params": [1]}"#;
    let object = r#"{"id":9223372036854775807,"text":"FROM audit.logs","bytes":{"$blob":"AP8="}}"#;
    assert_eq!(post(address, "/query", body).body, format!(r#"{{"result":[{object}]}}"#));
    assert_eq!(post(address, "/test-query", body).body, format!(r#"{{"success":true,"result":[{object}]}}"#));
    assert_eq!(
        post(address, "/query/raw", body).body,
        r#"{"result":{"columns":["id","text","bytes"],"rows":[[9223372036854775807,"FROM audit.logs",{"$blob":"AP8="}]],"meta":{"rows_read":1,"rows_written":0,"truncated":false}}}"#
    );
}

#[test]
fn names_of_the_source_are_answered_and_texts_are_left_alone() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let body = json!({"sql": "SELECT u.text AS a, audit.logs.text AS b, 'FROM audit.logs' AS c -- audit.logs
        FROM public.users AS u JOIN audit.logs USING (id) WHERE u.text <> 'FROM audit.logs'"});
    let answer = post(served.address(), "/query", &body.to_string());
    assert_eq!(answer.body, r#"{"result":[{"a":"users 1","b":"logs 1","c":"FROM audit.logs"}]}"#);
}

#[test]
fn a_cut_answer_says_so() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| endpoints.limits.query.rows = 1);
    let body = r#"{"sql": "SELECT id FROM users"}"#;
    assert_eq!(post(served.address(), "/query", body).body, r#"{"result":[{"id":1}],"truncated":true}"#);
    let raw = post(served.address(), "/query/raw", body).json();
    assert_eq!(raw["result"]["meta"], json!({"rows_read": 1, "rows_written": 0, "truncated": true}));
}

#[test]
fn refusals_name_the_reason() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let only_reads = "query: it does more than read; write one SELECT; the replica is changed by syncing alone";
    for (body, error) in [
        (r#"{"sql": "DELETE FROM users"}"#, only_reads),
        (r#"{"sql": "ATTACH 'x.db' AS x"}"#, only_reads),
        (r#"{"sql": "PRAGMA writable_schema = 1"}"#, only_reads),
        (r#"{"sql": "CREATE TEMP TABLE t (a)"}"#, only_reads),
        (
            r#"{"sql": "SELECT 1; SELECT 2"}"#,
            "query: something follows the end of the statement, in line 1; send one statement at a time",
        ),
        (r#"{"sql": ""}"#, "query: there is no statement; write a SELECT"),
        (r#"{"sql": "SELECT * FROM logs"}"#, "query: no such table: logs; there are audit.logs, users"),
        (
            r#"{"sql": "SELECT ?"}"#,
            "query: the statement takes 1 value, and no value is given; write what is meant in the place of each `?`",
        ),
        (r#"{"sql": "SELECT ?", "params": 1}"#, "params: it is neither an array nor an object"),
        (r#"{"sql": 1}"#, "sql: it is no text"),
        ("", r#"sql: it is missing; send {"sql": "SELECT …", "params": […]}"#),
        (r#"{"sql": "SELECT 1", "transaction": []}"#, r#""transaction" can't be set here; there are sql and params"#),
        ("[1]", "the body must be a JSON object"),
        ("{", "the body is no JSON: EOF while parsing an object at line 1 column 1"),
    ] {
        let response = post(served.address(), "/query", body);
        assert_eq!(response.error(), (400, error.to_owned()), "{body}");
        let test = post(served.address(), "/test-query", body);
        assert_eq!((test.status, test.json()), (400, json!({"success": false, "error": error})), "{body}");
    }
}

#[test]
fn a_query_that_takes_too_long_is_stopped() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| endpoints.limits.query.time = Some(Duration::from_millis(50)));
    let text = "query: it took longer than 50ms and was stopped; ask for less, with WHERE and LIMIT";
    assert_eq!(post(served.address(), "/query", ENDLESS).error(), (400, text.to_owned()));
}

#[test]
fn a_query_that_nobody_waits_for_gives_its_place_back() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| {
        endpoints.limits.queries = 1;
        endpoints.limits.query.time = None;
        endpoints.limits.request = Duration::from_millis(500);
    });
    let text = "the request took longer than 500ms";
    assert_eq!(post(served.address(), "/query", ENDLESS).error(), (408, text.to_owned()));
    let patience = Instant::now() + LONG;
    while post(served.address(), "/query", r#"{"sql": "SELECT 1"}"#).status != 200 {
        assert!(Instant::now() < patience, "the place was never free again");
    }
}

#[test]
fn a_query_too_many_waits_for_its_turn() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| {
        endpoints.limits.queries = 1;
        endpoints.limits.queue = LONG;
        endpoints.limits.query.time = Some(Duration::from_millis(300));
        endpoints.limits.request = LONG;
    });
    let address = served.address();
    let clients: Vec<_> = (0..3)
        .map(|_| {
            std::thread::spawn(move || {
                (post(address, "/query", ENDLESS), post(address, "/query", r#"{"sql": "SELECT 1"}"#))
            })
        })
        .collect();
    for client in clients {
        let (endless, short) = client.join().unwrap();
        assert!(endless.error().1.contains("it took longer than 300ms"), "{:?}", endless.error());
        assert_eq!(short.status, 200);
    }
}

#[test]
fn a_query_whose_turn_does_not_come_is_sent_away() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| {
        endpoints.limits.queries = 1;
        endpoints.limits.queue = Duration::from_millis(20);
        endpoints.limits.query.time = Some(LONG);
        endpoints.limits.request = LONG;
    });
    let address = served.address();
    let occupant = std::thread::spawn(move || {
        // It may itself be one too many at first.
        while let Ok(answer) = std::panic::catch_unwind(|| post(address, "/query", ENDLESS)) {
            assert_eq!(answer.status, 503);
        }
    });
    let full = loop {
        let answer = post(address, "/query", r#"{"sql": "SELECT 1"}"#);
        if answer.status != 200 {
            break answer;
        }
    };
    assert_eq!(full.error(), (503, "too many queries are running; try again in a second".to_owned()));
    assert_eq!(full.header("retry-after"), Some("1"));
    served.server.stop();
    occupant.join().unwrap();
}

#[test]
fn a_file_that_goes_and_comes_back_is_missed_at_once() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let ask = || post(served.address(), "/query", r#"{"sql": "SELECT count(*) AS n FROM users"}"#);
    assert_eq!(ask().body, r#"{"result":[{"n":2}]}"#);
    let moved = shop.path.with_extension("moved");
    std::fs::rename(&shop.path, &moved).unwrap();
    let (status, error) = ask().error();
    assert!(status == 503 && error.contains("there is no such file"), "{status} {error}");
    std::fs::rename(&moved, &shop.path).unwrap();
    assert_eq!(ask().body, r#"{"result":[{"n":2}]}"#);
}

#[test]
fn a_missing_replica_is_said() {
    let shop = Shop::new();
    let served = shop.serve(|endpoints| endpoints.replica = endpoints.replica.with_file_name("absent.db"));
    let (status, error) = post(served.address(), "/query", r#"{"sql": "SELECT 1"}"#).error();
    assert_eq!(status, 503);
    assert!(error.ends_with("absent.db: there is no such file; sync once, or check the path"), "{error}");
}
