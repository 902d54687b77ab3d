//! `data-sync accept-deletes`: an emptied table is emptied here when somebody says so.

use serde_json::json;

use crate::daemon::Daemon;
use crate::shop::Shop;

#[test]
fn deletes_that_are_held_back_are_shown_and_carried_out_on_request() {
    let shop = Shop::synced(3, "");
    let ran = shop.run(&["accept-deletes", "users"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "tmp_users: no deletes are held back\n"), "{}", ran.stderr);

    shop.database.execute("DELETE FROM users").unwrap();
    let ran = shop.run(&["sync"]);
    assert_eq!((ran.code, shop.rows()), (0, Some(3)), "{}", ran.stderr);
    let held = "table public.users: 3 of 3 rows are gone at the source, and kept since ";
    let remedy = " as these are so many; the next comparison of keys that finds the same deletes them, or `data-sync \
        accept-deletes public.users` now\n";
    assert!(ran.stderr.contains(&format!("\nwarning: {held}")) && ran.stderr.ends_with(remedy), "{}", ran.stderr);
    let status = shop.run(&["status"]).stdout;
    assert!(status.contains(held) && status.ends_with(remedy), "{status}");
    let (_, status) = shop.json(&["status", "--json"]);
    let shown = &status["tables"][0]["held_deletes"];
    assert_eq!((&shown["deletes"], &shown["rows"]), (&json!(3), &json!(3)));
    assert!(shown["since"].is_string() && status["tables"][0]["last_reconcile"].is_string(), "{status}");

    let ran = shop.run(&["accept-deletes", "absent"]);
    assert_eq!(ran.code, 1);
    let config = shop.path().join("data-sync.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    shop.database.execute("CREATE TABLE other (id int PRIMARY KEY)").unwrap();
    std::fs::write(&config, text.replace("\"users\"", "\"other\"")).unwrap();
    let ran = shop.run(&["accept-deletes", "users"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (1, "error: table users: no source has it any more; name it in `tables`\n")
    );
    std::fs::write(&config, text).unwrap();
    let ran = shop.run(&["accept-deletes", "users"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "tmp_users: rows deleted: 3\n"), "{}", ran.stderr);
    assert_eq!(shop.rows(), Some(0));
    assert_eq!(shop.json(&["status", "--json"]).1["tables"][0]["held_deletes"], json!(null));
}

#[test]
fn a_daemon_is_asked_over_http_instead() {
    let shop = Shop::synced(1, "");
    let daemon = Daemon::start(shop.path());
    daemon.wait_for_log("data-sync runs");
    let ran = shop.run(&["accept-deletes", "users"]);
    assert_eq!(ran.code, 4);
    assert_eq!(
        ran.stderr,
        "error: replica replica.db: it is being synced; send POST /accept-deletes to the daemon, or stop it before\n"
    );
}
