//! libpq's modes against a server with a certificate of its own authority.

use source_postgres::{PostgresConfig, PostgresSource, SslMode};
use sync_core::{Error, ErrorKind, Source};
use test_servers::{Postgres, TlsFiles};

/// Whether the session was encrypted, or why there was none.
async fn encrypted(host: &str, parameters: &str) -> Result<bool, Error> {
    let server = Postgres::shared();
    let database = server.database().unwrap();
    database.execute("CREATE VIEW v AS SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").unwrap();
    let url = database.url().replace("127.0.0.1", host);
    let source = PostgresSource::new(&PostgresConfig::new(format!("{url}?{parameters}")))?;
    let schema = std::sync::Arc::new(source.discover().await?.remove(0));
    let table = std::sync::Arc::new(sync_core::SourceTable::new(schema));
    let mut reader = source.read(sync_core::ReadRequest::new(sync_core::Scope::Table(table), None)).await?;
    loop {
        if let sync_core::Next::Batch(batch) = crate::place::next(reader.as_mut()).await?
            && !batch.rows.is_empty()
        {
            return Ok(batch.rows.row(0).get(0) == sync_core::Value::Integer(1));
        }
    }
}

fn files() -> Option<TlsFiles> {
    let files = Postgres::shared().tls().cloned();
    if files.is_none() {
        eprintln!("SKIPPED: this PostgreSQL has no TLS");
    }
    files
}

#[tokio::test]
async fn modes_without_a_check_encrypt_or_not() {
    if files().is_none() {
        return;
    }
    assert!(!encrypted("127.0.0.1", "sslmode=disable").await.unwrap());
    assert!(encrypted("127.0.0.1", "sslmode=prefer").await.unwrap());
    assert!(encrypted("127.0.0.1", "").await.unwrap());
    assert!(encrypted("127.0.0.1", "sslmode=require").await.unwrap());
}

#[tokio::test]
async fn the_authority_is_checked() {
    let Some(files) = files() else { return };
    let (ca, unrelated) = (files.ca(), files.unrelated_ca());
    for mode in ["require", "verify-ca", "verify-full"] {
        assert!(
            encrypted("127.0.0.1", &format!("sslmode={mode}&sslrootcert={}", ca.display())).await.unwrap(),
            "{mode}"
        );
        let wrong =
            encrypted("127.0.0.1", &format!("sslmode={mode}&sslrootcert={}", unrelated.display())).await.unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::Config, "{mode}: {wrong}");
        assert!(wrong.to_string().contains("UnknownIssuer"), "{mode}: {wrong}");
    }
    let system = encrypted("127.0.0.1", "sslmode=verify-full").await.unwrap_err();
    assert_eq!(system.kind(), ErrorKind::Config, "{system}");
}

/// 127.0.0.2 is the same machine under an address that the certificate does not name.
#[tokio::test]
async fn the_host_is_checked_by_verify_full_alone() {
    let Some(files) = files() else { return };
    let proxy = std::net::TcpListener::bind("127.0.0.2:0");
    let Ok(proxy) = proxy else {
        eprintln!("SKIPPED: no second loopback address");
        return;
    };
    let port = proxy.local_addr().unwrap().port();
    let target = Postgres::shared().port();
    std::thread::spawn(move || forward(&proxy, target));
    let database = Postgres::shared().database().unwrap();
    for (mode, works) in [(SslMode::VerifyCa, true), (SslMode::VerifyFull, false)] {
        let mut config = PostgresConfig::new(database.url());
        config.host = Some("127.0.0.2".to_owned());
        config.port = Some(port);
        config.sslmode = Some(mode);
        config.sslrootcert = Some(files.ca().display().to_string());
        let outcome = PostgresSource::new(&config).unwrap().identity().await;
        assert_eq!(outcome.is_ok(), works, "{mode:?}: {outcome:?}");
    }
}

fn forward(listener: &std::net::TcpListener, port: u16) {
    for client in listener.incoming().flatten() {
        let Ok(server) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return };
        let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from_client, &mut to_server));
        let (mut from_server, mut to_client) = (server, client);
        std::thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
    }
}

/// A server that signed its own certificate is trusted by that very certificate.
#[tokio::test]
async fn a_certificate_can_be_trusted_itself() {
    let Some(files) = files() else { return };
    let own = files.certificate();
    assert!(encrypted("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={}", own.display())).await.unwrap());
}
