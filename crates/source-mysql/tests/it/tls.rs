//! The modes of MySQL's own client against a server with a certificate of its own authority.

use source_mysql::{MysqlConfig, MysqlSource, SslMode};
use sync_core::{Error, ErrorKind, Source};

use crate::base::{Base, files, server};

/// A login that must come encrypted, so that getting in proves it.
async fn encrypted(host: &str, parameters: &str) -> Result<(), Error> {
    connected("REQUIRE SSL", host, parameters).await
}

async fn connected(required: &str, host: &str, parameters: &str) -> Result<(), Error> {
    let base = Base::with("");
    let login = format!("s_{}", base.name());
    let name = base.name();
    base.run(&format!("CREATE USER {login} IDENTIFIED BY 'p' {required}; GRANT SELECT ON {name}.* TO {login}"));
    let url = format!("mysql://{login}:p@{host}:{}/{name}?{parameters}", server().port());
    let outcome = match MysqlSource::new(&MysqlConfig::new(url)) {
        Ok(source) => source.identity().await.map(drop),
        Err(error) => Err(error),
    };
    base.run(&format!("DROP USER {login}"));
    outcome
}

#[tokio::test]
async fn modes_without_a_check_encrypt_or_not() {
    if files().is_none() {
        return;
    }
    let plain = encrypted("127.0.0.1", "ssl_mode=DISABLED").await.unwrap_err();
    assert_eq!(plain.kind(), ErrorKind::Denied, "{plain}");
    encrypted("127.0.0.1", "ssl_mode=PREFERRED").await.unwrap();
    encrypted("127.0.0.1", "").await.unwrap();
    encrypted("127.0.0.1", "sslmode=require").await.unwrap();
}

#[tokio::test]
async fn the_authority_is_checked() {
    let Some(files) = files() else { return };
    let (ca, unrelated) = (files.ca(), files.unrelated_ca());
    for mode in ["REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"] {
        let parameters = |file: &std::path::Path| format!("ssl_mode={mode}&ssl_ca={}", file.display());
        encrypted("127.0.0.1", &parameters(&ca)).await.unwrap_or_else(|error| panic!("{mode}: {error}"));
        let wrong = encrypted("127.0.0.1", &parameters(&unrelated)).await.unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::Config, "{mode}: {wrong}");
        assert!(
            wrong.to_string().ends_with(
                "no encrypted connection: invalid peer certificate: UnknownIssuer; see the settings ssl_mode and ssl_ca"
            ),
            "{mode}: {wrong}"
        );
    }
    let system = encrypted("127.0.0.1", "ssl_mode=VERIFY_IDENTITY").await.unwrap_err();
    assert_eq!(system.kind(), ErrorKind::Config, "{system}");
}

/// 127.0.0.2 is the same machine under an address that the certificate does not name.
#[tokio::test]
async fn the_host_is_checked_by_verify_identity_alone() {
    let Some(files) = files() else { return };
    let Ok(proxy) = std::net::TcpListener::bind("127.0.0.2:0") else {
        eprintln!("SKIPPED: no second loopback address");
        return;
    };
    let port = proxy.local_addr().unwrap().port();
    let base = Base::with("");
    let target = server().port();
    std::thread::spawn(move || forward(&proxy, target));
    for (mode, ca, works) in [
        (SslMode::VerifyCa, files.ca(), true),
        (SslMode::VerifyCa, files.unrelated_ca(), false),
        (SslMode::VerifyIdentity, files.ca(), false),
    ] {
        let mut config = MysqlConfig::new(base.database.reader_url());
        config.host = Some("127.0.0.2".to_owned());
        config.port = Some(port);
        config.ssl_mode = Some(mode);
        config.ssl_ca = Some(ca.display().to_string());
        let outcome = MysqlSource::new(&config).unwrap().identity().await;
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

/// The server's own certificate serves as a client's: the same authority signed it.
#[tokio::test]
async fn a_client_can_show_a_certificate() {
    let Some(files) = files() else { return };
    let parameters =
        format!("ssl_mode=REQUIRED&ssl_cert={}&ssl_key={}", files.certificate().display(), files.key().display());
    connected("REQUIRE X509", "127.0.0.1", &parameters).await.unwrap();
    let without = connected("REQUIRE X509", "127.0.0.1", "ssl_mode=REQUIRED").await.unwrap_err();
    assert_eq!(without.kind(), ErrorKind::Denied, "{without}");
}
