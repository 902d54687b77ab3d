//! `data-sync query`: what it shows, and all that it refuses.

use crate::command::{folder, replica, run};

#[test]
fn rows_are_shown_as_columns() {
    let replica = replica(1);
    let ran = run(replica.path(), &["query", "SELECT * FROM tmp_users ORDER BY id"]);
    assert_eq!(
        ran.stdout,
        "id                   name        score  raw\n\
         -------------------  ----------  -----  -------\n\
         \x20                 0  NULL        NULL   NULL\n\
         9223372036854775807  two\\nlines    0.1  X'00ff'\n"
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn rows_are_shown_as_json_with_all_digits() {
    let replica = replica(0);
    let ran = run(replica.path(), &["query", "--json", "SELECT *, 1 AS id, 9e999 AS inf FROM tmp_users"]);
    assert_eq!(
        ran.stdout,
        "[\n  {\"id\":9223372036854775807,\"name\":\"two\\nlines\",\"score\":0.1,\"raw\":{\"$blob\":\"AP8=\"},\
         \"id:2\":1,\"inf\":\"Infinity\"}\n]\n"
    );
    let parsed: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(parsed[0]["id"], i64::MAX);
    let ran = run(replica.path(), &["query", "--json", "SELECT 1 WHERE false"]);
    assert_eq!(ran.stdout, "[]\n");
}

#[test]
fn tables_have_the_names_of_their_source_too() {
    let replica = replica(4);
    for name in ["users", "public.users", "tmp_users"] {
        let ran = run(replica.path(), &["query", "--json", &format!("SELECT count(*) AS n FROM {name}")]);
        assert_eq!(ran.stdout, "[\n  {\"n\":5}\n]\n", "{}", ran.stderr);
    }
}

#[test]
fn all_rows_come_however_many() {
    let replica = replica(5000);
    let ran = run(replica.path(), &["query", "SELECT id FROM tmp_users"]);
    assert_eq!(ran.stdout.lines().count(), 5001 + 2);
}

#[test]
fn nothing_but_reading_is_let_through() {
    let replica = replica(0);
    let other = replica.path().join("other.db");
    let other = other.to_str().unwrap();
    for sql in [
        "DELETE FROM tmp_users".to_owned(),
        "DROP TABLE tmp_users".to_owned(),
        "INSERT INTO tmp_users(id) VALUES (5) RETURNING id".to_owned(),
        "CREATE TEMP TABLE t AS SELECT 1".to_owned(),
        format!("ATTACH '{other}' AS other"),
        "PRAGMA user_version = 5".to_owned(),
        "PRAGMA journal_mode = DELETE".to_owned(),
        "PRAGMA wal_checkpoint".to_owned(),
        "BEGIN".to_owned(),
    ] {
        let ran = run(replica.path(), &["query", &sql]);
        assert_eq!(ran.code, 1, "{sql}");
        assert_eq!(
            ran.stderr,
            "error: query: it does more than read; write one SELECT; the replica is changed by syncing alone\n",
            "{sql}"
        );
    }
    let ran = run(replica.path(), &["query", "SELECT load_extension('x')"]);
    assert_eq!(
        ran.stderr,
        "error: query: it does more than read; write one SELECT; the replica is changed by syncing alone\n"
    );
    assert_eq!(run(replica.path(), &["query", &format!("VACUUM INTO '{other}'")]).code, 1);
    assert!(!std::path::Path::new(other).exists());
    assert_eq!(
        run(replica.path(), &["query", "--json", "SELECT count(*) n FROM tmp_users"]).stdout,
        "[\n  {\"n\":1}\n]\n"
    );
    for allowed in ["PRAGMA table_info(tmp_users)", "PRAGMA user_version", "EXPLAIN QUERY PLAN SELECT * FROM tmp_users"]
    {
        assert_eq!(run(replica.path(), &["query", allowed]).code, 0, "{allowed}");
    }
}

#[test]
fn what_is_no_query_is_explained() {
    let replica = replica(0);
    for (sql, expected) in [
        ("SELECT 1; SELECT 2", "something follows the end of the statement, in line 1; send one statement at a time"),
        ("", "there is no statement; write a SELECT"),
        ("-- nothing", "there is no statement; write a SELECT"),
        (
            "SELECT ?",
            "the statement takes 1 value, and no value is given; write what is meant in the place of each `?`",
        ),
        ("SELECT FROM 1", "near \"FROM\": syntax error"),
        ("SELECT * FROM user", "no such table: user; there are users"),
    ] {
        let ran = run(replica.path(), &["query", sql]);
        assert_eq!((ran.code, ran.stderr), (1, format!("error: query: {expected}\n")), "{sql}");
    }
    assert_eq!(run(replica.path(), &["query", "SELECT 1;"]).code, 0);
    assert_eq!(run(replica.path(), &["query", "-- a comment\nSELECT 1", "--json"]).stdout, "[\n  {\"1\":1}\n]\n");
}

#[test]
fn without_a_replica_there_is_a_hint_and_no_file() {
    let folder = folder("");
    let ran = run(folder.path(), &["query", "SELECT 1"]);
    assert_eq!(ran.code, 4);
    assert_eq!(ran.stderr, "error: replica replica.db: there is no such file; sync once, or check the path\n");
    assert!(!folder.path().join("replica.db").exists());
}

#[test]
fn a_reader_leaves_no_side_files() {
    let replica = replica(0);
    run(replica.path(), &["query", "SELECT * FROM tmp_users"]);
    for file in ["replica.db-wal", "replica.db-shm"] {
        assert!(!replica.path().join(file).exists(), "{file}");
    }
}
