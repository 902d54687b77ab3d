//! Answers that have to be as fresh as their readers demand.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sync_core::engine::control;
use sync_core::settings::Secret;
use sync_http::Endpoints;

use crate::client::{Response, get, post, send};
use crate::fixture::{LONG, Shop, row, users};

const COUNT: &str = r#"{"sql": "SELECT count(*) AS n FROM users"}"#;

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

#[test]
fn answers_tell_how_far_they_reach_and_can_be_asked_to_reach_further() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| endpoints.limits.freshness = Duration::from_millis(50));
    let address = served.address();
    let sequence = |answer: &Response| -> u64 { answer.header("x-sync-seq").unwrap().parse().unwrap() };
    let first = sequence(&post(address, "/query", COUNT));
    assert_eq!(sequence(&post(address, "/query/raw", COUNT)), first);
    assert_eq!(sequence(&get(address, &format!("/sync-data?min_seq={first}"))), first);
    let next = format!("/query?min_seq={}", first + 1);
    let text = format!("min_seq: {} is not reached yet, it is {first}; numbers begin anew with each daemon", first + 1);
    let refused = post(address, &next, COUNT);
    assert_eq!((refused.error(), refused.header("retry-after")), ((503, text), Some("1")));
    served.status.send_modify(|status| status.tables[0].paused = true);
    assert_eq!(sequence(&post(address, &next, COUNT)), first + 1);
}

#[test]
fn an_answer_waits_until_its_tables_were_synced_lately_enough() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| endpoints.limits.freshness = Duration::from_millis(50));
    let address = served.address();
    assert_eq!(post(address, "/query?max_staleness=60", COUNT).status, 200);
    served.status.send_modify(|status| {
        status.tables[0].last_success_began_ms = None;
        status.tables[1].last_success_began_ms = Some(now_ms() - 61_000);
    });
    for (path, missing) in [
        ("/query?max_staleness=60", "public.users, audit.logs"),
        ("/query?max_staleness=100", "public.users"),
        ("/query?max_staleness=60&table=logs", "audit.logs"),
        ("/sync-data?max_staleness=60&table=users", "public.users"),
    ] {
        let answer = if path.starts_with("/query") { post(address, path, COUNT) } else { get(address, path) };
        let text = format!("max_staleness: no run of {missing} has succeeded in time; see /sync-status");
        assert_eq!(answer.error(), (503, text), "{path}");
    }
    assert_eq!(post(address, "/query?max_staleness=100&table=audit.logs", COUNT).status, 200);
}

#[test]
fn a_run_that_ends_meanwhile_is_what_an_answer_waits_for() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| endpoints.limits.freshness = LONG);
    let address = served.address();
    let reader = std::thread::spawn(move || post(address, "/query?max_staleness=0&table=users", COUNT).status);
    while !reader.is_finished() {
        served.status.send_modify(|status| status.tables[0].last_success_began_ms = Some(now_ms()));
        std::thread::yield_now();
    }
    assert_eq!(reader.join().unwrap(), 200);
}

/// A sync is a command: neither a reader's token nor a page of somebody else, which can send a GET, has one begun.
#[test]
fn who_may_not_command_waits_for_the_next_run() {
    let shop = Shop::synced();
    let (control, commands) = control();
    let mut endpoints = Endpoints::new(shop.engine.status(), control.clone(), &shop.path)
        .token(Some(Secret::new("all")))
        .read_token(Some(Secret::new("reading")));
    endpoints.limits.freshness = Duration::from_secs(3);
    let server = sync_http::start("127.0.0.1:0".parse().unwrap(), endpoints).unwrap();
    let address = server.address();
    let source = shop.source.clone();
    let client = std::thread::spawn(move || {
        let ask = |method: &str, path: &str, token: &str, body: &str| {
            send(
                address,
                method,
                path,
                &["Content-Type: application/json", &format!("Authorization: Bearer {token}")],
                body,
            )
        };
        // After the runs with which an engine begins, there are none but those that are asked for.
        while ask("POST", "/query?max_staleness=0", "all", COUNT).status != 200 {}
        source.commit(vec![row(users(), 7, "new")]).unwrap();
        let demand = "max_staleness=0&table=users";
        let refused = [
            ask("POST", &format!("/query?{demand}"), "reading", COUNT),
            ask("GET", &format!("/sync-data?{demand}"), "all", ""),
        ];
        let fresh = ask("POST", &format!("/query?{demand}"), "all", COUNT);
        control.stop();
        (refused.map(|answer| answer.status), fresh)
    });
    shop.runtime.block_on(shop.engine.run(commands)).unwrap();
    let (refused, fresh) = client.join().unwrap();
    assert_eq!(refused, [503, 503]);
    assert_eq!((fresh.status, fresh.body.as_str()), (200, r#"{"result":[{"n":3}]}"#));
}

#[test]
fn what_is_no_demand_is_refused() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    for (search, error) in [
        ("min_seq=x", r#"min_seq: "x" is not a number as x-sync-seq tells it"#),
        ("max_staleness=-1", r#"max_staleness: "-1" is not a number of seconds"#),
        ("max_staleness=NaN", r#"max_staleness: "NaN" is not a number of seconds"#),
        ("fresh=1", r#""fresh" can't be set in the address; there are min_seq, max_staleness and table"#),
    ] {
        let refused = post(served.address(), &format!("/query?{search}"), COUNT);
        assert_eq!(refused.error(), (400, error.to_owned()), "{search}");
    }
    let unknown = post(served.address(), "/query?max_staleness=1&table=nothing", COUNT);
    assert_eq!(unknown.error(), (404, r#"table: no table "nothing" is synced"#.to_owned()));
    let early = Shop::new();
    let served = early.serve(|_| {});
    let text = "max_staleness: no source has said yet which tables it has";
    assert_eq!(post(served.address(), "/query?max_staleness=1", COUNT).error(), (503, text.to_owned()));
}
