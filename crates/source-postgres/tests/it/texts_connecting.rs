//! What is said when no connection comes to be, or the server is not one that can be read.

use std::time::Duration;

use source_postgres::{PostgresConfig, PostgresSource, SslMode};
use sync_core::settings::Seconds;
use sync_core::{Error, ErrorKind, ReadRequest, Scope, Source};
use test_servers::{Database, Postgres};

use crate::place::Place;

const BRIEF: Duration = Duration::from_millis(300);

async fn refusal(config: &PostgresConfig) -> Error {
    PostgresSource::new(config).unwrap().identity().await.unwrap_err()
}

/// The place that every such error names.
fn at(database: &Database, port: u16, login: &str) -> String {
    format!("PostgreSQL at 127.0.0.1:{port}, database {}, login {login}", database.name())
}

#[tokio::test]
async fn a_certificate_of_nobody_trusted_leads_to_the_settings() {
    let server = Postgres::shared();
    let Some(files) = server.tls() else {
        eprintln!("SKIPPED: this PostgreSQL has no TLS");
        return;
    };
    let database = server.database().unwrap();
    let mut config = PostgresConfig::new(database.url());
    config.sslmode = Some(SslMode::VerifyFull);
    config.sslrootcert = Some(files.unrelated_ca().display().to_string());
    let error = refusal(&config).await;
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(
        error.to_string(),
        format!(
            "{}: no encrypted connection: error performing TLS handshake: invalid peer certificate: UnknownIssuer; \
             see the settings sslmode and sslrootcert",
            at(&database, server.port(), "postgres")
        )
    );
}

#[tokio::test]
async fn a_password_that_is_asked_for_is_to_be_set() {
    let server = Postgres::shared();
    let database = server.database().unwrap();
    let role = format!("silent_{}", database.name());
    server.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'right'")).unwrap();
    let error = refusal(&PostgresConfig::new(database.url_as(&role, ""))).await;
    server.execute(&format!("DROP ROLE {role}")).unwrap();
    assert_eq!(error.kind(), ErrorKind::Denied);
    let place = at(&database, server.port(), &role);
    assert_eq!(
        error.to_string(),
        format!("{place}: the server asks for a password, and none is given; set `password`")
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_may_be_another_program_or_slow() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let database = Postgres::shared().database().unwrap();
    let mut config = PostgresConfig::new(database.url());
    config.port = Some(port);
    config.connect_timeout = Some(Seconds::new(BRIEF));
    let error = refusal(&config).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(
        error.to_string(),
        format!(
            "{}: the server did not accept a connection within 300ms; check host and port, or raise connect_timeout",
            at(&database, port, "postgres")
        )
    );
}

#[tokio::test]
async fn a_pool_that_is_too_small_can_be_raised() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10)");
    let mut config = PostgresConfig::new(place.database.url());
    config.pool_size = Some(1);
    config.statement_timeout = Some(Seconds::new(BRIEF));
    let source = PostgresSource::new(&config).unwrap();
    let table = place.table("t", None, None).await;
    let first = source.read(ReadRequest::new(Scope::Table(table.clone()), None)).await.unwrap();
    let error = source.read(ReadRequest::new(Scope::Table(table), None)).await.err().unwrap();
    drop(first);
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(
        error.to_string(),
        format!(
            "{}: no connection became free within 300ms, and 1 are in use; raise pool_size",
            at(&place.database, Postgres::shared().port(), "postgres")
        )
    );
}

/// A database that lacks what came with release 13, and says that it is older.
#[tokio::test]
async fn a_server_of_an_old_release_is_told_the_oldest() {
    let place = Place::with(
        "ALTER FUNCTION pg_catalog.pg_current_snapshot() RENAME TO snapshot_of_later;
         ALTER FUNCTION pg_catalog.current_setting(text) RENAME TO setting_of_later;
         CREATE FUNCTION pg_catalog.current_setting(name text) RETURNS text LANGUAGE sql STABLE AS $$
             SELECT CASE name WHEN 'server_version' THEN '12.22' WHEN 'server_version_num' THEN '120022'
                 ELSE pg_catalog.setting_of_later(name) END $$;",
    );
    let error = place.source.identity().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.to_string(),
        format!(
            "{}: the server is PostgreSQL 12.22; 13 is the oldest that is supported",
            at(&place.database, Postgres::shared().port(), "postgres")
        )
    );
}
