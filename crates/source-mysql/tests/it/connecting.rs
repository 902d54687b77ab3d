//! Logins of every kind, and connections that are used again.

use std::sync::Arc;

use source_mysql::{MysqlConfig, MysqlSource, SslMode};
use sync_core::{Error, Source};

use crate::base::{Base, alone};

/// Whether a login that was made by these words can connect, with and without encryption.
async fn connects(made: &str, mode: SslMode) -> Result<(), Error> {
    let base = Base::with("");
    let login = format!("l_{}", base.name());
    base.run(&format!("CREATE USER {login} {made}; GRANT SELECT ON {}.* TO {login}", base.name()));
    let mut config = MysqlConfig::new(base.database.reader_url());
    config.user = Some(login.clone());
    config.password = Some(sync_core::settings::Secret::new("p@ss w:rd/'\"`"));
    config.ssl_mode = Some(mode);
    let outcome = MysqlSource::new(&config).unwrap().identity().await;
    base.run(&format!("DROP USER {login}"));
    outcome.map(drop)
}

#[tokio::test]
async fn every_way_to_prove_a_login_works_with_and_without_encryption() {
    let quoted = r#"'p@ss w:rd/\'"`'"#;
    let server = Base::with("");
    let version = server.ask("SELECT version()");
    let mut ways = vec![("by default", format!("IDENTIFIED BY {quoted}"))];
    if version.contains("MariaDB") {
        ways.push(("mysql_native_password", format!("IDENTIFIED VIA mysql_native_password USING PASSWORD({quoted})")));
        if server.database.execute("INSTALL SONAME 'auth_ed25519'").is_ok() {
            ways.push(("ed25519", format!("IDENTIFIED VIA ed25519 USING PASSWORD({quoted})")));
        } else {
            eprintln!("SKIPPED: this MariaDB has no ed25519");
        }
    } else {
        ways.push(("caching_sha2_password", format!("IDENTIFIED WITH caching_sha2_password BY {quoted}")));
    }
    for (way, made) in ways {
        for mode in [SslMode::Disabled, SslMode::Preferred] {
            connects(&made, mode).await.unwrap_or_else(|error| panic!("{way}, {mode:?}: {error}"));
        }
    }
}

#[tokio::test]
async fn a_connection_is_used_again_and_replaced_when_it_ended() {
    let base = Base::with("");
    let mut config = MysqlConfig::new(base.database.reader_url());
    config.pool_size = Some(1);
    let source = MysqlSource::new(&config).unwrap();
    let list = format!("SELECT group_concat(id) FROM information_schema.PROCESSLIST WHERE user = '{}'", base.name());
    source.identity().await.unwrap();
    let first = base.ask(&list);
    source.pulse().await.unwrap();
    assert_eq!(base.ask(&list), first);
    base.run(&format!("KILL {first}"));
    // A connection that was used a moment ago is trusted, so whoever comes first finds it closed; the next has a new one.
    let _ = source.pulse().await;
    source.pulse().await.unwrap();
    assert_ne!(base.ask(&list), first);
}

#[tokio::test]
async fn more_readers_than_connections_take_turns() {
    let base = Base::with("CREATE TABLE t (id int PRIMARY KEY)");
    let mut config = MysqlConfig::new(base.database.reader_url());
    config.pool_size = Some(2);
    let source = Arc::new(MysqlSource::new(&config).unwrap());
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn({
                let source = Arc::clone(&source);
                async move { source.discover().await.unwrap().len() }
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 1);
    }
}

/// A login that shares the server with others gets what it says, not what was set for all.
#[tokio::test]
async fn settings_of_the_server_do_not_reach_a_session() {
    let alone = alone().await;
    let base = Base::on(
        alone.server,
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY)",
    );
    base.run("SET GLOBAL init_connect = 'SET SESSION sql_select_limit = 1, sql_mode = \"ANSI_QUOTES\", time_zone = \"+05:00\"'");
    let found = MysqlSource::new(&MysqlConfig::new(base.database.reader_url())).unwrap().discover().await;
    base.run("SET GLOBAL init_connect = ''");
    assert_eq!(found.unwrap().len(), 3);
}

#[tokio::test]
async fn a_server_tells_its_time() {
    let base = Base::with("");
    let now = || base.ask("SELECT FLOOR(UNIX_TIMESTAMP(NOW(6)) * 1000)").parse::<i64>().unwrap();
    let before = now();
    let told = base.source.clock().await.unwrap().expect("it has a clock");
    assert!((before..=now()).contains(&told), "{told} is not from {before} on");
}
