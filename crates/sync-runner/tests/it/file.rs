//! The replica's file over the years: its mode, backups, damage.

use std::os::unix::fs::PermissionsExt as _;

use sink_sqlite::rusqlite::Connection;

use crate::command::{folder, run};
use crate::shop::Shop;

#[test]
fn a_backup_is_taken_while_a_daemon_runs() {
    let shop = Shop::synced(100, "sync_interval = 1");
    let daemon = crate::daemon::Daemon::start(shop.path());
    daemon.wait_for_log("data-sync runs");
    let ran = shop.run(&["backup", "copy.db"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("copy.db is written: "), "{}", ran.stdout);
    let copy = folder("");
    std::fs::copy(shop.path().join("copy.db"), copy.path().join("replica.db")).unwrap();
    assert_eq!(crate::daemon::number(copy.path(), "SELECT count(*) FROM tmp_users"), Some(100));
    let again = shop.run(&["backup", "copy.db"]);
    let expected = "error: backup copy.db: there is a file of this name; choose another name, or remove it\n";
    assert_eq!((again.code, again.stderr.as_str()), (4, expected));
}

#[test]
fn the_mode_is_that_of_the_configuration() {
    let shop = Shop::synced(1, "");
    let mode = |side: &str| {
        let file = std::fs::metadata(shop.path().join(format!("replica.db{side}")));
        file.map_or(0, |file| file.permissions().mode() & 0o777)
    };
    assert_eq!((mode(""), mode(".lock")), (0o600, 0o600));
    let file = shop.path().join("data-sync.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}[sink]\nmode = \"0660\"\n")).unwrap();
    let daemon = crate::daemon::Daemon::start(shop.path());
    // SQLite makes a file first and gives it its mode then.
    daemon.wait_until("the mode of each file", || ["", "-wal", "-shm", ".lock"].map(mode) == [0o660; 4]);
    let (code, checked) = shop.json(&["check", "--json"]);
    let replica = &checked["replica"];
    assert_eq!(
        (code, &replica["mode"], &replica["readable_by"]),
        (0, &"0660".into(), &"its owner and its group".into())
    );
    assert_eq!(replica["is_being_synced"], true);
    assert!(replica["writer_process"].is_u64() && replica["free_bytes"].is_u64(), "{replica}");
    assert_eq!(checked["sources"][0]["tables"][0]["table"], "public.users");
    assert!(checked["sources"][0]["clock_ahead_seconds"].as_f64().unwrap().abs() < 60.0, "{checked}");

    std::fs::write(&file, format!("{text}[sink]\nmode = \"0444\"\n")).unwrap();
    let ran = shop.run(&["check"]);
    assert!(
        ran.stderr.contains("sink.mode: \"0444\" is no mode that its owner could write with; write \"0600\" for its owner alone, \"0660\" for its group too"),
        "{}",
        ran.stderr
    );
}

#[test]
fn damage_is_found_on_demand() {
    let shop = Shop::synced(5000, "");
    let sound = shop.run(&["check", "--integrity"]);
    assert!(sound.code == 0 && sound.stdout.contains("it was read through and is sound"), "{}", sound.stdout);
    let path = shop.path().join("replica.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // Where a page begins stands what it holds.
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let middle = bytes.len() / 2 / page * page;
    bytes[middle..middle + 2048].fill(0xAB);
    std::fs::write(&path, bytes).unwrap();
    let (code, checked) = shop.json(&["check", "--integrity", "--json"]);
    assert_eq!((code, &checked["ok"]), (4, &false.into()));
    let told = checked["errors"][0].as_str().unwrap();
    assert!(
        told.contains("the file is damaged: ") && told.ends_with("move it away; the next sync makes a new one"),
        "{told}"
    );
}

#[test]
fn completions_and_manual_pages_come_from_the_binary() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["completions", "bash"]).stdout.contains("data-sync"));

    let written = run(folder.path(), &["man", "."]);
    assert_eq!((written.code, written.stdout.as_str(), written.stderr.as_str()), (0, "", ""));
    let page = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let main = page("data-sync.1");
    assert!(main.starts_with(".ie") && main.contains(".TH data-sync 1"), "{main}");
    for part in [".SH SYNOPSIS", "Exit codes:", "data\\-sync\\-run(1)", "A bug in this program"] {
        assert!(main.to_lowercase().contains(&part.to_lowercase()), "{part}: {main}");
    }
    assert!(page("data-sync-verify.1").contains("Set right what differs"));

    let refused = run(folder.path(), &["man", "absent"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.starts_with("error: absent: the manual pages can't be written: ")
            && refused.stderr.ends_with("name a folder that is there and that this user may write to\n"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_file_that_no_sync_could_write_to_is_told_before() {
    let shop = Shop::synced(1, "");
    let path = shop.path().join("replica.db");
    let change = |sql: &str| Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    change("UPDATE tmp_data_sync_format SET version = 99");
    let newer = shop.run(&["check"]);
    assert_eq!(newer.code, 4, "{}", newer.stderr);
    assert!(newer.stderr.contains("error: replica replica.db: its format is 99, and this program"), "{}", newer.stderr);

    std::fs::write(&path, "hello").unwrap();
    let (code, checked) = shop.json(&["check", "--json"]);
    assert_eq!((code, &checked["ok"]), (4, &false.into()));
    assert_eq!(
        checked["errors"][0],
        "replica replica.db: it is not an SQLite file; choose another path, or move it away"
    );
    assert_eq!(checked["sources"][0]["tables"][0]["table"], "public.users", "the rest is looked at all the same");

    std::fs::write(&path, "").unwrap();
    change("CREATE TABLE theirs (a)");
    assert_eq!(shop.run(&["check"]).code, 0, "a file of somebody else's can become a replica");
}

#[test]
fn a_token_for_readers_needs_one_for_those_who_command() {
    let folder = folder("[http]\nread_token = \"x\"\n");
    let ran = run(folder.path(), &["status"]);
    assert!(
        ran.stderr.contains("read_token is set without token, so that anybody could command; set token_env"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.code, 2);
}
