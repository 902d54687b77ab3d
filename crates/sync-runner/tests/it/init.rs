//! `data-sync init`: a configuration that runs as it is.

use test_servers::Postgres;

use crate::command::{folder, run, run_with};
use crate::daemon::number;

#[test]
fn what_is_written_runs_and_holds_no_password() {
    let database = Postgres::shared().database().unwrap();
    database
        .execute(
            "CREATE TABLE users (id int PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT now());
             CREATE TABLE fresh (id int PRIMARY KEY, updated_at timestamptz NOT NULL);
             CREATE INDEX ON fresh (updated_at, id);
             CREATE VIEW seen AS SELECT id FROM users;
             CREATE SCHEMA audit; CREATE TABLE audit.\"odd.name\" (a int, b int, PRIMARY KEY (a, b));
             INSERT INTO users VALUES (1), (2)",
        )
        .unwrap();
    let folder = folder("");
    std::fs::remove_file(folder.path().join("data-sync.toml")).unwrap();
    let url = database.url().to_string();
    let with_password = url.replacen("@", ":hunter2@", 1);
    let ran = run(folder.path(), &["init", "--url", &with_password]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    assert!(ran.stdout.starts_with("data-sync.toml is written: 4 tables of PostgreSQL"), "{}", ran.stdout);
    let text = std::fs::read_to_string(folder.path().join("data-sync.toml")).unwrap();
    assert!(!(text.clone() + &ran.stdout).contains("hunter2"), "{text}{}", ran.stdout);
    for expected in [
        "    \"users\",\n",
        "    'audit.\"odd.name\"',\n",
        "changes are found by updated_at, id (it tells what was written last; what leaves it alone is found by sweeps); lossless\n",
        "    # no index serves that, so each poll reads the whole table; an index on (updated_at, id) lifts it\n",
        "changes are found by a sweep; lossless\n",
        "changes are found by a full read; bounded by 300 s:",
        "password_env = \"DATA_SYNC_PASSWORD\"\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert_eq!(text.matches("no index serves that").count(), 1, "{text}");

    let secret = [("DATA_SYNC_PASSWORD", "hunter2")];
    let ran = run_with(folder.path(), &["check"], &secret);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let ran = run_with(folder.path(), &["sync"], &secret);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(number(folder.path(), "SELECT count(*) FROM tmp_users"), Some(2));

    let again = run(folder.path(), &["init", "--url", &url]);
    assert_eq!(
        (again.code, again.stderr.as_str()),
        (
            2,
            "error: data-sync.toml: there is a file of this name, and it is kept; name another with --output, or print it with --output -\n"
        )
    );
    let printed = run(folder.path(), &["init", "--url", &url, "--output", "-"]);
    assert!(
        printed.stdout.contains("    \"users\",\n") && !printed.stdout.contains("password_env"),
        "{}",
        printed.stdout
    );
}

#[test]
fn what_can_not_be_had_is_told() {
    let folder = folder("");
    let empty = Postgres::shared().database().unwrap();
    let url = empty.url().to_string();
    for (url, output, code, expected) in [
        (url.as_str(), "other.toml", 3, "the login can read no table; run GRANT SELECT on those that it should"),
        ("oracle://x", "other.toml", 2, "no driver serves \"oracle\""),
        (url.as_str(), "absent/other.toml", 3, "the login can read no table"),
    ] {
        let ran = run(folder.path(), &["init", "--url", url, "--output", output]);
        assert_eq!(ran.code, code, "{}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
        assert!(!folder.path().join(output).exists());
    }
    empty.execute("CREATE TABLE t (id int PRIMARY KEY)").unwrap();
    let ran = run(folder.path(), &["init", "--url", &url, "--output", "absent/other.toml"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            2,
            "error: absent/other.toml: it can't be written: No such file or directory (os error 2); name another with --output\n"
        )
    );
}
