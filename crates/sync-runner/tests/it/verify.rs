//! `data-sync verify`: a replica that was tampered with is found out, and set right.

use serde_json::json;

use crate::daemon::Daemon;
use crate::shop::Shop;

const HEADER: &str = "table         replica    result    rows at source  rows in replica  missing  extra  different";

#[test]
fn what_differs_is_named_and_repaired() {
    let shop = Shop::synced(20, "");
    let ran = shop.run(&["verify"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(
        ran.stdout.ends_with("equal               20               20        0      0          0\n"),
        "{}",
        ran.stdout
    );

    shop.tamper(
        "DELETE FROM tmp_users WHERE id = 7; UPDATE tmp_users SET name = 'forged' WHERE id = 9;
         INSERT INTO tmp_users SELECT id + 100, name FROM tmp_users WHERE id < 15",
    );
    let ran = shop.run(&["verify", "users"]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(columns(lines[2]), ["public.users", "tmp_users", "differs", "20", "32", "1", "13", "1"]);
    assert_eq!(lines[3], "public.users: missing: [\"7\"]");
    assert!(lines[4].starts_with("public.users: extra: [\"1") && lines[4].ends_with(", …"), "{}", lines[4]);
    assert_eq!(lines[4].matches('[').count(), 10);
    assert_eq!(lines[5..], ["public.users: different: [\"9\"]"]);

    let (code, report) = shop.json(&["verify", "--json"]);
    let table = &report["tables"][0];
    assert_eq!((code, &report["equal"], &table["result"]), (5, &json!(false), &json!("differs")));
    assert_eq!((&table["source_rows"], &table["replica_rows"]), (&json!(20), &json!(32)));
    assert_eq!(table["missing"], json!({"count": 1, "examples": [["7"]]}));
    assert_eq!((&table["extra"]["count"], &table["different"]["examples"]), (&json!(13), &json!([["9"]])));
    assert_eq!((&table["error"], &table["repaired"]), (&json!(null), &json!(null)));

    let (code, report) = shop.json(&["verify", "--repair", "--json"]);
    let table = &report["tables"][0];
    assert_eq!((code, &report["equal"], &table["result"]), (0, &json!(true), &json!("repaired")));
    assert_eq!(table["repaired"], json!({"changed": 2, "deleted": 13}));
    assert_eq!(table["missing"], json!({"count": 0, "examples": []}));
    let ran = shop.run(&["verify", "--repair"]);
    assert_eq!(ran.code, 0);
    assert_eq!(columns(ran.stdout.lines().nth(2).unwrap())[2], "equal", "nothing is left to repair");
}

fn columns(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn beside_a_daemon_it_looks_and_does_not_repair() {
    let shop = Shop::synced(3, "sync_interval = 0.1\nreconcile_interval = \"1h\"");
    let daemon = Daemon::start(shop.path());
    daemon.wait_for_log("data-sync runs");
    let ran = shop.run(&["verify"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let ran = shop.run(&["verify", "--repair"]);
    assert_eq!(ran.code, 4);
    assert_eq!(
        ran.stderr,
        "error: replica replica.db: it is being synced; stop the daemon before a repair; without --repair, verify runs beside it\n"
    );
    daemon.signal("TERM");
    assert_eq!(daemon.wait().0, Some(0));
}

#[test]
fn what_can_not_be_verified_has_its_reason() {
    let shop = Shop::synced(1, "");
    let ran = shop.run(&["verify", "absent"]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.stderr,
        "error: table absent: the replica has no such table; `data-sync status` lists what it has\n"
    );
    shop.tamper("DROP TABLE tmp_users");
    let ran = shop.run(&["verify"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stderr.starts_with("error: table "), "{}", ran.stderr);
    assert_eq!(columns(ran.stdout.lines().nth(2).unwrap()), ["public.users", "tmp_users", "failed"]);
    assert!(ran.stdout.starts_with(HEADER.split("result").next().unwrap()), "{}", ran.stdout);
    std::fs::remove_file(shop.path().join("replica.db")).unwrap();
    assert_eq!(shop.run(&["verify"]).code, 4);
}
