//! What goes wrong: servers that are away, logins that are refused, readers that are dropped.

use std::time::Duration;

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::settings::{Seconds, Secret};
use sync_core::{Error, ErrorKind, Scope, Source};
use test_servers::Postgres;

use crate::place::{Place, next, next_batch};

fn source(change: impl FnOnce(&mut PostgresConfig)) -> PostgresSource {
    let server = Postgres::shared();
    let mut config =
        PostgresConfig::new(format!("postgres://postgres:s3cret@{}:{}/postgres", server.host(), server.port()));
    change(&mut config);
    PostgresSource::new(&config).unwrap()
}

async fn refusal(source: &PostgresSource) -> Error {
    let error = source.identity().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    assert!(!format!("{source:?}").contains("s3cret"));
    error
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = refusal(&source(|config| config.port = Some(free))).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains(&format!("127.0.0.1:{free}, database postgres, login postgres")), "{error}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    // It takes connections, and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let error = refusal(&source(|config| {
        config.port = Some(port);
        config.connect_timeout = Some(Seconds::new(Duration::from_millis(200)));
    }))
    .await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("the server did not accept a connection within 200ms"), "{error}");
}

#[tokio::test]
async fn a_refused_login_and_a_missing_database_are_told_apart() {
    let error = refusal(&source(|config| config.user = Some("nobody_of_this_name".to_owned()))).await;
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert!(error.to_string().contains("login nobody_of_this_name"), "{error}");

    let place = Place::with("");
    let role = format!("locked_{}", place.database.name());
    Postgres::shared().execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'right'")).unwrap();
    let wrong = refusal(&source(|config| config.user = Some(role.clone()))).await;
    let none = PostgresSource::new(&PostgresConfig::new(place.database.url_as(&role, ""))).unwrap();
    let none = refusal(&none).await;
    Postgres::shared().execute(&format!("DROP ROLE {role}")).unwrap();
    assert_eq!((wrong.kind(), none.kind()), (ErrorKind::Denied, ErrorKind::Denied), "{wrong} {none}");
    assert!(wrong.to_string().contains("28P01"), "{wrong}");
    assert!(none.to_string().contains("password"), "{none}");

    let error = refusal(&source(|config| config.database = Some("no_such_database".to_owned()))).await;
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
}

/// The error that ends a copy, wherever it shows.
async fn failure(source: &PostgresSource, table: std::sync::Arc<sync_core::SourceTable>) -> Error {
    let mut reader = match source.read(sync_core::ReadRequest::new(Scope::Table(table), None)).await {
        Ok(reader) => reader,
        Err(error) => return error,
    };
    loop {
        match next(reader.as_mut()).await {
            Ok(sync_core::Next::Batch(_)) => {}
            Ok(end) => panic!("{end:?}"),
            Err(error) => return error,
        }
    }
}

#[tokio::test]
async fn a_missing_right_names_the_grant() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY); CREATE VIEW v AS SELECT * FROM t");
    let role = format!("reader_{}", place.database.name());
    Postgres::shared().execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'pw'")).unwrap();
    let poor = PostgresSource::new(&PostgresConfig::new(place.database.url_as(&role, "pw"))).unwrap();
    for name in ["t", "v"] {
        let table = place.table(name, None, None).await;
        let error = failure(&poor, table).await;
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        let grant = format!("run GRANT SELECT ON \"public\".\"{name}\" TO \"{role}\"");
        assert_eq!(error.hint_text(), Some(grant.as_str()), "{error}");
    }
    Postgres::shared().execute(&format!("DROP ROLE {role}")).unwrap();
}

/// Row security must never make rows vanish in silence.
#[tokio::test]
async fn hidden_rows_are_an_error() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
    let role = format!("guarded_{}", place.database.name());
    Postgres::shared().execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'pw'")).unwrap();
    let table = place.table("t", None, None).await;
    place.database.execute(&format!("GRANT SELECT ON t TO {role}; ALTER TABLE t ENABLE ROW LEVEL SECURITY")).unwrap();
    let guarded = PostgresSource::new(&PostgresConfig::new(place.database.url_as(&role, "pw"))).unwrap();
    let error = failure(&guarded, table).await;
    place.database.execute(&format!("DROP OWNED BY {role}")).unwrap();
    Postgres::shared().execute(&format!("DROP ROLE {role}")).unwrap();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().contains("BYPASSRLS"), "{error}");
}

#[tokio::test]
async fn an_identity_is_the_same_over_every_connection_and_differs_by_database() {
    let (one, other) = (Place::with(""), Place::with(""));
    let id = one.source.identity().await.unwrap();
    let again = PostgresSource::new(&PostgresConfig::new(one.database.url())).unwrap().identity().await.unwrap();
    assert_eq!(id, again);
    assert_ne!(id.id(), other.source.identity().await.unwrap().id());
    assert!(id.description().starts_with("PostgreSQL ") && id.description().ends_with(one.database.name()), "{id:?}");
}

