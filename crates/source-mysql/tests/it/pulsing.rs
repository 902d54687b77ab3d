//! What is told of all tables at once.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use sync_core::{Pulse, Source};

use crate::base::{Base, alone};

async fn pulse(base: &Base) -> Pulse {
    base.source.pulse().await.unwrap()
}

#[tokio::test]
async fn the_identity_is_the_same_as_that_asked_for_alone() {
    let base = Base::with("");
    let identity = pulse(&base).await.identity;
    assert_eq!(identity, base.source.identity().await.unwrap());
    let version = base.ask("SELECT version()");
    let id = if version.contains("MariaDB") { "@@server_uid" } else { "@@server_uuid" };
    let id = base.ask(&format!("SELECT {id}"));
    assert_eq!(identity.id(), format!("{id}/{}", base.name()));
    let release = version.split('-').next().unwrap();
    assert!(identity.description().contains(&format!(" {release}, database ")), "{}", identity.description());
}

#[tokio::test]
async fn the_catalog_token_changes_with_what_discover_answers_and_not_else() {
    let base = Base::with(
        "CREATE TABLE t (id int, m enum('sad', 'ok'), n int); CREATE TABLE u (id int PRIMARY KEY);
         CREATE TABLE v (id int PRIMARY KEY, a int, b int AS (a + 1) VIRTUAL)",
    );
    let mut token = pulse(&base).await.catalog.unwrap();
    for change in [
        "INSERT INTO u VALUES (1); UPDATE u SET id = 2; ANALYZE TABLE u",
        "CREATE TEMPORARY TABLE passing (id int PRIMARY KEY)",
        "CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1",
        "TRUNCATE t",
    ] {
        base.run(change);
        assert_eq!(pulse(&base).await.catalog.unwrap(), token, "{change}");
    }
    for change in [
        "ALTER TABLE t ADD COLUMN a int",
        "ALTER TABLE t CHANGE a b int",
        "ALTER TABLE t MODIFY b bigint",
        "ALTER TABLE t DROP b",
        "ALTER TABLE t MODIFY n int NOT NULL",
        "ALTER TABLE t MODIFY m enum('sad', 'fine')",
        "ALTER TABLE t ADD PRIMARY KEY (id)",
        "ALTER TABLE t DROP PRIMARY KEY",
        "CREATE INDEX n ON t (n)",
        "ALTER TABLE v DROP b, ADD b int AS (a + 2) VIRTUAL",
        "ALTER TABLE t ENGINE = MyISAM",
        "RENAME TABLE t TO t2",
        "CREATE VIEW seen AS SELECT 1 AS one",
        "DROP TABLE u",
    ] {
        base.run(change);
        let now = pulse(&base).await.catalog.unwrap();
        assert_ne!(now, token, "{change}");
        token = now;
    }
}

/// What is promised of a table hangs on it.
#[tokio::test]
async fn the_catalog_token_changes_with_what_is_told_of_late_commits() {
    let base = Base::with("CREATE TABLE t (id int PRIMARY KEY)");
    let (token, caveat) = (pulse(&base).await.catalog.unwrap(), base.schema("t").await.caveat().cloned());
    base.run(&format!("GRANT SELECT ON performance_schema.* TO {}", base.name()));
    assert_ne!(base.schema("t").await.caveat().cloned(), caveat);
    assert_ne!(pulse(&base).await.catalog.unwrap(), token);
}

/// Waits until the server is quiet: what came before may still be written down.
async fn quiet(base: &Base) -> String {
    let wait = async {
        loop {
            let first = pulse(base).await.quiet;
            let second = pulse(base).await.quiet;
            match first {
                Some(token) if second.as_ref() == Some(&token) => return token,
                _ => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("the server is never quiet")
}

#[tokio::test]
async fn whatever_anybody_writes_ends_the_quiet() {
    let alone = alone().await;
    let tables = "CREATE TABLE t (id int PRIMARY KEY, n int); CREATE TABLE m (id int) ENGINE = MyISAM";
    let base = Base::on(alone.server, tables);
    for change in [
        "INSERT INTO t VALUES (1, 1)",
        "UPDATE t SET n = 2",
        "DELETE FROM t",
        "INSERT INTO m VALUES (1)",
        "TRUNCATE m",
        "START TRANSACTION; INSERT INTO t VALUES (2, 2); COMMIT",
    ] {
        let before = quiet(&base).await;
        base.run(change);
        assert_ne!(pulse(&base).await.quiet, Some(before), "{change}");
    }
}

/// Nothing in the binary log tells of it. MySQL's own log position does, a little later.
#[tokio::test]
async fn what_is_kept_out_of_the_binary_log_ends_the_quiet_too() {
    let alone = alone().await;
    let base = Base::on(alone.server, "CREATE TABLE t (id int PRIMARY KEY)");
    let before = quiet(&base).await;
    base.run("SET sql_log_bin = 0; INSERT INTO t VALUES (3)");
    let moved = async {
        while pulse(&base).await.quiet.as_ref() == Some(&before) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), moved).await.expect("it never shows");
}

/// What is not committed yet is not seen yet, and shows when it is.
#[tokio::test]
async fn an_open_transaction_shows_when_it_commits() {
    let alone = alone().await;
    let base = Base::on(alone.server, "CREATE TABLE t (id int PRIMARY KEY)");
    let mut writer = mysql_async::Conn::from_url(format!("{}?prefer_socket=false", base.database.url())).await.unwrap();
    writer.query_drop("START TRANSACTION").await.unwrap();
    writer.query_drop("INSERT INTO t VALUES (1)").await.unwrap();
    let before = quiet(&base).await;
    writer.query_drop("COMMIT").await.unwrap();
    assert_ne!(pulse(&base).await.quiet, Some(before));
}
