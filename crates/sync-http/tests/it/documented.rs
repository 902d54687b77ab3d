//! Every request of the documentation gets the answer that stands below it.

use std::time::Duration;

use serde_json::{Value as Json, json};
use sync_core::memory::MemorySource;
use sync_core::{Column, DataType, OwnedValue, TableId, TableSchema};

use crate::client::send;
use crate::fixture::{Shop, users};

const README: &str = include_str!("../../README.md");
const PAGE: &str = include_str!("../../../../docs/http.md");

#[test]
fn every_request_gets_the_answer_below_it() {
    let shop = Shop::over(shop(), &["users"]);
    shop.runtime.block_on(shop.engine.sync());
    let served = shop.serve(|endpoints| {
        endpoints.debug = json!({"sync_interval": 300, "tables": ["users"]});
        endpoints.reload = Some(std::sync::Arc::default());
    });
    served.status.send_modify(|status| {
        status.tables[0].rows_changed = 2;
        status.tables[0].interval = Some(Duration::from_secs(300));
        status.tables[0].next_run_ms = Some(0);
    });
    let blocks: Vec<_> = README.split("```http\n").skip(1).collect();
    assert_eq!(blocks.len(), 15);
    // What a page shows of the last query was asked before.
    let last = r#"{"sql": "SELECT name FROM users WHERE id = ?", "params": [1]}"#;
    for block in blocks {
        let headers = ["Content-Type: application/json"];
        if block.starts_with("GET /debug") {
            assert_eq!(send(served.address(), "POST", "/query", &headers, last).status, 200);
        }
        let (request, rest) = block.split_once("```").unwrap();
        let (line, body) = request.trim_end().split_once('\n').unwrap_or((request.trim_end(), ""));
        let (method, path) = line.split_once(' ').unwrap();
        let documented = rest.split_once("```json\n").unwrap().1.split_once("```").unwrap().0;
        let answer = send(served.address(), method, path, &headers, body);
        let expected: Json = serde_json::from_str(documented).unwrap();
        assert_eq!(settled(answer.json()), settled(expected), "{line}");
    }
}

#[test]
fn the_page_and_the_readme_say_the_same() {
    let endpoints = |text: &'static str| text.split_once("## Endpoints").unwrap().1;
    assert_eq!(endpoints(PAGE), endpoints(README));
}

/// Users with the columns of the documentation.
fn shop() -> MemorySource {
    let source = MemorySource::new();
    let table = TableSchema::builder(TableId::new("public", "users"))
        .column(Column::new("id", DataType::Integer).not_null())
        .column(Column::new("name", DataType::Text))
        .column(Column::new("photo", DataType::Bytes));
    source.create(table.key(["id"]).build().unwrap());
    let row = |id: i64, name: &str| {
        sync_core::memory::Change::upsert(users(), vec![id.into(), name.into(), OwnedValue::Bytes(vec![0, 255])])
    };
    source.commit(vec![row(1, "Ada"), row(2, "Grace")]).unwrap();
    source
}

/// With what differs from run to run made equal.
fn settled(mut json: Json) -> Json {
    match &mut json {
        Json::Object(object) => {
            for (key, value) in object.iter_mut() {
                let varies = [
                    "last_success",
                    "next_run",
                    "last_sync",
                    "seconds",
                    "server",
                    "version",
                    "replica_file",
                    "last_reconcile",
                    "last_sweep",
                ];
                *value = match value.take() {
                    Json::Null => Json::Null,
                    other if varies.contains(&key.as_str()) => json!(other.is_number()),
                    other => settled(other),
                };
            }
        }
        Json::Array(values) => values.iter_mut().for_each(|value| *value = settled(value.take())),
        _ => {}
    }
    json
}
