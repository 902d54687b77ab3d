//! `/healthz` and `/readyz`.

use std::time::Duration;

use serde_json::json;
use sync_core::status::Phase;

use crate::client::get;
use crate::fixture::Shop;

#[test]
fn health_turns_red_with_the_table_and_the_reason() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let healthy = get(served.address(), "/healthz");
    assert_eq!((healthy.status, healthy.json()), (200, json!({"status": "ok", "problems": [], "waiting_for": []})));
    served.status.send_modify(|status| {
        status.tables[0].interval = Some(Duration::from_secs(60));
        status.tables[0].last_success_ms = None;
        status.tables[0].failures = 3;
        status.tables[0].phase = Phase::Failed;
        status.tables[0].error = Some("the login may not read it".to_owned());
    });
    let failing = get(served.address(), "/healthz");
    assert_eq!(failing.status, 503);
    let problem = "it failed 3 times and never succeeded: the login may not read it";
    assert_eq!(
        failing.json(),
        json!({"status": "failing", "problems": [{"table": "public.users", "problem": problem}], "waiting_for": []})
    );
    served.status.send_modify(|status| status.sources[0].error = Some("connection refused".to_owned()));
    let waiting = get(served.address(), "/healthz");
    assert_eq!(waiting.status, 200);
    assert_eq!(waiting.json()["waiting_for"], json!([{"problem": "connection refused"}]));
}

#[test]
fn a_table_that_can_not_be_synced_is_red_and_named() {
    let shop = Shop::with(&["users", "absent"]);
    shop.runtime.block_on(shop.engine.sync());
    let failing = get(shop.serve(|_| {}).address(), "/healthz");
    assert_eq!(failing.status, 503);
    assert_eq!(failing.json()["problems"][0]["table"], "absent");
}

#[test]
fn ready_is_when_every_planned_table_was_published_once() {
    let shop = Shop::new();
    let served = shop.serve(|_| {});
    let ready = || {
        let response = get(served.address(), "/readyz");
        (response.status, response.json())
    };
    assert_eq!(ready(), (503, json!({"ready": false, "missing": [], "waiting_for": []})));
    shop.runtime.block_on(shop.engine.sync());
    let synced = shop.status();
    // As after a start that the source does not answer, and then as after one that it does.
    served.status.send_modify(|status| {
        status.clone_from(&synced);
        status.sources[0].identity = None;
    });
    assert_eq!(ready(), (503, json!({"ready": false, "missing": [], "waiting_for": ["the source"]})));
    served.status.send_modify(|status| {
        status.clone_from(&synced);
        status.tables.iter_mut().for_each(|table| table.last_success_ms = None);
    });
    assert_eq!(ready(), (200, json!({"ready": true, "missing": [], "waiting_for": []})));
    served.status.send_modify(|status| status.tables[1].replica = "tmp_other".to_owned());
    assert_eq!(ready(), (503, json!({"ready": false, "missing": ["audit.logs"], "waiting_for": []})));
}
