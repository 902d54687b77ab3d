//! Encryption: the modes of MySQL's own client, on rustls with ring.
//!
//! The library builds its rustls configuration itself, from certificates that it is handed. They are read here, once, so that a
//! missing file is found before anything connects. Every driver reads its own: the core, which all of them share, knows no TLS.

use std::path::Path;
use std::str::FromStr;

use mysql_async::{ClientIdentity, SslOpts};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Deserializer};
use sync_core::{Error, Result};

use crate::config::TlsSettings;

/// Whether and how a connection is encrypted, with the names and meaning of MySQL's `--ssl-mode`. Names are read in upper and lower
/// case, and those of libpq are understood too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SslMode {
    /// Never.
    Disabled,
    /// If the server offers it; whoever answers is trusted.
    #[default]
    Preferred,
    /// Always; whoever answers is trusted, unless `ssl_ca` is given: then as `VERIFY_CA`.
    Required,
    /// Always, and the server's certificate must come from a trusted authority.
    VerifyCa,
    /// As `VERIFY_CA`, and the certificate must be for this host.
    VerifyIdentity,
}

impl FromStr for SslMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text.to_ascii_uppercase().replace('-', "_").as_str() {
            "DISABLED" | "DISABLE" => Self::Disabled,
            "PREFERRED" | "PREFER" => Self::Preferred,
            "REQUIRED" | "REQUIRE" => Self::Required,
            "VERIFY_CA" => Self::VerifyCa,
            "VERIFY_IDENTITY" | "VERIFY_FULL" => Self::VerifyIdentity,
            _ => {
                return Err(Error::config("it is none of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY"));
            }
        })
    }
}

impl<'de> Deserialize<'de> for SslMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What the library is to do for these settings; `None` where nothing is encrypted. Reads the certificates that they name.
pub(crate) fn options(settings: &TlsSettings) -> Result<Option<SslOpts>> {
    let identity = identity(settings)?;
    let roots = roots(settings)?;
    if settings.mode == SslMode::Disabled {
        return Ok(None);
    }
    // The library asks for the process-wide provider; whoever set one already may keep it.
    drop(rustls::crypto::ring::default_provider().install_default());
    let options = SslOpts::default().with_client_identity(identity);
    Ok(Some(match roots {
        None => options.with_danger_accept_invalid_certs(true),
        Some(roots) => {
            let roots = roots.into_iter().map(|root| root.to_vec().into()).collect();
            let options = options.with_disable_built_in_roots(true).with_root_certs(roots);
            if settings.mode == SslMode::VerifyIdentity { options } else { any_host(options) }
        }
    }))
}

/// The chain is checked, the name is not. The library recognises the refusal of a name by its text, which has changed since, and which
/// holds the name that was expected: so that name is the old text. It is a name that no certificate is for.
fn any_host(options: SslOpts) -> SslOpts {
    options.with_danger_skip_domain_validation(true).with_danger_tls_hostname_override(Some("NotValidForName.invalid"))
}

/// What to trust; `None` where nothing is checked.
fn roots(settings: &TlsSettings) -> Result<Option<Vec<CertificateDer<'static>>>> {
    let system = settings.root.as_deref() == Some("system");
    let trusted = match (settings.mode, &settings.root) {
        (SslMode::Disabled | SslMode::Preferred, Some(_)) => {
            let error = Error::config("this ssl_mode checks no certificate").at("ssl_ca");
            return Err(error.hint("set ssl_mode = \"VERIFY_IDENTITY\""));
        }
        (mode, Some(_)) if system && mode != SslMode::VerifyIdentity => {
            let error = Error::config("anybody can have a certificate that the system trusts").at("ssl_ca");
            return Err(error.hint("set ssl_mode = \"VERIFY_IDENTITY\", or name the file of your own authority"));
        }
        (SslMode::Disabled | SslMode::Preferred | SslMode::Required, None) => return Ok(None),
        (_, Some(file)) if !system => certificates("ssl_ca", file)?,
        _ => rustls_native_certs::load_native_certs().certs,
    };
    let mut usable = trusted;
    usable.retain(|certificate| rustls::RootCertStore::empty().add(certificate.clone()).is_ok());
    if usable.is_empty() {
        return Err(Error::config("there is no certificate to trust").at("ssl_ca").hint("name a file"));
    }
    Ok(Some(usable))
}

