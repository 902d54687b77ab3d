//! The document of the endpoints says what they do.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use sync_core::settings::Secret;

use crate::client::{get, post};
use crate::fixture::Shop;

/// What the page is made of is no interface.
const PARTS_OF_THE_PAGE: [&str; 2] = ["/page.js", "/page.css"];

fn document(shop: &Shop) -> Json {
    let served = shop.serve(|endpoints| endpoints.token = Some(Secret::new("needed elsewhere")));
    let answer = get(served.address(), "/openapi.json");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    serde_json::from_str(&answer.body).unwrap()
}

#[test]
fn every_route_is_in_the_document_and_no_other() {
    let router = include_str!("../../src/router.rs");
    let routes: BTreeSet<(String, String)> = router
        .lines()
        .filter_map(|line| line.trim().strip_prefix(".route(\"")?.split_once("\", "))
        .filter(|(path, _)| !PARTS_OF_THE_PAGE.contains(path))
        .map(|(path, rest)| (path.to_owned(), if rest.contains("post(") { "post" } else { "get" }.to_owned()))
        .collect();
    let document = document(&Shop::new());
    let paths = document["paths"].as_object().unwrap();
    let documented = paths
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| (path.clone(), method.clone())));
    assert!(routes.len() > 15, "{routes:?}");
    assert_eq!(documented.collect::<BTreeSet<_>>(), routes);
}

#[test]
fn answers_are_as_the_document_says() {
    let shop = Shop::synced();
    let document = document(&shop);
    let served = shop.serve(|_| {});
    let asked = |path: &str, method: &str, body: &str| {
        let answer = if method == "get" { get(served.address(), path) } else { post(served.address(), path, body) };
        let (path, _) = path.split_once('?').unwrap_or((path, ""));
        let said = &document["paths"][path][method]["responses"][answer.status.to_string()];
        assert!(said.is_object(), "{method} {path} answers {} {}", answer.status, answer.body);
        let schema = &resolved(&document, said)["content"]["application/json"]["schema"];
        let body: Json = serde_json::from_str(&answer.body).unwrap();
        if let Err(wrong) = fits(&document, schema, &body) {
            panic!("{method} {path} answers {body}: {wrong}");
        }
        answer.status
    };
    for path in
        ["/healthz", "/readyz", "/sync-status", "/sync-data", "/sync-data?table=users&limit=1", "/history", "/debug"]
    {
        assert_eq!(asked(path, "get", ""), 200, "{path}");
    }
    assert_eq!(asked("/sync-data?table=nothing", "get", ""), 404);
    assert_eq!(asked("/sync-data?limit=x", "get", ""), 400);
    let query = r#"{"sql": "SELECT id, text, bytes, NULL AS n, 1.5 AS r FROM users"}"#;
    for path in ["/query", "/query/raw", "/test-query"] {
        assert_eq!(asked(path, "post", query), 200, "{path}");
        assert_eq!(asked(path, "post", r#"{"sql": "DELETE FROM users"}"#), 400, "{path}");
        assert_eq!(asked(path, "post", "{"), 400, "{path}");
    }
    for path in ["/force-sync", "/pause", "/resume", "/accept-deletes"] {
        assert_eq!(asked(path, "post", r#"{"table": "users"}"#), 200, "{path}");
    }
    for path in ["/force-sync", "/pause", "/resume", "/accept-deletes", "/resync"] {
        assert_eq!(asked(path, "post", r#"{"table": "nothing"}"#), 404, "{path}");
        assert_eq!(asked(path, "post", r#"{"table": 7}"#), 400, "{path}");
    }
    assert_eq!(asked("/reload", "post", ""), 404);
}

#[test]
fn the_check_of_these_tests_finds_what_does_not_fit() {
    let document = document(&Shop::new());
    let error = json!({"$ref": "#/components/schemas/Error"});
    assert!(fits(&document, &error, &json!({"error": "text"})).is_ok());
    for wrong in [json!({}), json!({"error": 7}), json!({"error": "text", "more": 1}), json!([])] {
        assert!(fits(&document, &error, &wrong).is_err(), "{wrong}");
    }
}

fn resolved<'a>(document: &'a Json, schema: &'a Json) -> &'a Json {
    match schema["$ref"].as_str() {
        Some(place) => document.pointer(place.trim_start_matches('#')).unwrap_or_else(|| panic!("there is no {place}")),
        None => schema,
    }
}

/// As much of JSON Schema as the document uses.
fn fits(document: &Json, schema: &Json, value: &Json) -> Result<(), String> {
    let schema = resolved(document, schema);
    let wrong = |what: &str| Err(format!("{value} {what} {schema}"));
    if schema.get("const").is_some_and(|only| only != value) {
        return wrong("is not");
    }
    if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
        return wrong("is none of");
    }
    if let Some(types) = schema.get("type") {
        let is = |kind: &Json| match kind.as_str().unwrap() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("{other} is no type"),
        };
        if !types.as_array().map_or_else(|| is(types), |types| types.iter().any(is)) {
            return wrong("is not of the type of");
        }
    }
    if let Some(ways) = schema["oneOf"].as_array()
        && ways.iter().filter(|way| fits(document, way, value).is_ok()).count() != 1
    {
        return wrong("fits not exactly one of");
    }
    let items = value.as_array().into_iter().flatten();
    items.filter(|_| schema.get("items").is_some()).try_for_each(|item| fits(document, &schema["items"], item))?;
    let Some(object) = value.as_object() else { return Ok(()) };
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.filter_map(Json::as_str) {
        object.get(name).ok_or_else(|| format!("{value} has no {name}"))?;
    }
    object.iter().try_for_each(|(name, value)| match (&schema["properties"][name], &schema["additionalProperties"]) {
        (Json::Null, Json::Bool(false)) => Err(format!("{name} is not known in {schema}")),
        (Json::Null, Json::Null) => Ok(()),
        (Json::Null, others) => fits(document, others, value),
        (known, _) => fits(document, known, value),
    })
}
