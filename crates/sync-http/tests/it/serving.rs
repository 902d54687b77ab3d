//! Addresses, time and the end.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use sync_core::ErrorKind;
use sync_core::settings::Secret;

use crate::client::{connect, get, read};
use crate::fixture::{LONG, Shop};

#[test]
fn an_address_that_can_not_be_had_is_named() {
    let shop = Shop::synced();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = shop.serve_at(address, |_| {}).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(
        error.to_string(),
        format!("http.listen: {address} is in use; stop the program that listens there, or set another port")
    );
    let error = shop
        .serve_at("192.0.2.1:80".parse().unwrap(), |endpoints| endpoints.token = Some(Secret::new("hunter2")))
        .err()
        .unwrap();
    assert_eq!(error.to_string(), "http.listen: 192.0.2.1:80 is none of this machine's addresses; set one that is");
}

#[test]
fn others_are_served_with_a_token_only() {
    let shop = Shop::synced();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let error = shop.serve_at(address.parse().unwrap(), |_| {}).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Config);
        let hint = "set token_env or token_file in [http], or listen at 127.0.0.1";
        let text = format!("http.listen: others can reach {address}, and no token is set; {hint}");
        assert_eq!(error.to_string(), text);
    }
    let empty = shop.serve_at("127.0.0.1:0".parse().unwrap(), |endpoints| endpoints.token = Some(Secret::new("")));
    assert_eq!(empty.err().unwrap().to_string(), "http.token: the token is empty; set a long random text, or none");
    let served = shop
        .serve_at("0.0.0.0:0".parse().unwrap(), |endpoints| endpoints.token = Some(Secret::new("hunter2")))
        .unwrap();
    let address = format!("127.0.0.1:{}", served.address().port()).parse().unwrap();
    let request = "GET /sync-status HTTP/1.1\r\nHost: replica.example\r\nConnection: close\r\nAuthorization: Bearer hunter2\r\n\r\n";
    assert_eq!(crate::client::raw(address, request.as_bytes()).status, 200);
    assert_eq!(get(address, "/sync-status").status, 401);
}

#[test]
fn a_client_that_sends_nothing_is_cut_off() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| {
        endpoints.limits.head = Duration::from_millis(50);
        endpoints.limits.request = Duration::from_millis(50);
    });
    for request in ["", "GET /healthz HT", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"] {
        let mut stream = connect(served.address());
        stream.write_all(request.as_bytes()).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"", "{request:?}");
    }
    let mut stream = connect(served.address());
    let head =
        "POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(read(&mut stream).error(), (408, "the request took longer than 50ms".to_owned()));
}

#[test]
fn a_connection_has_an_end() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| endpoints.limits.connection = Duration::from_millis(200));
    let mut stream = connect(served.address());
    let mut answers = 0;
    let patience = Instant::now() + LONG;
    while Instant::now() < patience {
        let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let sent = stream.write_all(request.as_bytes());
        let mut buffer = [0; 4096];
        match sent.and_then(|()| stream.read(&mut buffer)) {
            Ok(0) | Err(_) => return assert!(answers > 0),
            Ok(_) => answers += 1,
        }
    }
    panic!("the connection is still open");
}

#[test]
fn connections_beyond_the_limit_wait_for_their_turn() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| endpoints.limits.connections = 1);
    let idle = connect(served.address());
    let mut waiting = connect(served.address());
    waiting.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    waiting.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert!(waiting.read(&mut [0; 1]).is_err(), "the first has the only place");
    waiting.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    drop(idle);
    assert_eq!(read(&mut waiting).status, 200);
}

#[test]
fn a_stopped_server_gives_its_address_back() {
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let address = served.address();
    let mut idle = connect(address);
    assert_eq!(get(address, "/healthz").status, 200);
    served.server.stop();
    assert_eq!(idle.read(&mut [0; 1]).unwrap(), 0);
    let again = shop.serve_at(address, |_| {}).unwrap();
    assert_eq!(get(again.address(), "/healthz").status, 200);
}
