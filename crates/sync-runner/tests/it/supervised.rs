//! A daemon under a supervisor, and one that is told things over HTTP.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crate::daemon::{Daemon, ask};
use crate::shop::Shop;

#[test]
fn the_supervisor_is_told_when_it_is_ready_and_when_it_ends() {
    let shop = Shop::synced(1, "");
    let path = shop.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let told = || {
        let mut message = [0; 64];
        let length = socket.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    };
    let daemon = Daemon::start_with(shop.path(), &[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    assert_eq!(told(), "READY=1");
    daemon.signal("TERM");
    assert_eq!(told(), "STOPPING=1");
    assert_eq!(daemon.wait().0, Some(0));
}

#[test]
fn a_changed_configuration_is_taken_over_by_a_request() {
    let shop = Shop::synced(1, "sync_interval = \"1h\"");
    let daemon = Daemon::start(shop.path());
    let address = daemon.address();
    let file = shop.path().join("data-sync.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("1h", "2h");
    std::fs::write(&file, text).unwrap();
    assert_eq!(ask(&address, "POST", "/reload", "", "{}").0, 200);
    daemon.wait_for_log("the configuration was read again");
    let status = |text: &str| {
        let (code, status) = ask(&address, "GET", "/sync-status", "", "");
        code == 200 && status.contains(text)
    };
    daemon.wait_until("the new interval", || status("\"sync_interval\":7200.0"));

    // Who paused a table counts on it, whatever is changed about others.
    assert_eq!(ask(&address, "POST", "/pause", "", "{\"table\": \"users\"}").0, 200);
    daemon.wait_until("the pause", || status("\"paused\":true"));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("memory_budget = 20000000\n{}", text.replace("2h", "3h"))).unwrap();
    daemon.signal("HUP");
    daemon.wait_until("the newer interval", || status("\"sync_interval\":10800.0"));
    assert!(status("\"paused\":true"), "{:#?}", daemon.log());
    let told = daemon.wait_for_log("takes a restart");
    assert!(
        told.ends_with("memory_budget is another now, which takes a restart; until then it stays as it was"),
        "{told}"
    );
}

#[test]
fn an_end_in_disorder_is_looked_into() {
    let shop = Shop::synced(10, "sync_interval = \"1h\"");
    let daemon = Daemon::start(shop.path());
    daemon.wait_for_log("data-sync runs");
    daemon.signal("KILL");
    daemon.wait();
    let daemon = Daemon::start(shop.path());
    daemon.wait_for_log("the program did not end in good order before; the file was read through and is sound");
    daemon.signal("TERM");
    daemon.wait();
    let daemon = Daemon::start(shop.path());
    daemon.wait_for_log("data-sync runs");
    daemon.signal("TERM");
    let (_, log) = daemon.wait();
    assert!(!log.concat().contains("in good order before"), "{log:#?}");
}
