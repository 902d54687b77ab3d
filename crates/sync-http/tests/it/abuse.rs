//! What nobody should send is refused, and others are served on.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use crate::client::{connect, get, post};
use crate::fixture::Shop;

#[test]
fn a_body_of_a_gigabyte_is_not_read() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let mut stream = connect(served.address());
    let head = "Content-Type: application/json\r\nContent-Length: 1000000000";
    write!(stream, "POST /query HTTP/1.1\r\nHost: {}\r\n{head}\r\n\r\n", served.address()).unwrap();
    let chunk = vec![b' '; 1 << 20];
    let taken = (0..1000).take_while(|_| stream.write_all(&chunk).is_ok()).count();
    assert!(taken < 100, "{taken} MiB were taken");
    let mut answer = Vec::new();
    // The connection may be gone by the time its answer is read.
    let read = stream.read_to_end(&mut answer).is_ok();
    assert!(!read || answer.starts_with(b"HTTP/1.1 413 "), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(get(served.address(), "/healthz").status, 200);
}

#[test]
fn a_statement_of_a_hundred_kilobytes_is_refused() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let sql = format!("SELECT {}1", "1 + ".repeat(25_000));
    let refused = post(served.address(), "/query", &serde_json::json!({ "sql": sql }).to_string());
    let expected = "query: the statement has 100008 bytes; write at most 65536 bytes; give long values as parameters";
    assert_eq!(refused.error(), (400, expected.to_owned()));
}

/// Each waits for a place, as the head of nobody comes; their silence costs each of them its own.
#[test]
fn connections_that_say_nothing_keep_nobody_out_for_long() {
    let shop = Shop::synced();
    let places = 100;
    let served = shop.serve(|endpoints| {
        endpoints.limits.connections = places;
        // Longer than a busy machine keeps a client from sending its own head.
        endpoints.limits.head = Duration::from_secs(1);
    });
    let idle: Vec<_> = (0..2 * places).map(|_| connect(served.address())).collect();
    assert_eq!(get(served.address(), "/healthz").status, 200);
    for mut silent in idle {
        assert_eq!(silent.read(&mut [0]).ok(), Some(0), "a silent connection is ended without an answer");
    }
}
