//! What is said of settings that can't work: the key, what is wrong with it, and what to write instead.

use std::path::PathBuf;

use source_mysql::{MysqlConfig, MysqlSource, SslMode};
use sync_core::ErrorKind;

fn refusal(config: &MysqlConfig) -> String {
    let error = MysqlSource::new(config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    error.to_string()
}

fn refused_url(url: &str) -> String {
    refusal(&MysqlConfig::new(url))
}

/// What is said when these settings are added to a login that needs nothing else.
fn refused(set: impl FnOnce(&mut MysqlConfig)) -> String {
    let mut config = MysqlConfig::new("mysql://app@db/shop");
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
        ("postgres://app@db/shop", "its scheme is not `mysql`"),
        ("mysql://app@[::1]5432/shop", "there is text between `]` and the port"),
        ("mysql://%FF@db/shop", "a percent-encoded part is not UTF-8"),
    ] {
        let write = "write mysql://user:password@host:port/database, \
            with special characters in user and password percent-encoded";
        assert_eq!(refused_url(url), format!("url: {wrong}; {write}"));
    }
}

#[test]
fn a_parameter_names_the_values_that_it_takes() {
    for name in ["ssl_mode", "sslmode", "ssl-mode"] {
        assert_eq!(
            refused_url(&format!("mysql://app@db/shop?{name}=always")),
            format!("url, parameter {name}: it is none of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY")
        );
    }
    assert_eq!(
        refused_url("mysql://app@db/shop?charset=utf8"),
        "url: parameter \"charset\" is unknown; \
         leave it out; known are ssl_mode, ssl_ca, ssl_cert, ssl_key, connect_timeout, application_name, socket"
    );
}

#[test]
fn the_certificates_of_the_system_are_for_named_hosts() {
    for mode in [SslMode::Required, SslMode::VerifyCa] {
        let text = refused(|config| {
            config.ssl_mode = Some(mode);
            config.ssl_ca = Some("system".to_owned());
        });
        assert_eq!(
            text,
            "ssl_ca: anybody can have a certificate that the system trusts; \
             set ssl_mode = \"VERIFY_IDENTITY\", or name the file of your own authority",
            "{mode:?}"
        );
    }
}

#[test]
fn a_file_without_a_certificate_is_named() {
    let empty = file("mysql_no_certificate.pem", "nothing in PEM form\n");
    assert_eq!(
        refused(|config| {
            config.ssl_mode = Some(SslMode::VerifyCa);
            config.ssl_ca = Some(empty.clone());
        }),
        format!("ssl_ca: {empty} holds no certificate in PEM form")
    );
    // Its frame is right, and what it frames is no certificate.
    let hollow = file("mysql_hollow.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert_eq!(
        refused(|config| {
            config.ssl_mode = Some(SslMode::VerifyCa);
            config.ssl_ca = Some(hollow);
        }),
        "ssl_ca: there is no certificate to trust; name a file"
    );
}

#[test]
fn a_key_and_its_certificate_belong_together() {
    assert_eq!(
        refused(|config| config.ssl_key = Some("client.key".to_owned())),
        "ssl_cert: ssl_key needs its certificate; set ssl_cert"
    );
}
