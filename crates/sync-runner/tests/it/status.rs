//! `data-sync status`: from the replica alone.

use serde_json::json;

use crate::command::{folder, replica, run};

#[test]
fn each_table_has_a_line() {
    let replica = replica(2);
    let ran = run(replica.path(), &["status", "--rows"]);
    assert_eq!(
        ran.stdout,
        "table         replica    state  rows  last success              failed rows  last error\n\
         ------------  ---------  -----  ----  ------------------------  -----------  ----------\n\
         public.users  tmp_users  live      3  2023-11-14T22:13:21.500Z            0\n"
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn json_has_all_that_is_known() {
    let replica = replica(2);
    let ran = run(replica.path(), &["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let last_run = json!({
        "started": "2023-11-14T22:13:20.000Z",
        "finished": "2023-11-14T22:13:21.500Z",
        "rows_read": 3,
        "changed": 3,
        "deleted": 0,
        "unchanged": 0,
    });
    let expected = json!({
        "table": "public.users",
        "replica": "tmp_users",
        "state": "live",
        "last_sync_timestamp": null,
        "last_sync_id": null,
        "last_success": "2023-11-14T22:13:21.500Z",
        "last_error": null,
        "failed_rows": 0,
        "last_run": last_run,
    });
    assert_eq!(status, json!({ "replica": "replica.db", "tables": [expected] }));
}

#[test]
fn a_file_that_is_no_replica_is_refused() {
    let folder = folder("");
    assert_eq!(run(folder.path(), &["status"]).code, 4);
    std::fs::write(folder.path().join("replica.db"), "not a database, but long enough to be read as a header of one")
        .unwrap();
    let ran = run(folder.path(), &["status"]);
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.starts_with("error: replica replica.db: "), "{}", ran.stderr);
}
