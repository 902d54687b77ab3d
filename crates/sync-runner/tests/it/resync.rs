//! `data-sync resync`: a table is copied again.

use std::os::unix::fs::PermissionsExt as _;

use sink_sqlite::rusqlite::Connection;
use test_servers::Postgres;

use crate::command::{folder, replica, run};
use crate::daemon::{Daemon, number};
use crate::shop::Shop;

#[test]
fn a_table_is_copied_again() {
    let database = Postgres::shared().database().unwrap();
    database.execute("CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1), (2)").unwrap();
    let source = format!("tables = [\"users\"]\n[http]\nenabled = false\n[source]\nurl = \"{}\"\n", database.url());
    let folder = folder(&source);
    let sync = || {
        let ran = run(folder.path(), &["sync", "--json"]);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        (ran.code, report["tables"][0]["work"].as_str().unwrap_or_default().to_owned())
    };
    let rows = || number(folder.path(), "SELECT count(*) FROM tmp_users");
    let lose_a_row = || {
        let replica = Connection::open(folder.path().join("replica.db")).unwrap();
        assert_eq!(replica.execute("DELETE FROM tmp_users WHERE id = 1", []).unwrap(), 1);
    };
    assert_eq!(sync(), (0, "copied".to_owned()));
    assert_eq!(sync(), (0, "followed".to_owned()));

    for name in ["users", "public.users", "tmp_users"] {
        lose_a_row();
        let ran = run(folder.path(), &["resync", name]);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (0, "tmp_users: the next sync copies it again\n"),
            "{}",
            ran.stderr
        );
        assert_eq!(rows(), Some(1), "readers keep what there is");
        assert!(run(folder.path(), &["status"]).stdout.contains("copying anew"));
        let again = run(folder.path(), &["resync", name]);
        assert_eq!(again.stdout, "tmp_users: it is not copied yet, and the next sync copies it anyway\n");
        assert_eq!((sync(), rows()), ((0, "copied".to_owned()), Some(2)));
    }

    let daemon = Daemon::start(folder.path());
    daemon.wait_for_log("data-sync runs");
    let ran = run(folder.path(), &["resync", "users"]);
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains("is syncing into it; stop that one"), "{}", ran.stderr);
}

#[test]
fn the_file_keeps_the_mode_that_is_set() {
    let shop = Shop::synced(1, "");
    let file = shop.path().join("data-sync.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}[sink]\nmode = \"0660\"\n")).unwrap();
    assert_eq!(shop.run(&["resync", "users"]).code, 0);
    let mode = std::fs::metadata(shop.path().join("replica.db")).unwrap().permissions().mode() & 0o777;
    assert_eq!(format!("{mode:o}"), "660");
}

#[test]
fn a_table_that_is_not_there_is_named() {
    let replica = replica(0);
    for (name, expected) in [
        ("tmp_user", "error: table tmp_user: the replica has no such table; did you mean tmp_users?\n"),
        ("x", "error: table x: the replica has no such table; `data-sync status` lists what it has\n"),
    ] {
        let ran = run(replica.path(), &["resync", name]);
        assert_eq!((ran.code, ran.stderr.as_str()), (1, expected));
    }
    assert_eq!(run(folder("").path(), &["resync", "users"]).code, 4);
}