fn identity(settings: &TlsSettings) -> Result<Option<ClientIdentity>> {
    match (&settings.certificate, &settings.key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => {
            certificates("ssl_cert", certificate)?;
            PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable("ssl_key", key, &error))?;
            Ok(Some(ClientIdentity::new(read("ssl_cert", certificate)?.into(), read("ssl_key", key)?.into())))
        }
        (Some(_), None) => Err(Error::config("ssl_cert needs its private key").at("ssl_key").hint("set ssl_key")),
        (None, Some(_)) => Err(Error::config("ssl_key needs its certificate").at("ssl_cert").hint("set ssl_cert")),
    }
}

fn certificates(key: &str, file: &str) -> Result<Vec<CertificateDer<'static>>> {
    let found: Vec<_> = CertificateDer::pem_file_iter(Path::new(file))
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(key, file, &error))?;
    if found.is_empty() {
        return Err(Error::config(format!("{file} holds no certificate in PEM form")).at(key));
    }
    Ok(found)
}

fn read(key: &str, file: &str) -> Result<Vec<u8>> {
    std::fs::read(file).map_err(|error| unreadable(key, file, &error))
}

fn unreadable(key: &str, file: &str, error: &dyn std::fmt::Display) -> Error {
    Error::config(format!("can't read {file}: {error}")).at(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(mode: SslMode, root: Option<&str>, certificate: Option<&str>, key: Option<&str>) -> String {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let settings = TlsSettings { mode, root: own(root), certificate: own(certificate), key: own(key) };
        options(&settings).unwrap_err().to_string()
    }

    #[test]
    fn a_certificate_that_would_not_be_checked_is_refused() {
        assert_eq!(
            refused(SslMode::Preferred, Some("ca.pem"), None, None),
            "ssl_ca: this ssl_mode checks no certificate; set ssl_mode = \"VERIFY_IDENTITY\""
        );
        assert_eq!(
            refused(SslMode::Required, Some("system"), None, None),
            "ssl_ca: anybody can have a certificate that the system trusts; \
             set ssl_mode = \"VERIFY_IDENTITY\", or name the file of your own authority"
        );
    }

    #[test]
    fn a_file_that_can_not_be_read_is_named() {
        let text = refused(SslMode::VerifyCa, Some("/no/ca.pem"), None, None);
        assert!(text.starts_with("ssl_ca: can't read /no/ca.pem: "), "{text}");
        assert_eq!(
            refused(SslMode::Required, None, Some("c"), None),
            "ssl_key: ssl_cert needs its private key; set ssl_key"
        );
        assert_eq!(
            refused(SslMode::Required, None, None, Some("k")),
            "ssl_cert: ssl_key needs its certificate; set ssl_cert"
        );
    }

    #[test]
    fn modes_are_known_by_both_names() {
        for (text, mode) in [
            ("disabled", SslMode::Disabled),
            ("prefer", SslMode::Preferred),
            ("REQUIRED", SslMode::Required),
            ("verify-ca", SslMode::VerifyCa),
            ("verify-full", SslMode::VerifyIdentity),
            ("VERIFY_IDENTITY", SslMode::VerifyIdentity),
        ] {
            assert_eq!(text.parse::<SslMode>().unwrap(), mode, "{text}");
        }
        assert_eq!(
            "always".parse::<SslMode>().unwrap_err().to_string(),
            "it is none of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY"
        );
    }
}
