//! Who may send what.

use serde_json::json;
use sync_core::settings::Secret;

use crate::client::{get, post, raw, send};
use crate::fixture::Shop;

const JSON: &str = "Content-Type: application/json";
const SELECT: &str = r#"{"sql": "SELECT 1 AS one"}"#;

#[test]
fn what_is_not_there_is_said_in_json() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    assert_eq!(get(served.address(), "/absent").error(), (404, "there is no /absent".to_owned()));
    let wrong = get(served.address(), "/query");
    assert_eq!(wrong.error(), (405, "/query does not answer GET".to_owned()));
    assert_eq!(wrong.header("allow"), Some("POST"));
    assert_eq!(post(served.address(), "/healthz", "{}").error(), (405, "/healthz does not answer POST".to_owned()));
    assert_eq!(post(served.address(), "/sync-status", "").status, 405);
}

#[test]
fn a_page_of_another_origin_can_send_nothing() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let address = served.address();
    for path in ["/query", "/query/raw", "/test-query", "/force-sync"] {
        for header in [
            "",
            "Content-Type: text/plain",
            "Content-Type: application/x-www-form-urlencoded",
            "Content-Type: application/jsonp",
        ] {
            let headers: &[&str] = if header.is_empty() { &[] } else { &[header] };
            assert_eq!(
                send(address, "POST", path, headers, SELECT).error(),
                (415, "the body must be JSON; send the header Content-Type: application/json".to_owned()),
                "{path} {header}"
            );
        }
        for origin in
            ["http://evil.example", "null", "http://localhost:1", "http://127.0.0.1", "file://", "ftp://localhost"]
        {
            let response = send(address, "POST", path, &[JSON, &format!("Origin: {origin}")], SELECT);
            assert_eq!(
                response.error(),
                (
                    403,
                    "pages of other origins can't send this; the header Origin is not that of this address".to_owned()
                ),
                "{path} {origin}"
            );
            assert_eq!(response.header("access-control-allow-origin"), None);
        }
    }
    for origin in [format!("http://{address}"), format!("https://{address}")] {
        let response = send(
            address,
            "POST",
            "/query",
            &["content-type: Application/JSON; charset=utf-8", &format!("origin: {origin}")],
            SELECT,
        );
        assert_eq!(response.body, r#"{"result":[{"one":1}]}"#, "{origin}");
    }
    assert_eq!(send(address, "OPTIONS", "/query", &["Origin: http://evil.example"], "").status, 405);
}

#[test]
fn a_name_of_somebody_else_is_not_answered() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let address = served.address();
    let with_host =
        |line: &str, host: &str| raw(address, format!("{line} HTTP/1.1\r\n{host}Connection: close\r\n\r\n").as_bytes());
    for host in ["localhost", "LocalHost:1234", "127.0.0.1:80", "[::1]:8787"] {
        assert_eq!(with_host("GET /sync-status", &format!("Host: {host}\r\n")).status, 200, "{host}");
    }
    let text = "requests must be sent to localhost, 127.0.0.1 or [::1]; the header Host names something else";
    for host in ["evil.example", "localhost.evil.example", "192.168.1.1:8787", ""] {
        assert_eq!(
            with_host("GET /sync-status", &format!("Host: {host}\r\n")).error(),
            (403, text.to_owned()),
            "{host}"
        );
        assert_eq!(with_host("GET /healthz", &format!("Host: {host}\r\n")).status, 403, "{host}");
    }
    assert_eq!(with_host("GET /sync-status", "Host: localhost\r\nHost: evil.example\r\n").status, 403);
    assert_eq!(with_host("GET http://evil.example/sync-status", "Host: localhost\r\n").status, 403);
    assert_eq!(with_host("GET /sync-status", "").status, 403);
}

#[test]
fn with_a_token_only_probes_are_open() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| endpoints.token = Some(Secret::new("hunter2 with blanks")));
    let address = served.address();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get(address, path).status, 200, "{path}");
    }
    for (method, path) in [
        ("GET", "/sync-status"),
        ("GET", "/sync-data"),
        ("GET", "/debug"),
        ("POST", "/force-sync"),
        ("POST", "/query"),
        ("POST", "/query/raw"),
        ("POST", "/test-query"),
        ("GET", "/absent"),
    ] {
        let response = send(address, method, path, &[JSON], SELECT);
        assert_eq!(
            response.error(),
            (401, "a token is needed; send the header Authorization: Bearer TOKEN".to_owned()),
            "{path}"
        );
        assert_eq!(response.header("www-authenticate"), Some("Bearer"));
    }
    for wrong in ["hunter", "hunter2 with blankS", " hunter2 with blanks", "hunter2 with blanksx", ""] {
        let status = send(address, "GET", "/sync-status", &[&format!("Authorization: Bearer {wrong}")], "").status;
        assert_eq!(status, 401, "{wrong:?}");
    }
    let response = send(address, "GET", "/sync-status", &["Authorization: Bearer hunter2"], "");
    assert_eq!(response.error(), (401, "the token is not the right one".to_owned()));
    for scheme in ["Bearer", "bearer"] {
        let header = format!("Authorization: {scheme} hunter2 with blanks");
        assert_eq!(send(address, "POST", "/query", &[JSON, &header], SELECT).json(), json!({"result": [{"one": 1}]}));
        assert!(!send(address, "GET", "/debug", &[&header], "").body.contains("hunter2"));
    }
}

#[test]
fn a_body_has_a_limit() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let sql = |length: usize| {
        let around = r#"{"sql": "SELECT 1 AS one", "params": []}"#.len();
        format!(r#"{{"sql": "SELECT 1 AS one", "params": []{}}}"#, " ".repeat(length - around))
    };
    assert_eq!(post(served.address(), "/query", &sql(1 << 20)).status, 200);
    assert_eq!(
        post(served.address(), "/query", &sql((1 << 20) + 1)).error(),
        (413, "the body is larger than 1048576 bytes".to_owned())
    );
    assert_eq!(post(served.address(), "/force-sync", &" ".repeat(5 << 20)).status, 413);
}

#[test]
fn a_broken_request_is_answered_or_ended() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    for request in [
        "NONSENSE\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        "GET /%00%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ] {
        let status = raw(served.address(), request.as_bytes()).status;
        assert!([400, 404].contains(&status), "{request:?}: {status}");
    }
    let broken = "POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n\
        Transfer-Encoding: chunked\r\n\r\nno length\r\n";
    assert_eq!(raw(served.address(), broken.as_bytes()).error(), (400, "the body broke off".to_owned()));
    assert_eq!(get(served.address(), "/healthz").status, 200);
}
