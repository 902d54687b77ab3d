//! What is said of settings that can't work: the key, what is wrong with it, and what to write instead.

use std::path::PathBuf;

use source_postgres::{PostgresConfig, PostgresSource, SslMode};
use sync_core::ErrorKind;
use test_servers::Postgres;

fn refusal(config: &PostgresConfig) -> String {
    let error = PostgresSource::new(config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    error.to_string()
}

fn refused_url(url: &str) -> String {
    refusal(&PostgresConfig::new(url))
}

/// What is said when these settings are added to a login that needs nothing else.
fn refused(set: impl FnOnce(&mut PostgresConfig)) -> String {
    let mut config = PostgresConfig::new("postgres://app@db/shop");
    set(&mut config);
    refusal(&config)
}

/// A file with this text.
fn file(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn a_url_that_is_none_is_shown_how_to_write_one() {
    for (url, wrong) in [
        ("db/shop", "it is no URL"),
        ("postgres://app@[::1]5432/shop", "there is text between `]` and the port"),
        ("postgres://%FF@db/shop", "a percent-encoded part is not UTF-8"),
    ] {
        let write = "write postgres://user:password@host:port/database, \
            with special characters in user and password percent-encoded";
        assert_eq!(refused_url(url), format!("url: {wrong}; {write}"));
    }
}

#[test]
fn a_parameter_names_the_values_that_it_takes() {
    assert_eq!(
        refused_url("postgres://app@db/shop?channel_binding=always"),
        "url, parameter channel_binding: it is none of disable, prefer, require"
    );
    assert_eq!(
        refused_url("postgres://app@db/shop?sslmode=always"),
        "url, parameter sslmode: it is none of disable, prefer, require, verify-ca, verify-full"
    );
}

#[test]
fn the_certificates_of_the_system_are_for_named_hosts() {
    for mode in [SslMode::Require, SslMode::VerifyCa] {
        let text = refused(|config| {
            config.sslmode = Some(mode);
            config.sslrootcert = Some("system".to_owned());
        });
        assert_eq!(
            text,
            "sslrootcert: anybody can have a certificate that the system trusts; \
             set sslmode = \"verify-full\", or name the file of your own authority",
            "{mode:?}"
        );
    }
}

#[test]
fn a_file_without_a_certificate_is_named() {
    let empty = file("no_certificate.pem", "nothing in PEM form\n");
    assert_eq!(
        refused(|config| {
            config.sslmode = Some(SslMode::VerifyFull);
            config.sslrootcert = Some(empty.clone());
        }),
        format!("sslrootcert: {empty} holds no certificate in PEM form")
    );
    // Its frame is right, and what it frames is no certificate.
    let hollow = file("hollow.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert_eq!(
        refused(|config| {
            config.sslmode = Some(SslMode::VerifyFull);
            config.sslrootcert = Some(hollow);
        }),
        "sslrootcert: there is no certificate to trust; name a file"
    );
}

#[test]
fn a_key_and_its_certificate_belong_together() {
    assert_eq!(
        refused(|config| config.sslkey = Some("client.key".to_owned())),
        "sslcert: sslkey needs its certificate; set sslcert"
    );
    let Some(files) = Postgres::shared().tls() else {
        eprintln!("SKIPPED: this PostgreSQL has no TLS");
        return;
    };
    let of_another = refused(|config| {
        config.sslcert = Some(files.ca().display().to_string());
        config.sslkey = Some(files.key().display().to_string());
    });
    assert_eq!(of_another, "sslkey: it does not fit sslcert: keys may not be consistent: KeyMismatch");
}
