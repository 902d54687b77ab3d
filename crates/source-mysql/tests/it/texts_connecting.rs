//! What is said when no connection comes to be.

use std::time::Duration;

use source_mysql::{MysqlConfig, MysqlSource};
use sync_core::settings::Seconds;
use sync_core::{Error, ErrorKind, Source};

use crate::base::{Base, server};

const BRIEF: Duration = Duration::from_millis(300);

async fn refusal(config: &MysqlConfig) -> Error {
    MysqlSource::new(config).unwrap().identity().await.unwrap_err()
}

/// The base that every such error names.
fn at(base: &Base, port: u16) -> String {
    let name = base.name();
    format!("MySQL at 127.0.0.1:{port}, database {name}, login {name}")
}

#[tokio::test]
async fn a_wrong_password_is_not_repeated() {
    let base = Base::with("");
    let mut config = MysqlConfig::new(base.database.reader_url());
    config.password = Some(sync_core::settings::Secret::new("s3cret"));
    let error = refusal(&config).await;
    assert_eq!(error.kind(), ErrorKind::Denied);
    let text = error.to_string();
    assert!(text.starts_with(&format!("{}: Access denied for user", at(&base, server().port()))), "{text}");
    assert!(text.ends_with("; check user and password, and from which hosts the login may connect"), "{text}");
    assert!(!format!("{error:?} {:?}", MysqlSource::new(&config).unwrap()).contains("s3cret"));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_a_setting() {
    let base = Base::with("");
    base.run(&format!("GRANT SELECT ON nowhere.* TO {}", base.name()));
    let mut config = MysqlConfig::new(base.database.reader_url());
    config.database = Some("nowhere".to_owned());
    let error = refusal(&config).await;
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error.to_string().ends_with("Unknown database 'nowhere' (error 1049); check the setting `database`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_login_that_may_nothing_is_told_the_grant() {
    let base = Base::with("");
    base.run(&format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM {}", base.name()));
    let error = refusal(&MysqlConfig::new(base.database.reader_url())).await;
    assert_eq!(error.kind(), ErrorKind::Denied);
    let name = base.name();
    let text = error.to_string();
    assert!(text.starts_with(&format!("{}: Access denied for user", at(&base, server().port()))), "{text}");
    assert!(text.ends_with(&format!(" (error 1044); run GRANT SELECT ON `{name}`.* TO `{name}`")), "{text}");
}

#[tokio::test]
async fn a_pool_that_is_too_small_can_be_raised() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let base = Base::with("");
    let mut config = MysqlConfig::new(base.database.reader_url());
    config.port = Some(port);
    config.pool_size = Some(1);
    config.connect_timeout = Some(Seconds::new(10 * BRIEF));
    config.statement_timeout = Some(Seconds::new(BRIEF));
    let source = MysqlSource::new(&config).unwrap();
    // Whoever comes first waits for the server, and the other for the only connection.
    let (_, error) = tokio::join!(biased; source.identity(), source.identity());
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(
        error.to_string(),
        format!("{}: no connection became free within 300ms, and 1 are in use; raise pool_size", at(&base, port))
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_may_be_another_program_or_slow() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let base = Base::with("");
    let mut config = MysqlConfig::new(base.database.reader_url());
    config.port = Some(port);
    config.connect_timeout = Some(Seconds::new(BRIEF));
    let error = refusal(&config).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(
        error.to_string(),
        format!(
            "{}: the server did not accept a connection within 300ms; check host and port, or raise connect_timeout",
            at(&base, port)
        )
    );
}

#[tokio::test]
async fn a_server_that_speaks_otherwise_is_no_server() {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut client in other.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut client, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let base = Base::with("");
    let mut config = MysqlConfig::new(base.database.reader_url());
    config.port = Some(port);
    let error = refusal(&config).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().starts_with(&at(&base, port)), "{error}");
}
