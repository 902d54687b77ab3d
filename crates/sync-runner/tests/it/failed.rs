//! `data-sync failed`: rows that the replica refuses.

use serde_json::json;

use crate::command::{replica, run};
use crate::shop::Shop;

#[test]
fn failed_rows_are_listed_until_they_can_be_stored() {
    let shop = Shop::synced(2, "");
    assert_eq!(shop.run(&["failed"]).stdout, "no failed rows\n");
    shop.tamper(
        "CREATE TRIGGER picky BEFORE INSERT ON tmp_users WHEN NEW.id > 2 BEGIN SELECT RAISE(ABORT, 'not\nthis one'); END",
    );
    shop.database.execute("INSERT INTO users VALUES (3, 'Ada'), (4, 'Grace')").unwrap();
    let ran = shop.run(&["sync"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let warning = "warning: table public.users: 2 rows can't be stored as they are; they are kept aside and tried again; \
        `data-sync failed public.users` tells why\n";
    assert!(ran.stderr.ends_with(warning), "{}", ran.stderr);

    let ran = shop.run(&["failed", "users"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let lines: Vec<Vec<&str>> = ran.stdout.lines().map(columns).collect();
    assert_eq!(lines[0], ["table", "key", "attempts", "first failure", "last failure", "error"]);
    for (line, key) in lines[2..].iter().zip(["[\"3\"]", "[\"4\"]"]) {
        assert_eq!((line[0], line[1]), ("public.users", key));
        // One run may try a row more than once: it comes with the poll, and again with the sweep.
        assert!(line[2].parse::<u32>().unwrap() >= 1, "{line:?}");
        assert!(line[3].ends_with('Z') && line[3] <= line[4], "{line:?}");
        assert!(line[5].contains("not this one"), "{line:?}");
    }
    let (code, mut json) = shop.json(&["failed", "--json", "--limit", "1"]);
    let row = json["failed_rows"][0].as_object_mut().unwrap();
    assert!(row.remove("first").unwrap().is_string() && row.remove("last").unwrap().is_string());
    assert!(row.remove("attempts").unwrap().as_u64().unwrap() >= 1);
    assert!(row.remove("error").unwrap().as_str().unwrap().contains("this one"));
    let row = json!({
        "table": "public.users", "replica": "tmp_users", "key": ["3"], "row": {"id": "3", "name": "Ada"}
    });
    let expected = json!({"version": 1, "replica": "replica.db", "total": 2, "failed_rows": [row]});
    assert_eq!((code, json), (0, expected));
    assert_eq!(shop.run(&["failed", "--limit", "1"]).stderr, "1 of 2 are shown; --limit 2 shows all\n");

    let status = shop.run(&["status"]).stdout;
    let remark = "table public.users: 2 rows can't be stored; `data-sync failed public.users` lists them\n";
    assert!(status.ends_with(remark), "{status}");
    shop.tamper("DROP TRIGGER picky");
    let (_, report) = shop.json(&["sync", "--json"]);
    assert_eq!(report["tables"][0]["rows_failed"], 0);
    assert_eq!((shop.run(&["failed"]).stdout.as_str(), shop.rows()), ("no failed rows\n", Some(4)));
}

fn columns(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn a_table_or_a_file_that_is_not_there_is_named() {
    let replica = replica(0);
    let ran = run(replica.path(), &["failed", "absent"]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.stderr,
        "error: table absent: the replica has no such table; `data-sync status` lists what it has\n"
    );
    std::fs::remove_file(replica.path().join("replica.db")).unwrap();
    let ran = run(replica.path(), &["failed"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (4, "error: replica replica.db: there is no such file; sync once, or check the path\n")
    );
}
