//! What nobody should send is refused, and others are served on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
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

/// So many as the system gives this program, up to ten thousand; their silence costs each of them its place.
#[test]
fn connections_that_say_nothing_keep_nobody_out_for_long() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| endpoints.limits.head = Duration::from_millis(20));
    let address = served.address();
    let open = || TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok();
    let idle: Vec<_> = (0..10_000).map_while(|_| open()).collect();
    assert!(idle.len() > 200, "{} connections", idle.len());
    // Those that were cut off gave their files back on the server's side alone.
    drop(idle.into_iter().skip(200).collect::<Vec<_>>());
    assert_eq!(get(address, "/healthz").status, 200);
}