#[tokio::test]
async fn a_server_that_does_not_tell_who_it_is_is_known_by_its_database() {
    let place = Place::with("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
    let role = format!("stranger_{}", place.database.name());
    Postgres::shared().execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'pw'")).unwrap();
    let source = PostgresSource::new(&PostgresConfig::new(place.database.url_as(&role, "pw"))).unwrap();
    let (weak, full) = (source.identity().await.unwrap(), place.source.identity().await.unwrap());
    Postgres::shared().execute(&format!("DROP ROLE {role}")).unwrap();
    assert_eq!(weak.id().split_once('/').unwrap().0, "unknown");
    assert_eq!(weak.id().split_once('/').unwrap().1, full.id().split_once('/').unwrap().1);
    assert_ne!(weak, full);
}

/// Sessions in this database that are in the given state, as a condition on `pg_stat_activity`.
fn sessions(place: &Place, condition: &str) -> String {
    let query = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
         AND backend_type = 'client backend' AND {condition}"
    );
    place.database.query(&query).unwrap().trim().to_owned()
}

async fn until_none_is(place: &Place, condition: &str) {
    let gone = async {
        while sessions(place, condition) != "0" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("the server goes on");
}

#[tokio::test]
async fn a_dropped_reader_ends_on_the_server() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz, n text);
         INSERT INTO t SELECT g, '2024-01-01', repeat('x', 1000) FROM generate_series(1, 50000) g;
         CREATE VIEW slow AS SELECT 1 AS id FROM (SELECT pg_sleep(600)) AS sleep",
    );
    let table = place.table("t", Some("at"), Some("id")).await;
    let start = sync_core::Cursor::new(
        place.read(&table, None, 10_000).await.watermark().token().replace("2024-01-01", "2023-01-01"),
    );
    for (scope, after) in [
        (Scope::Table(table.clone()), None),
        (Scope::Table(table.clone()), Some(&start)),
        (Scope::Keys(table.clone()), None),
    ] {
        let mut reader = place.start(scope, after, 10).await.unwrap();
        next_batch(reader.as_mut()).await;
        assert_eq!(sessions(&place, "true"), "1");
        drop(reader);
        until_none_is(&place, "true").await;
    }
    // While the server sends nothing, it would not notice by itself that nobody listens.
    let slow = place.table("slow", None, None).await;
    let mut reader = place.start(Scope::Table(slow), None, 10).await.unwrap();
    next_batch(reader.as_mut()).await;
    let searching = async {
        while sessions(&place, "state = 'active' AND wait_event = 'PgSleep'") == "0" {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        given = next(reader.as_mut()) => panic!("{given:?}"),
        () = searching => {}
    }
    drop(reader);
    until_none_is(&place, "true").await;
}

#[tokio::test]
async fn a_finished_reader_gives_its_connection_back() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
    let table = place.table("t", None, Some("id")).await;
    for _ in 0..20 {
        let copy = place.read(&table, None, 10).await;
        place.read(&table, Some(&copy.watermark()), 10).await;
        place.sweep(&table, &copy.watermark()).await;
    }
    assert_eq!(sessions(&place, "true"), "1");
}

#[tokio::test]
async fn a_silent_server_is_given_up_in_the_middle_of_a_read() {
    let place = Place::with(
        "CREATE VIEW slow AS SELECT g AS id, CASE WHEN g = 3 THEN pg_sleep(600)::text ELSE repeat('x', 100000) END AS s FROM generate_series(1, 5) g",
    );
    let mut config = PostgresConfig::new(place.database.url());
    config.scan_timeout = Some(Seconds::new(Duration::from_millis(300)));
    config.idle_timeout = config.scan_timeout;
    let source = PostgresSource::new(&config).unwrap();
    let table = place.table("slow", None, None).await;
    let mut reader = source.read(sync_core::ReadRequest::new(Scope::Table(table), None)).await.unwrap();
    next_batch(reader.as_mut()).await;
    let error = reader.next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("another row within 300ms; raise idle_timeout"), "{error}");
    drop(reader);
    until_none_is(&place, "state <> 'idle'").await;
}

#[tokio::test]
async fn more_readers_than_connections_wait_for_a_while() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10)");
    let mut config = PostgresConfig::new(place.database.url());
    config.pool_size = Some(1);
    config.statement_timeout = Some(Seconds::new(Duration::from_millis(300)));
    let source = PostgresSource::new(&config).unwrap();
    let table = place.table("t", None, None).await;
    let request = || sync_core::ReadRequest::new(Scope::Table(table.clone()), None);
    let reader = source.read(request()).await.unwrap();
    let error = source.read(request()).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("1 are in use; raise pool_size"), "{error}");
    drop(reader);
    assert!(source.read(request()).await.is_ok(), "a dropped reader frees its place");
}

#[tokio::test]
async fn a_server_that_is_killed_is_an_error_and_no_end() {
    let mut server = Postgres::start(&test_servers::PostgresOptions::default()).unwrap();
    let database = server.database().unwrap();
    database.execute("CREATE TABLE t (id int PRIMARY KEY, n text); INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 50000) g").unwrap();
    let mut config = PostgresConfig::new(database.url());
    config.password = Some(Secret::new("s3cret"));
    let source = PostgresSource::new(&config).unwrap();
    let schema = std::sync::Arc::new(source.discover().await.unwrap().remove(0));
    let table = std::sync::Arc::new(sync_core::SourceTable::new(schema));
    let mut reader = source.read(sync_core::ReadRequest::new(Scope::Table(table), None)).await.unwrap();
    next_batch(reader.as_mut()).await;
    server.kill().unwrap();
    let error = loop {
        match next(reader.as_mut()).await {
            Ok(sync_core::Next::Batch(_)) => {}
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert!(error.kind().is_transient(), "{error}");
    server.restart().unwrap();
    let again = loop {
        match source.discover().await {
            Ok(tables) => break tables,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
        }
    };
    assert_eq!(again.len(), 1);
}
